"""Settings of speed, time and size have their effect: on sessions, batches, steps and self-tests. None makes an asset stale."""

import json
import time

import dagster as dg
import pyarrow as pa
import pytest
from psycopg import sql

from mediabase_assets.audit.arrow import iter_arrow
from mediabase_assets.definitions import defs
from mediabase_assets.model.errors import BuildError, TimeLimitError
from mediabase_assets.model.query_pairs import QUERY_PAIRS
from mediabase_assets.model.stages import Stage
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.session import build_session
from mediabase_assets.records.lock import Purpose
from mediabase_assets.rehearsal.self_test import self_test
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.step import step
from mediabase_assets.runs.time_limit import time_limit
from mediabase_assets.settings.load import load_settings
from mediabase_assets.validation.benchmark import findings, measuring
from mediabase_assets_tests.pipeline import copies, harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def changed(settings, section="", **values):
    """The settings with other values, of a section or without one."""
    if section:
        values = {section: getattr(settings, section).model_copy(update=values)}
    return settings.model_copy(update=values)


def show(settings, name):
    with build_session(settings, migration_id="m", asset="test") as conn:
        return conn.value(sql.SQL("show {}").format(sql.Identifier(name)))


# ---------------------------------------------------------------------------------------------------------------------- sessions


OF_QUERIES, OF_INDEXES = "max_parallel_workers_per_gather", "max_parallel_maintenance_workers"


def of_the_server(this, name):
    return int(this.value("select reset_val from pg_settings where name = %s", name))


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("name", [OF_QUERIES, OF_INDEXES])
def test_one_query_has_no_more_processes_than_workers(migrated, name, workers):
    settings = changed(migrated.settings, "performance", parallel_workers=workers)
    assert int(show(settings, name)) == min(workers - 1, of_the_server(migrated, name))
    assert of_the_server(migrated, name) > 0


def test_an_index_is_built_by_one_process_where_it_is_said(migrated):
    settings = changed(migrated.settings, "performance", index_creation_parallel=False)
    assert show(settings, OF_INDEXES) == "0"
    assert int(show(settings, OF_QUERIES)) == of_the_server(migrated, OF_QUERIES) > 0


def test_work_mem_is_within_the_memory(migrated):
    builders = migrated.settings.builders
    assert show(changed(migrated.settings, "performance", memory_limit_mb=64 * builders), "work_mem") == "16MB"
    assert show(changed(migrated.settings, "performance", memory_limit_mb=64 * builders), "maintenance_work_mem") == "32MB"
    assert int(show(migrated.settings, "work_mem").removesuffix("MB")) >= 32


def test_a_statement_that_takes_too_long_is_cancelled_and_the_setting_named(migrated):
    settings = changed(migrated.settings, "performance", query_timeout=1)
    with pytest.raises(BuildError, match="statement timeout") as told, build_session(settings, migration_id="m", asset="a") as conn:
        conn.execute("select pg_sleep(30)")
    assert "performance.query_timeout" in told.value.next_step
    assert show(migrated.settings, "statement_timeout") == "0"


@pytest.mark.parametrize(("connections", "builders"), [(1, 1), (6, 1), (7, 1), (8, 2), (10, 2)])
def test_connections_bound_what_works_at_the_same_time(monkeypatch, connections, builders):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    settings = load_settings(database={"max_connections": connections})
    assert settings.builders == builders
    assert settings.working_sessions == max(1, min(4, connections - 6))


