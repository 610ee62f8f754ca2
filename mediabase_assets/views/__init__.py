"""How one view is built, described, refreshed, and when that is due."""
