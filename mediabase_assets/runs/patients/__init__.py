"""What Dagster knows about patients: their partitions, what it shows of an import, how it forgets a patient."""
