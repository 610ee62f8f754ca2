"""The end of stages 8 to 11: what was built and audited appears to readers, all at once."""
