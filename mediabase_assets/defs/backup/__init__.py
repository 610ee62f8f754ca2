"""Stage 2: nothing is written to the target before a verified backup exists."""
