"""Stages 8 and 9: the fifteen normalized tables, each built, audited and reported in one step."""
