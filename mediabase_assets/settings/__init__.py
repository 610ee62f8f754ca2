"""What may be configured, where it comes from, and how a mistake in it is reported."""
