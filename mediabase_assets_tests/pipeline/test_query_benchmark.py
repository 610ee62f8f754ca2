"""The query benchmark: same answers on damaged and on real data, checks that can fail, sizes, picture, records.

Nothing here asserts how fast anything is.
"""

import base64
import io
import shutil
from dataclasses import replace

import dagster as dg
import psycopg
import pytest
from PIL import Image
from psycopg import sql

from mediabase_assets.model.query_pairs import QUERY_PAIRS
from mediabase_assets.validation.benchmark import findings, measuring, picture, questions, records, storage
from mediabase_assets.views.definition import query_of, view_named
from mediabase_assets_tests.fixtures.real_data import needs_sample
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of, sample_of, told

KEY = "validation/query_benchmark"
LEGACY = sql.Identifier("public", "cancer_transcript_base")
QUICK = measuring.Effort(repetitions=1)

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def measured(this, *pairs, legacy=LEGACY):
    with measuring.reading_session(this.settings, QUICK) as conn:
        return measuring.measure(conn, pairs or QUERY_PAIRS, legacy, QUICK)


def pair(name):
    return next(p for p in QUERY_PAIRS if p.name == name)


@pytest.fixture(scope="module")
def demo(migrated):
    """A migrated demonstration database; tests must not change it."""
    return migrated


@pytest.fixture
def copied(demo, pipeline_home):
    """A copy of it that a test may change."""
    with copy_of(demo, pipeline_home) as this:
        yield this


@pytest.fixture(scope="module")
def benchmarked(demo, pipeline_home):
    """A copy that the asset measured, standing alone, with the run's result."""
    with copy_of(demo, pipeline_home) as this:
        yield this, this.migrate(KEY)


def metadata_of(result):
    (event,) = [e for e in result.all_events if e.is_step_materialization]
    return event.step_materialization_data.materialization.metadata


def checks_of(result):
    return {e.check_name: e for e in result.get_asset_check_evaluations()}


def test_every_pair_gives_the_same_answer_on_damaged_data(demo):
    for result in measured(demo):
        expected = None if result.pair.not_comparable else True
        assert result.is_same is expected, (result.pair.name, result.compared, result.unexplained[:5])


def test_questions_have_answers(demo):
    empty = {r.pair.name for r in measured(demo) if not r.views.rows}
    nothing_changed = {p.name for p in QUERY_PAIRS if "changed" in p.name or "upregulated" in p.name} - {"sota_4a_changed_profile"}
    assert empty == {"relevant_publications", "common_go_terms", "sota_4b_top_candidates"} | nothing_changed


def test_what_is_not_comparable_is_a_closed_list():
    assert [p.name for p in QUERY_PAIRS if not p.is_comparable] == ["relevant_publications"]
    for each in QUERY_PAIRS:
        assert questions.path_of(each, "views").exists()
        assert questions.path_of(each, "legacy").exists() is each.is_comparable
    assert len(list(questions.PAIRS.glob("*.sql"))) == sum(1 + p.is_comparable for p in QUERY_PAIRS)


def test_a_relevance_was_indeed_never_recorded(demo):
    assert demo.value("select count(*) from gene_publications where relevance_score is not null") == 0


@pytest.mark.real_data
@needs_sample
def test_every_pair_gives_the_same_answer_on_real_data(sample):
    results = measured(sample)
    assert {r.pair.name for r in results if not r.is_same} == {"relevant_publications"}
    assert sum(r.explained for r in results) == 0
    assert next(r for r in results if r.pair.name == "genes_of_drug").views.rows > 10


def test_a_changed_cell_fails_exactly_its_pair_and_is_shown(copied):
    with copied.connect() as conn:
        definition = sql.SQL(query_of(view_named("gene_summary_view")))
        conn.execute("drop materialized view gene_summary_view")
        conn.execute(sql.SQL("create table gene_summary_view as {}").format(definition))
        conn.execute("update gene_summary_view set gene_type = 'lncRNA' where gene_symbol = 'TP53'")
    result = copied.migrate(KEY)
    assert result.success, told(result)
    assert harness.failed_checks(result).keys() == {f"{KEY}:{findings.SAME_ANSWER}"}
    shown = sample_of(checks_of(result)[findings.SAME_ANSWER].metadata)
    assert {(row["query"], row["only in"], row["gene_type"]) for row in shown} == {
        ("gene_by_symbol", "legacy", "protein_coding"),
        ("gene_by_symbol", "views", "lncRNA"),
    }


