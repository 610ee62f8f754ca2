"""The legacy table taken apart into facts: the snapshot, and one relation per kind of fact."""
