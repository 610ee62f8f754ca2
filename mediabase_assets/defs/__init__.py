"""Dagster objects only, one folder per layer. Every module below is loaded; helpers live in `lib`."""
