"""Stages 4 to 7: the legacy table taken apart, repaired, quarantined; one relation per kind of fact."""
