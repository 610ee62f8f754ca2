"""Alerts: what is wrong, who was told of it, and how they are told. Knows no Dagster; what Dagster knows is read in `runs.alerts`."""
