"""The factories of assets: one for extraction relations, one for tables, one for views."""
