"""How Dagster conducts a migration: one step, many at once, retries, runs that died."""
