"""MEDIABASE: from a corrupted legacy table to a normalized, checked, fast database."""