def test_a_lost_row_is_no_quarantined_row(copied):
    with copied.connect() as conn:
        view = sql.SQL(query_of(view_named("patient_query_optimized_view")))
        conn.execute("drop materialized view patient_query_optimized_view")
        conn.execute(sql.SQL("create table patient_query_optimized_view as {}").format(view))
        conn.execute("delete from patient_query_optimized_view where transcript_id = 'ENST00000269305'")
    by_name = {r.pair.name: r for r in measured(copied, pair("transcript_by_id"), pair("sota_5_validation"))}
    assert by_name["transcript_by_id"].is_same is False
    assert [d.side for d in by_name["transcript_by_id"].unexplained] == ["legacy"]
    assert by_name["sota_5_validation"].is_same is False


def test_a_slower_query_is_found(demo, tmp_path, monkeypatch):
    for side, text in (("legacy", "select 1 as x"), ("views", "select 1 as x from pg_sleep(0.05)")):
        (tmp_path / f"sleepy.{side}.sql").write_text(text)
    monkeypatch.setattr(questions, "PAIRS", tmp_path)
    results = measured(demo, replace(pair("genes_of_drug"), name="sleepy"))
    found = findings.slower(results)
    assert [row["query"] for row in found] == ["sleepy"]
    assert found[0]["views ms"] >= 50
    assert findings.numbers(results, [])["questions slower from the views"] == 1


def test_a_statement_that_takes_too_long_is_stopped(demo, tmp_path, monkeypatch):
    for side, text in (("legacy", "select 1 as x from pg_sleep(5)"), ("views", "select 1 as x")):
        (tmp_path / f"endless.{side}.sql").write_text(text)
    monkeypatch.setattr(questions, "PAIRS", tmp_path)
    effort = measuring.Effort(repetitions=1, longest=0.2)
    with measuring.reading_session(demo.settings, effort) as conn:
        (result,) = measuring.measure(conn, (replace(pair("genes_of_drug"), name="endless"),), LEGACY, effort)
    assert result.legacy.is_stopped
    assert result.legacy.seconds == 0.2
    assert records.faster(result).startswith("≥ ")
    assert result.is_same is None
    assert "stopped" in result.compared


def test_the_session_cannot_write_and_has_the_settings_of_any_reader(demo):
    with demo.connect() as conn:
        usual = dict(conn.execute("select name, setting from pg_settings where name in ('work_mem', 'jit')").fetchall())
    with measuring.reading_session(demo.settings, QUICK) as conn:
        assert dict(conn.execute("select name, setting from pg_settings where name in ('work_mem', 'jit')").fetchall()) == usual
    with pytest.raises(Exception, match="read-only"), measuring.reading_session(demo.settings, QUICK) as conn:
        conn.execute("delete from genes")


def test_the_asset_standing_alone_tells_all(benchmarked):
    _, result = benchmarked
    assert result.success, told(result)
    assert harness.failed_checks(result) == {}
    metadata = metadata_of(result)
    assert [r.data["query"] for r in metadata["queries"].records] == [p.name for p in QUERY_PAIRS]
    text = metadata["speed-ups"].value
    prefix = "](data:image/png;base64,"
    image = Image.open(io.BytesIO(base64.b64decode(text[text.index(prefix) + len(prefix) : -1])))
    image.load()
    assert image.format == "PNG"
    assert image.width > 1000


def test_results_are_rows_of_the_release_and_no_new_migration(benchmarked, demo):
    this, _ = benchmarked
    release = this.value("select migration_id from mediabase_ops.releases")
    assert this.rows("select distinct migration_id from mediabase_ops.query_benchmark") == [(release,)]
    assert this.value("select count(*) from mediabase_ops.query_benchmark") == len(QUERY_PAIRS)
    assert this.value("select count(*) from mediabase_ops.query_benchmark where views_ms > 0") == len(QUERY_PAIRS)
    runs = "select migration_id, status from mediabase_ops.migration_runs"
    assert this.rows(runs) == demo.rows(runs)
    assert this.rows("select stage, status from mediabase_ops.migration_stages where asset = %s", KEY) == [(12, "done")]
    again = this.migrate(KEY)
    assert again.success
    assert this.value("select count(*) from mediabase_ops.query_benchmark") == len(QUERY_PAIRS)


