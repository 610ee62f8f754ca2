"""The whole migration in schemas that are dropped: dry run and self-test."""
