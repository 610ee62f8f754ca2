"""The columns that Dagster shows are those that are there, each with its description."""

import pytest

from mediabase_assets.extraction.snapshot import SNAPSHOT_RELATIONS
from mediabase_assets.model.extraction import EXTRACTIONS, extraction_columns, extraction_types
from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
BUILT = """select relname, attname, format_type(atttypid, null) from pg_class join pg_attribute on attrelid = pg_class.oid
           where relnamespace = 'mediabase_next'::regnamespace and relkind = 'r' and attnum > 0 order by relname, attnum"""


@pytest.fixture(scope="module")
def migrated(pipeline_home):
    with harness.project(pipeline_home, demo=1500) as this:
        with this.connect() as conn:
            conn.execute("alter table cancer_transcript_base add notes text")
        assert this.migrate().success
        yield this


def extractions():
    return [*SNAPSHOT_RELATIONS, *(e.name for e in EXTRACTIONS if e.kind == "table")]


def test_extraction_relations_have_the_columns_that_are_described(migrated):
    built = {}
    for relation, column, kind in migrated.rows(BUILT):
        built.setdefault(relation, []).append((column, kind))
    for name in extractions():
        assert [*extraction_types(name).items()] == built[name], name
        assert all(extraction_columns(name).values())


def test_what_is_materialized_describes_every_column(migrated):
    shown = {
        e.step_materialization_data.materialization.asset_key.to_user_string(): e.step_materialization_data.materialization.metadata
        for e in migrated.runs[-1].all_events
        if e.is_step_materialization
    }
    for name in extractions()[2:]:
        assert shown[f"extraction/{name}"]["dagster/table_name"].value == f"mediabase_next.{name}"
    for key, metadata in shown.items():
        if "dagster/column_schema" in metadata:
            assert all(c.description for c in metadata["dagster/column_schema"].schema.columns), key
    legacy = {c.name: c.description for c in shown["legacy/cancer_transcript_base"]["dagster/column_schema"].schema.columns}
    assert "no schema version" in legacy["notes"]
