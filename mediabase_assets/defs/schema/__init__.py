"""Stage 3: the versioned schema, and the schemas in which a migration works."""
