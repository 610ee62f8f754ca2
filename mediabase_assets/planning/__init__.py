"""Which assets have to be built, and why. Writes nothing but the content hash of the legacy table and reused records."""
