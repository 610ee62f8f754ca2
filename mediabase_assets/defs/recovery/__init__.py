"""Rollback, and the proof that a backup can be restored: jobs that are not started by accident."""
