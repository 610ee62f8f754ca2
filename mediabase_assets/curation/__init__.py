"""Decisions of curators about single values: a file of rules, read, checked, and applied where the values enter the migration."""
