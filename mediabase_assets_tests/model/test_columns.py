"""What is said about the columns of the legacy table and of the extraction relations: complete, and true to what is built."""

import pytest

from mediabase_assets.model.extraction import extraction_columns
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, described_columns


@pytest.mark.parametrize("column", [*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS], ids=lambda c: c.name)
def test_every_legacy_column_is_described_in_a_sentence(column):
    assert column.description.endswith((".", ")."))
    assert column.explained == described_columns([column.name])[column.name]


def test_a_column_that_no_version_had_is_described_as_such():
    assert "no schema version" in described_columns(["notes"])["notes"]


def test_a_fact_has_the_description_of_the_column_that_it_goes_to():
    assert extraction_columns("go_facts")["inherited_from"] == "That more specific term"
    assert extraction_columns("drug_facts")["indication"] == "Indication as told for this gene"


def test_what_the_snapshot_takes_as_it_is_has_the_description_of_the_legacy_column():
    assert extraction_columns("legacy_rows")["gene_type"] == described_columns(["gene_type"])["gene_type"]
