"""Machinery: settings, database, embedded server, loading, backup, factories. Nothing here is loaded as a definition."""
