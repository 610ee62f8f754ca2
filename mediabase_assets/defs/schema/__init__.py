"""Stage 3: the versioned schema, and the schemas that a migration works in."""
