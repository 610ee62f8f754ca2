"""Stage 10: the migration looked at as a whole, before it is released."""