def test_workers_are_bounded_by_the_cores(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert load_settings(performance={"parallel_workers": 8}).builders == 4  # as max_connections leaves
    assert load_settings(performance={"parallel_workers": 8}, database={"max_connections": 20}).builders == 8
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert load_settings(performance={"parallel_workers": 8}, database={"max_connections": 20}).builders == 2


# ----------------------------------------------------------------------------------------------------------------------- batches


def batches(settings, rows):
    query = sql.SQL("select i::integer as number, repeat('x', 1000) as text from generate_series(1, {}) as i").format(rows)
    schema = pa.schema([("number", pa.int32()), ("text", pa.string())])
    with connect(settings, autocommit=True) as conn:
        return list(iter_arrow(conn, query, schema))


def test_a_batch_has_no_more_rows_than_its_size_and_all_rows_come_in_order(migrated):
    found = batches(changed(migrated.settings, "performance", batch_size=300), 1000)
    assert [len(batch) for batch in found] == [300, 300, 300, 100]
    assert pa.Table.from_batches(found)["number"].to_pylist() == [*range(1, 1001)]
    assert [len(batch) for batch in batches(migrated.settings, 1000)] == [1000]


def test_less_memory_means_smaller_batches(migrated):
    most = max(len(batch) for batch in batches(migrated.settings, 9000))
    least = max(len(batch) for batch in batches(changed(migrated.settings, "performance", memory_limit_mb=512), 9000))
    assert most > 3500 > 2100 > least


# -------------------------------------------------------------------------------------------------------------------- time limits


def test_past_its_limit_a_step_is_cancelled_and_what_it_did_is_gone(migrated):
    settings = changed(migrated.settings, stage_timeout_minutes=0.01)
    began = time.monotonic()

    def build():
        with build_session(settings, migration_id="m", asset="normalized/genes") as conn:
            conn.execute("create table half_built as select 1 as a")
            conn.execute("select pg_sleep(60)")

    with time_limit(settings, "normalized/genes") as limit, pytest.raises(BuildError):
        build()
    assert limit.is_exceeded
    assert time.monotonic() - began < 30
    assert migrated.value("select count(*) from pg_class where relname = 'half_built'") == 0
    assert isinstance(limit.error(), TimeLimitError)


def test_within_its_limit_nothing_is_cancelled(migrated):
    with time_limit(migrated.settings, "normalized/genes") as limit, migrated.connect() as conn:
        assert conn.execute("select 1, pg_sleep(0.2)").fetchone()[0] == 1
    assert not limit.is_exceeded


def test_a_step_that_takes_too_long_fails_with_what_where_and_what_to_do_and_is_not_repeated(migrated):
    settings = changed(migrated.settings, "validation", validation_timeout=1)
    tried = []

    @dg.asset(name="slow")
    def slow(context: dg.AssetExecutionContext, mediabase: Mediabase) -> None:
        tried.append(context.retry_number)
        limited = mediabase.settings()
        with (
            step(context, limited, "validation/slow", Stage.VALIDATION, locks=False, purpose=Purpose.MEASUREMENT),
            build_session(limited, migration_id="m", asset="validation/slow") as conn,
        ):
            conn.execute("select pg_sleep(60)")

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([slow], instance=instance, resources={"mediabase": Mediabase.bound_to(settings)}, raise_on_error=False)
    assert not result.success
    text = copies.told(result)
    assert "took longer than 1.0 s and was cancelled; what it did is rolled back." in text
    assert "where: validation/slow" in text
    assert "Raise stage_timeout_minutes" in text
    assert tried == [0]


def test_a_release_that_takes_too_long_is_rolled_back_and_can_be_repeated(migrated, pipeline_home):
    with copies.copy_of(migrated, pipeline_home, stage_timeout_minutes=0.4) as this:
        copies.recognize_tables(this)
        with this.connect() as conn:
            conn.execute("update cancer_transcript_base set gene_type = 'protein_coding'")
            conn.execute(
                "create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return new; end $$;"
                "create trigger linger before update on genes for each statement execute function linger()"
            )
        before = copies.hashes(this)
        result = this.rerun()
        assert harness.failed_steps(result) == ["release__current_release"]
        assert "took longer than 24.0 s" in copies.told(result)
        assert copies.hashes(this) == before
        with this.connect() as conn:
            conn.execute("drop trigger linger on genes; drop function linger()")
        assert this.rerun().success
        assert copies.hashes(this) != before


def test_the_shortest_limit_counts_and_that_of_a_self_test_in_a_self_test():
    settings = load_settings(stage_timeout_minutes=2, validation={"validation_timeout": 60}, testing={"test_timeout": 90})
    assert (settings.step_seconds("normalized"), settings.step_seconds("validation")) == (120, 60)
    rehearsal = settings.for_workspace("mediabase_selftest")
    assert (rehearsal.step_seconds("normalized"), rehearsal.step_seconds("validation")) == (90, 60)
    assert load_settings().step_seconds("validation") == 3600


# ---------------------------------------------------------------------------------------------------------------------- self-test


def component(report, name):
    return next((c for c in report.components if c.name == name), None)


def test_a_self_test_leaves_out_what_the_settings_leave_out(fresh):
    testing = {"test_integration": False, "test_performance": False, "test_data_validation": False, "mock_data_size": 10}
    with fresh.environed():
        report = self_test(changed(fresh.settings, "testing", **testing), defs(), on_event=lambda event: None)
    assert report.passed
    for name, key in (
        ("query benchmark", "test_performance"),
        ("every kind of damage is in the sample", "test_data_validation"),
        ("second run, restore, rollback", "test_integration"),
    ):
        assert (component(report, name).passed, component(report, name).detail) == (None, f"left out: testing.{key} is false")
    assert component(report, "round trip").passed
    assert [name for name in ("rollback", "second run changes nothing", "restore of the backup") if component(report, name)] == []
    written = json.loads(report.file.read_text())
    assert written["passed"] is True
    assert len(written["components"]) == len(report.components)
    report.file.unlink()


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_self_test_writes_a_report_where_it_is_wanted(migrated, is_wanted):
    settings = changed(migrated.settings, "testing", generate_report=is_wanted)
    with migrated.environed():
        report = self_test(changed(settings, "database", legacy_table="nothing"), defs(), on_event=lambda event: None)
    assert (report.passed, report.file is not None) == (False, is_wanted)
    if report.file:
        report.file.unlink()


def test_genes_of_the_sample_follow_from_its_size():
    assert load_settings(testing={"mock_data_size": 250}).testing.sampled_genes == 25


def test_questions_that_take_longer_than_the_threshold_are_named():
    results = [
        measuring.Result(pair, measuring.Side(1.0), measuring.Side(seconds), "the same")
        for pair, seconds in zip(QUERY_PAIRS, (0.5, 1.5, 2.5), strict=False)
    ]
    assert [row["query"] for row in findings.slow(results, 1000)] == [QUERY_PAIRS[2].name, QUERY_PAIRS[1].name]
    assert findings.slow(results, 3000) == []


# --------------------------------------------------------------------------------------------------------------------- staleness


def test_settings_that_change_no_content_make_nothing_stale(migrated, pipeline_home):
    others = {
        "performance": {"batch_size": 100, "memory_limit_mb": 512, "parallel_workers": 1, "query_timeout": 100},
        "stage_timeout_minutes": 5, "verbose_logging": True, "debug_mode": True, "auto_cleanup": True, "enable_rollback": False,
        "testing": {"mock_data_size": 5}, "retention": {"days_of_runs": 1},
        "validation": {"validation_timeout": 500}, "log_dir": "/tmp/nowhere", "temp_dir": "/tmp/nowhere",
    }  # fmt: skip
    assert migrated.work() == {}
    with migrated.environed(), pytest.MonkeyPatch.context() as patch:
        file = migrated.settings.backup_dir.parent / "others.yaml"
        file.write_text(json.dumps(others))
        patch.setenv("MEDIABASE_CONFIG", str(file))
        other = load_settings()
        patch.setattr(migrated, "settings", other)
        assert migrated.work() == {}
