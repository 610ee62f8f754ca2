"""From a file to rows: its form, its columns, its scale, its ids. Nothing here knows the database."""

from mediabase_assets.patients.reading.dates import candidates_of
from mediabase_assets.patients.reading.id_patterns import species_of
from mediabase_assets.patients.reading.read import read_table

__all__ = ["candidates_of", "read_table", "species_of"]
