"""The census of leaves: every scalar of every distinct legacy value ends in exactly one account, or nothing is released.

`walker` judges a value by the grammar, `rows` does the same for regular rows in batches, `census` reads the snapshot and has SQL say
who holds what is open, `found` looks a sample of what is read up in the tables. No module knows a column.
"""

from mediabase_assets.validation.census.census import ACCOUNTED, FOUND, READ_WHOLE, WITHIN_LIMIT, Census, files, take_census

__all__ = ["ACCOUNTED", "FOUND", "READ_WHOLE", "WITHIN_LIMIT", "Census", "files", "take_census"]
