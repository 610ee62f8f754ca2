"""The round trip: the legacy table against what the normalized tables say."""
