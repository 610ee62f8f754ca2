"""A statement of the extraction or of a table that the data stop names the legacy value: row, column, path and raw value."""

import contextlib
import json

import pytest

from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
ROWS = 1500


@pytest.fixture(scope="module")
def odd(pipeline_home):
    """A migrated database with one drug whose score is no number."""
    with harness.project(pipeline_home, demo=ROWS) as this:
        healthy = "gene_id ~ '^ENSG0[0-9]{10}$' and gene_symbol ~ '^[A-Z]'"
        with this.connect() as conn:
            entry = json.dumps(
                {"990101": {"name": "culpritdrug", "evidence": {"type": "Ki", "score": "culprit score"}}, "990102": {"name": "x y"}}
            )
            conn.execute(
                f"""update cancer_transcript_base set drugs = %s where transcript_id = (
                      select max(transcript_id) from cancer_transcript_base where {healthy})""",
                (entry,),
            )
        assert this.migrate().success
        yield this


@contextlib.contextmanager
def rule(project, signature, definition):
    """A function of the extraction in another form; the extraction's own returns afterwards."""
    with project.connect() as conn:
        own = conn.execute("select pg_get_functiondef(%s::regprocedure)", (signature,)).fetchone()[0]
        conn.execute(definition)
    try:
        yield
    finally:
        with project.connect() as conn:
            conn.execute(own)


def failure_of(result):
    """What the failed step says."""
    return next(e for e in result.all_events if e.is_step_failure).step_failure_data.user_failure_data.description


def test_a_value_that_the_extraction_cannot_cast_is_named(odd):
    transcript = odd.value("select transcript_id from cancer_transcript_base where drugs ? '990101'")
    gene = odd.value("select gene_id from cancer_transcript_base where drugs ? '990101'")
    definition = """create or replace function mediabase_next.json_number(value jsonb) returns numeric language sql immutable parallel safe
        return nullif(value #>> '{}', '')::numeric"""
    with rule(odd, "mediabase_next.json_number(jsonb)", definition):  # it trusts its input
        text = failure_of(odd.migrate("extraction/drug_facts"))
    assert "invalid input syntax for type numeric" in text
    assert f"transcript {transcript}, gene {gene}, column drugs, $.990101: " in text
    assert "culprit score" in text
    assert "correct it in the legacy table" in text
    leaves_out = f"    match:\n      column: drugs\n      path: $.990101\n      gene: {gene}\n    drop: true"
    assert leaves_out in text  # the rule that gets past it
    assert odd.value("select count(*) from mediabase_next.drug_facts where drug_name = 'culpritdrug'") == 1  # as it was


def test_a_value_that_a_table_cannot_hold_is_named(odd):
    definition = """create or replace function mediabase_next.lower_case(value text) returns text language sql immutable parallel safe
        return case when value = 'culpritdrug' then (length(value) / (length(value) - 11))::text else lower(value) end"""
    with rule(odd, "mediabase_next.lower_case(text)", definition):
        text = failure_of(odd.migrate("normalized/drug_interactions"))
    assert "division by zero" in text
    assert "column drugs" in text
    assert "culpritdrug" in text
