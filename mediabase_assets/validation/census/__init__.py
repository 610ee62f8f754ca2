"""The census of leaves: every scalar of every distinct legacy value has exactly one account, or nothing is released.

`walker` judges a value by the grammar, `regular` does the same for regular values in batches, `census` reads the snapshot and finds by
SQL what holds the open scalars, `found` looks up a sample of what is read in the tables. No module names a column.
"""

from mediabase_assets.validation.census.census import ACCOUNTED, FOUND, READ_WHOLE, WITHIN_LIMIT, Census, files, take_census

__all__ = ["ACCOUNTED", "FOUND", "READ_WHOLE", "WITHIN_LIMIT", "Census", "files", "take_census"]
