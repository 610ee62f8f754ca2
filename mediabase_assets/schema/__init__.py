"""The versioned schema: deploy, verify, revert; and the schemas that a migration works in."""
