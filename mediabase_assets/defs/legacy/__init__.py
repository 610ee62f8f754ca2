"""Stage 1: the legacy table, only ever read, and what must be true before a migration may start."""
