"""A live table of an earlier version, with a narrower column: the release widens it, and what stands on it survives."""

import pytest

from mediabase_assets.postgres import dependents
from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
TYPE = """select format_type(atttypid, atttypmod) from pg_attribute
          where attrelid = 'gene_drug_interactions'::regclass and attname = 'activity_value'"""


@pytest.fixture
def narrow(pipeline_home):
    """A migrated database whose activity values have the type and the digits of the version before."""
    with harness.project(pipeline_home, demo=1500) as this:
        assert this.migrate().success
        this.content = this.rows("select relation, content_hash from mediabase_ops.release_relations order by 1")
        with this.connect() as conn:
            conn.execute(
                "create view public.potent as select gene_id, activity_value from gene_drug_interactions where activity_value < 1000"
            )
            conn.execute("comment on view public.potent is 'of somebody'")
            with conn.transaction():
                above = dependents.take_down(conn, "public", "gene_drug_interactions")
                conn.execute("alter table gene_drug_interactions alter column activity_value type numeric(10,4)")
                dependents.put_up(conn, above)
        assert this.value(TYPE) == "numeric(10,4)"
        yield this


def test_a_release_gives_a_live_column_the_type_that_was_built(narrow):
    assert narrow.rerun().success
    assert narrow.value(TYPE) == "numeric"
    assert narrow.value("select count(*) from public.potent") > 0
    assert narrow.value("select obj_description('public.potent'::regclass)") == "of somebody"
    newest = "select max(release_id) from mediabase_ops.releases"
    again = narrow.rows(f"select relation, content_hash from mediabase_ops.release_relations where release_id = ({newest}) order by 1")
    assert again == narrow.content
    assert narrow.work() == {}


def test_nothing_is_taken_down_where_no_type_differs(narrow):
    assert narrow.rerun().success
    oid = narrow.value("select 'public.gene_summary_view'::regclass::oid")
    with narrow.connect() as conn:
        conn.execute("update gene_drug_interactions set activity_value = activity_value + 1 where activity_value is not null")
    assert narrow.rerun().success
    assert narrow.value("select 'public.gene_summary_view'::regclass::oid") == oid
