"""Which columns each column of an asset is made of, back to those of the legacy table."""
