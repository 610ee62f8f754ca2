"""The census of leaves on a real database: nothing that is planted is lost, and what is counted is what is there."""

import json
from collections import Counter

import pytest

from mediabase_assets.curation.records import EVERY_RULE_MATCHES
from mediabase_assets.model.grammar import GRAMMAR
from mediabase_assets.validation import census
from mediabase_assets.validation.census.census import ROW_COLUMNS
from mediabase_assets_tests.pipeline import harness, witness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
ROWS = 1500
#: SQL that plants a text where no rule looks, in a row of a healthy gene: (column, change of the column, path of the text).
PLANTED = [
    ("go_terms", """jsonb_set(go_terms, '{GO:0006915,assigned_by}', '"{}"')""", "$.GO:0006915.assigned_by"),
    ("go_terms", """jsonb_set(go_terms, '{GO:0006915,extension}', '[{"on": ["{}"]}]')""", "$.GO:0006915.extension[0].on[0]"),
    ("go_terms", """jsonb_set(go_terms, '{GO:0006915,aspect}', '{"name": "{}"}')""", "$.GO:0006915.aspect.name"),
    ("coordinates", """coordinates || '{"assembly": {"name": "{}"}}'""", "$.assembly.name"),
    ("features", """features || '{"seen by": ["{}"]}'""", "$.seen by[0]"),
    ("features", """features || '{"TSL": {"level": "{}"}}'""", "$.TSL.level"),
    ("alt_gene_ids", """alt_gene_ids || '{"HGNC": [["{}"]]}'""", "$.HGNC[0][0]"),
    ("alt_transcript_ids", """alt_transcript_ids || '{"CCDS": {"id": "{}"}}'""", "$.CCDS.id"),
    (
        "source_references",
        """source_references || '{"publications": [{"pmid": "7777777", "title": ["{}"]}]}'""",
        "$.publications[0].title[0]",
    ),
    ("pharmgkb_variants", """pharmgkb_variants || '{"unheard_of": {"a": {"b": ["{}"]}}}'""", "$.unheard_of.a.b[0]"),
    (
        "pharmgkb_pathways",
        """pharmgkb_pathways || '{"PA900001": {"pathway_name": "p", "curators": ["{}"], "reactions": [{"from": "a", "seen": "{}x"}]}}'""",
        "$.PA900001.curators[0]",
    ),
    ("uniprot_ids", "uniprot_ids || array['{}']", ""),
]


def plant(this, change, column, marker):
    """Change one row of a gene that nothing else is wrong with; returns its transcript."""
    statement = f"""
      update cancer_transcript_base set {column} = {change.replace("{}", marker)} where transcript_id = (
        select transcript_id from cancer_transcript_base where go_terms ? 'GO:0006915' and jsonb_typeof(go_terms -> 'GO:0006915') = 'object'
          and gene_id ~ '^ENSG[0-9]{{11}}$' and gene_symbol ~ '^[A-Z]' and jsonb_typeof(features) = 'object'
          and jsonb_typeof(source_references) = 'object' and jsonb_typeof(coordinates) = 'object'
        order by transcript_id offset %s limit 1) returning transcript_id"""
    with this.connect() as conn:
        return conn.execute(statement, (PLANTED_AT[marker],)).fetchone()[0]


PLANTED_AT = {f"planted{n:02}": 3 * n for n in range(len(PLANTED))}


@pytest.fixture(scope="module")
def planted(pipeline_home):
    """A migrated database in which a text stands at each of the planted places."""
    with harness.project(pipeline_home, demo=ROWS) as this:
        with this.connect() as conn:
            entry = '{"GO:0006915": {"term": "apoptotic process", "evidence": "IDA", "aspect": "biological_process"}}'
            conn.execute(
                """update cancer_transcript_base set go_terms = coalesce(go_terms, '{}') || %s::jsonb
                   where jsonb_typeof(go_terms) = 'object' and transcript_id ~ '^ENST0'""",
                (entry,),
            )
        for marker, (column, change, _) in zip(PLANTED_AT, PLANTED, strict=True):
            plant(this, change, column, marker)
        with this.connect() as conn:
            conn.execute(
                """update cancer_transcript_base set drugs = '{"990777": {"name": "spaced drug", "note": " spaced value -> "}}'
                   where transcript_id = (select max(transcript_id) from cancer_transcript_base
                                          where gene_id ~ '^ENSG0[0-9]{10}$' and gene_symbol ~ '^[A-Z]')"""
            )
        result = this.migrate()
        assert result.success, [harness.failed_steps(result), harness.failed_checks(result)]
        yield this


