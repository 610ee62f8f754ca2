"""Whether a relation is right: its Pandera model over all rows, and checks in SQL."""