def test_storage_adds_up_to_what_the_server_says(benchmarked):
    this, _ = benchmarked
    wrong = this.rows(
        """select s.* from mediabase_ops.storage s
           where total_bytes <> pg_total_relation_size(relation::regclass) or total_bytes <> heap_bytes + toast_bytes + index_bytes"""
    )
    assert wrong == []
    groups = dict(this.rows("select relation_group, count(*) from mediabase_ops.storage group by 1"))
    assert groups["legacy table"] == 1
    assert groups["tables"] == 16
    assert groups["views"] >= 11
    toast = (
        "select toast_bytes = pg_total_relation_size(reltoastrelid) from mediabase_ops.storage join pg_class on oid = relation::regclass"
    )
    assert this.value(f"{toast} where relation_group = 'legacy table'")


def test_without_the_legacy_table_only_the_views_are_timed(copied):
    with copied.connect() as conn:
        conn.execute("drop table cancer_transcript_base")
    result = copied.migrate(KEY)
    assert result.success, told(result)
    metadata = metadata_of(result)
    assert "only the views were timed" in metadata["speed-ups"].value
    assert all(r.data["views ms"] and not r.data["legacy ms"] for r in metadata["queries"].records)
    checks = checks_of(result)
    assert all(check.passed for check in checks.values())
    assert checks[findings.SAME_ANSWER].metadata["pairs compared"].value == 0


def test_before_any_release_it_says_so_and_leaves_the_journal_alone(copied):
    with copied.connect() as conn:
        conn.execute("delete from mediabase_ops.releases")
        before = conn.execute("select * from mediabase_ops.migration_runs").fetchall()
    result = copied.migrate(KEY)
    assert not result.success
    assert "Nothing was released yet" in told(result)
    assert copied.rows("select * from mediabase_ops.migration_runs") == before


def test_a_missing_view_is_named(copied):
    with copied.connect() as conn:
        conn.execute("drop materialized view pathway_coverage_view")
    result = copied.migrate(KEY)
    assert not result.success
    assert 'relation "pathway_coverage_view" does not exist' in told(result)


def test_storage_is_a_number_to_plot():
    sizes = [storage.RelationSize("legacy table", "l", 60, 20, 20), storage.RelationSize("tables", "genes", 20, 0, 1)]
    found = findings.numbers([], [*sizes, storage.RelationSize("views", "v", 20, 0, 0)])
    assert found == {
        "questions slower from the views": 0,
        "tables, % of the legacy table": 21.0,
        "tables and views, % of the legacy table": 41.0,
    }


def test_a_picture_needs_two_sides():
    assert picture.draw([measuring.Result(QUERY_PAIRS[0], measuring.Side(), measuring.Side(0.1, 5, 1), "not compared")], "") is None


def test_the_legacy_table_may_lack_a_column(copied):
    with copied.connect() as conn:
        conn.execute("alter table cancer_transcript_base drop column uniprot_ids")
    (result,) = measured(copied, pair("gene_by_uniprot_accession"))
    assert result.is_same is None
    assert "cannot answer" in result.compared
    assert result.views.seconds is not None


def test_errors_of_the_server_are_told(demo):
    with pytest.raises(Exception, match="The database refused"), measuring.reading_session(demo.settings, QUICK):
        raise psycopg.errors.DiskFull("no space")


def test_a_measurement_that_fails_is_a_warning_and_taken_again_by_the_next_migration(copied, tmp_path, monkeypatch):
    """One value of 1e30 is more than a Decimal of 28 digits can round; a question that the server refuses stands for any other fault."""
    with copied.connect() as conn:
        conn.execute(
            "update cancer_transcript_base set expression_fold_change = 1e30"
            " where transcript_id = (select min(transcript_id) from transcripts)"
        )
    shutil.copytree(questions.PAIRS, tmp_path / "pairs")
    broken = next((tmp_path / "pairs").glob(f"{QUERY_PAIRS[0].name}*views*"))
    broken.write_text("select 1 / 0 as gene_id")
    with monkeypatch.context() as patch:
        patch.setattr(questions, "PAIRS", tmp_path / "pairs")
        result = copied.migrate()
    assert result.success
    (check,) = [e for e in result.get_asset_check_evaluations() if e.asset_key.to_user_string() == KEY]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "division by zero" in check.description
    assert copied.value("select count(*) from mediabase_ops.query_benchmark where migration_id = %s", newest(copied)) == 0
    assert copied.migrate().success
    assert copied.value("select count(*) from mediabase_ops.query_benchmark where migration_id = %s", newest(copied)) == len(QUERY_PAIRS)
    assert copied.value("select count(*) from transcripts where expression_fold_change = 1e30") == 1


def newest(this):
    return this.value("select migration_id from mediabase_ops.releases order by released_at desc limit 1")
