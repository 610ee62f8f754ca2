"""From rows to tables: matched, checked, replaced in one transaction; deletion, access, and matching again after a release."""
