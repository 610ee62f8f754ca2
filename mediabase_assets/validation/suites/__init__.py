"""The suites that a migration is validated with, before and after its release: what is measured, and how it is judged.

Contains the measurements (set-based SQL, each table read once) and their judgement; the thresholds are in `model.release_checks`. What
audits and constraints proved already is read from their records, not computed again.
"""
