"""The demonstration legacy database: any size, deterministic, with every kind of damage in known numbers."""
