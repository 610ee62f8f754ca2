"""Stage 10: the migration checked as a whole, before it is released."""
