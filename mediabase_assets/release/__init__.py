"""How what was audited becomes visible, all at once."""