@pytest.mark.parametrize(("marker", "place"), [*zip(PLANTED_AT, PLANTED, strict=True)], ids=lambda v: v if isinstance(v, str) else v[2])
def test_what_no_rule_reads_is_in_quarantine_with_its_path(planted, marker, place):
    column, _, path = place
    entries = planted.rows(
        "select legacy_column, json_path, raw_value, fact_count from mediabase_ops.quarantine where strpos(raw_value::text, %s) > 0", marker
    )
    assert entries, f"{marker} is lost"
    assert {c for c, *_ in entries} == {column}
    exact = [e for e in entries if e[1] == path and e[2] == marker]
    assert not path or exact or all(path.startswith(p) for _, p, *_ in entries)
    assert all(count == 0 for *_, count in exact)


def test_an_entry_keeps_what_else_it_says(planted):
    titles = planted.rows("select title from publications where pmid = '7777777'")
    assert titles == [(None,)]
    assert planted.value("select count(*) from pharmgkb_pathway_reactions where pathway_id = 'PA900001'") == 1


def test_a_text_kept_with_its_white_space_is_found(planted):
    assert planted.rows("select details from gene_drug_interactions where drug_name = 'spaced drug'") == [({"note": " spaced value -> "},)]


def test_every_check_of_the_census_passed(planted):
    outcomes = {e.check_name: e.passed for e in planted.runs[-1].get_asset_check_evaluations() if e.asset_key.path[-1] == "leaf_census"}
    assert outcomes == dict.fromkeys([census.ACCOUNTED, census.READ_WHOLE, census.FOUND, census.WITHIN_LIMIT, EVERY_RULE_MATCHES], True)


def test_the_counts_are_those_of_another_count(planted):
    counted = dict(planted.rows("select legacy_column, sum(leaves)::bigint from mediabase_ops.leaf_census group by 1"))
    with planted.connect() as conn:
        columns = [c for c in GRAMMAR if c != "publications"]
        rows = conn.execute("select to_jsonb(t)::text from cancer_transcript_base as t").fetchall()
    expected, seen = Counter(), set()
    for (text,) in rows:
        row = json.loads(text)
        for column in columns:
            value = row[column]
            key = (column, json.dumps(value, sort_keys=True))
            if column in ROW_COLUMNS or key not in seen:
                seen.add(key)
                expected[column] += sum(1 for _ in witness.scalars(value))
    assert {c: n for c, n in counted.items() if n} == {c: n for c, n in expected.items() if n}


def test_a_witness_finds_what_it_takes_from_the_legacy_table(planted):
    with planted.connect() as conn:
        taken = witness.sample(conn, [c for c in GRAMMAR if c != "publications"], leaves=10_000, seed=20261128)
        lost = witness.not_found(conn, taken)
    assert len(taken) > 5_000
    assert lost == []


def test_more_refused_values_than_allowed_stop_the_release(pipeline_home):
    limit = {"max_validation_errors": 2, "max_validation_error_share": 0}
    with harness.project(pipeline_home, demo=ROWS, validation=limit) as this:
        result = this.migrate()
        failed = harness.failed_checks(result)
        assert set(failed) == {f"validation/leaf_census:{census.WITHIN_LIMIT}"}
        assert this.value("select count(*) from mediabase_ops.releases") == 0
        sample = failed.popitem()[1]["sample"].records
        assert {"legacy_column", "reason", "refused", "allowed", "example"} <= set(sample[0].data)
        failure = next(e for e in result.all_events if e.is_step_failure).step_failure_data.user_failure_data
        assert "enable_strict_validation: false" in failure.description


def test_without_strict_validation_they_are_a_warning(pipeline_home):
    limit = {"max_validation_errors": 2, "max_validation_error_share": 0, "enable_strict_validation": False}
    with harness.project(pipeline_home, demo=ROWS, validation=limit) as this:
        result = this.migrate()
        assert result.success
        warned = [e for e in result.get_asset_check_evaluations() if e.check_name == census.WITHIN_LIMIT]
        assert [(e.passed, e.severity.value) for e in warned] == [(False, "WARN")]
