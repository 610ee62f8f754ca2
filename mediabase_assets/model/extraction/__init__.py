"""The relations of the extraction as values: what each reads, how it is checked, and its columns."""

from mediabase_assets.model.extraction.base import Extraction, ExtractionCheck
from mediabase_assets.model.extraction.columns import extraction_columns, extraction_types
from mediabase_assets.model.extraction.relations import EXTRACTION_VIEWS, EXTRACTIONS, made_with, tables_of

__all__ = [
    "EXTRACTIONS", "EXTRACTION_VIEWS", "Extraction", "ExtractionCheck", "extraction_columns", "extraction_types", "made_with", "tables_of",
]  # fmt: skip
