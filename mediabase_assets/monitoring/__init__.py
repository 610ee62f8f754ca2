"""What a migration takes while it works: measured, kept, and shown as text, pictures and metrics. Knows no Dagster."""
