"""Stage 2: nothing that people read is changed before a verified backup exists."""
