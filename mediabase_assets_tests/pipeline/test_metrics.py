"""What a migration took, shown: metadata that Dagster plots, the picture, the summary, metrics for Prometheus, JSON, CSV."""

import csv
import io
import json
import time
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from mediabase_assets.cli.app import app
from mediabase_assets.cli.ui import free_port
from mediabase_assets.definitions import defs
from mediabase_assets.model.errors import ConfigurationError, MediabaseError
from mediabase_assets.model.stages import Stage
from mediabase_assets.monitoring import exposition, picture
from mediabase_assets.monitoring.families import Facts
from mediabase_assets.monitoring.history import read_history
from mediabase_assets.monitoring.summary import STAGE_COLUMNS, read_metrics
from mediabase_assets.runs import migration_metrics
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
#: Assets without a transaction of ours that the server counts for them.
UNCOUNTED = {"legacy/cancer_transcript_base", "backup/legacy_backup", "validation/query_benchmark"}


@pytest.fixture(scope="module")
def metrics(migrated):
    with migrated.connect() as conn:
        return read_metrics(conn)


def materialized(this):
    return {
        m.asset_key.to_user_string(): m.metadata
        for e in this.runs[0].all_events
        if e.is_step_materialization
        for m in [e.step_materialization_data.materialization]
    }


def test_every_asset_of_a_migration_is_measured_as_the_journal_has_it(migrated, metrics):
    seconds = dict(migrated.rows("select asset, seconds from migration_stages where status = 'done'"))
    measured = {a.asset: a for a in metrics.assets}
    # the snapshot is one step for two assets
    assert measured.keys() == harness.executed(migrated.runs[0]) - {"extraction/legacy_payloads"}
    assert seconds.keys() - measured.keys() <= {"extraction/legacy_payloads"}
    for asset, took in measured.items():
        assert took.status == "done"
        assert took.wall_seconds > 0
        assert took.cpu_seconds <= took.wall_seconds + 0.1
        assert took.basis == ("sampled" if asset in UNCOUNTED else "counted")
        if asset in seconds and asset not in UNCOUNTED:
            assert took.wall_seconds >= seconds[asset] - 0.5
    assert metrics.use.peak_memory_bytes > 50 << 20


def test_every_materialization_has_numbers_that_dagster_plots(migrated):
    for asset, metadata in materialized(migrated).items():
        names = {"wall_seconds", "peak_memory_mb"}
        if asset not in UNCOUNTED:
            names |= {"active_seconds", "temp_files_mb", "wal_mb", "cache_hit_percent"}
        if "dagster/row_count" in metadata:
            names |= {"rows_per_second"}
        assert names <= metadata.keys(), asset
        for name in names:
            assert isinstance(metadata[name], dg.FloatMetadataValue | dg.IntMetadataValue), (asset, name)
    genes = materialized(migrated)["normalized/genes"]
    speed = genes["dagster/row_count"].value / genes["wall_seconds"].value
    assert genes["rows_per_second"].value == pytest.approx(speed, rel=0.05, abs=1)


def test_the_summary_is_that_of_the_tables(migrated, metrics):
    summary = metrics.summary()
    rows, worst = migrated.rows("select sum(row_count), max(stage) from migration_stages where status <> 'kept'")[0]
    assert summary["records_processed"] == rows
    assert summary["records_failed"] == migrated.value("select sum(facts) from reason_account where outcome = 'quarantined'")
    assert summary["stage_success_percent"] == 100
    assert [s.stage for s in metrics.stages] == [int(stage) for stage in Stage][:worst]
    assert summary["peak_memory_mb"] == pytest.approx(float(migrated.value("select max(memory_bytes) from samples")) / 2**20, abs=0.1)
    assert summary["warnings_per_stage"] == {Stage.CROSS_VALIDATION.title: 2, Stage.VALIDATION.title: 1}
    assert summary["errors_per_stage"] == {}
    assert summary["longest_stage"] in {s.title for s in metrics.stages}


def test_the_export_has_seven_columns_and_one_line_per_stage(metrics):
    rows = list(csv.DictReader(io.StringIO(metrics.as_csv())))
    assert tuple(rows[0]) == STAGE_COLUMNS
    assert len(STAGE_COLUMNS) == 7
    assert [r["stage_name"] for r in rows] == [stage.title for stage in Stage]
    assert {r["status"] for r in rows} == {"completed"}


def test_a_migration_that_there_is_not_is_told(migrated):
    with migrated.connect() as conn, pytest.raises(MediabaseError, match="There is no migration 19990101_000000") as told:
        read_metrics(conn, "19990101_000000")
    assert told.value.next_step == "`mediabase status` lists the last ones."


def test_bars_of_one_row_never_overlap(migrated):
    with migrated.connect() as conn:
        history = read_history(conn)
    ends: dict[int, float] = {}
    for row, asset, begin in history.bars:
        assert begin >= ends.get(row, 0.0) - 0.01
        ends[row] = begin + asset.wall_seconds
    assert len(history.bars) == len(history.metrics.assets)
    assert len(ends) >= 2, "the backup and what is built beside it"
    assert {s.migration_id for s in history.stages} == {history.metrics.migration_id}


def test_the_newest_migration_is_reported_once_with_its_picture(migrated, metrics):
    with dg.DagsterInstance.ephemeral() as instance:
        known, text = migration_metrics.report(instance, migrated.settings)
        assert text == f"Migration {metrics.migration_id}: {len(metrics.assets)} assets measured."
        event = instance.get_latest_materialization_event(migration_metrics.KEY)
        shown = event.asset_materialization.metadata
        assert shown["picture"].value.startswith("![The migration over time](data:image/png;base64,")
        assert len(shown["picture"].value) < 400_000
        assert shown["peak_memory_mb"].value == metrics.summary()["peak_memory_mb"]
        assert len(shown["stages"].records) == 12
        again, text = migration_metrics.report(instance, migrated.settings, known=known)
        assert (again, text) == (known, f"Migration {metrics.migration_id} was reported already.")


def test_a_migration_that_is_at_work_is_not_reported_yet(migrated):
    with migrated.connect() as conn:
        history = read_history(conn)
    at_work = {
        status: migration_metrics.is_at_work(replace(history, metrics=replace(history.metrics, status=status)))
        for status in ("running", "released", "failed", "interrupted")
    }
    assert at_work == {"running": True, "released": False, "failed": False, "interrupted": False}
    partial = replace(history.metrics, status="partial")
    assert migration_metrics.is_at_work(replace(history, metrics=partial)) == (
        (datetime.now(UTC) - max(a.finished_at for a in partial.assets)).total_seconds() < 60
    )
    old = replace(partial, assets=tuple(replace(a, finished_at=a.finished_at - timedelta(hours=1)) for a in partial.assets))
    assert not migration_metrics.is_at_work(replace(history, metrics=old))


def test_a_migration_whose_samples_are_gone_is_drawn_too(migrated):
    with migrated.connect() as conn:
        history = read_history(conn)
    assert len(history.points) >= 3
    assert picture.draw(replace(history, points=())).startswith(b"\x89PNG")


def test_the_sensor_reports_and_writes_the_file(migrated, tmp_path, monkeypatch):
    file = tmp_path / "collector" / "mediabase.prom"
    config = tmp_path / "settings.yaml"
    config.write_text(f"monitoring: {{prometheus_file: {file}}}\n")
    sensor = defs().resolve_sensor_def("report_metrics")
    with migrated.environed(), dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("MEDIABASE_CONFIG", str(config))
        with dg.build_sensor_context(instance=instance, resources={"mediabase": Mediabase()}) as context:
            skipped = sensor(context)
        assert "assets measured. Wrote" in skipped.skip_message
        assert instance.get_latest_materialization_event(migration_metrics.KEY) is not None
    assert parsed(file.read_text())["mediabase_up"].samples[0].value == 1
    assert [f.name for f in file.parent.iterdir()] == [file.name], "written at once, nothing is left beside it"


def test_a_file_that_cannot_be_written_is_told_and_the_migration_stands(migrated, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    settings = with_monitoring(migrated, prometheus_file=blocked / "mediabase.prom")
    with pytest.raises(ConfigurationError, match="The metrics cannot be written"):
        exposition.write_file(settings)
    with dg.DagsterInstance.ephemeral() as instance:
        assert migration_metrics.tell(instance, settings).startswith("The metrics of this migration were not reported:")
        assert migration_metrics.tell(instance, migrated.settings) == ""


def with_monitoring(this, **values):
    return this.settings.model_copy(update={"monitoring": this.settings.monitoring.model_copy(update=values)})


def parsed(text):
    """The families by name; the parser of Prometheus refuses what is no exposition."""
    families = list(text_string_to_metric_families(text))
    names = [f.name for f in families]
    assert len(names) == len(set(names))
    return {f.name: f for f in families}


def test_metrics_follow_the_conventions_of_prometheus(migrated):
    text = exposition.exposition(migrated.settings, lambda: Facts({"success": 3}, True, datetime(2026, 1, 1, tzinfo=UTC)))
    for name, family in parsed(text).items():
        assert name.startswith("mediabase_")
        assert family.documentation.endswith(".")
        assert family.type in ("gauge", "counter")
        assert f"# HELP {name}" in text
        assert f"# TYPE {name}" in text
        assert family.type != "counter" or all(s.name.endswith("_total") for s in family.samples)
        labels = {label for s in family.samples for label in s.labels}
        assert labels <= {
            "database",
            "status",
            "stage",
            "title",
            "relation",
            "kind",
            "reason",
            "outcome",
            "verdict",
            "view",
            "how",
            "folder",
        }
        assert not name.endswith(("_mb", "_ms", "_kb"))


def test_metrics_are_those_of_the_database(migrated):
    found = parsed(exposition.exposition(migrated.settings, lambda: Facts({"success": 3, "failure": 1}, False)))
    rows = {s.labels["relation"]: s.value for s in found["mediabase_relation_rows"].samples}
    for name in ("genes", "transcripts", "gene_summary_view", "publications"):
        assert rows[name] == migrated.value(f"select count(*) from {name}")
    reasons = {s.labels["reason"]: s.value for s in found["mediabase_quarantined_facts"].samples}
    assert reasons == dict(migrated.rows("select reason, sum(facts)::float from reason_account where outcome = 'quarantined' group by 1"))
    checks = {s.labels["outcome"]: s.value for s in found["mediabase_checks"].samples}
    assert (checks["failed"], checks["warned"]) == (0, 3)  # two of the cross-validation, and the suites about the phases of drugs
    assert sum(checks.values()) == migrated.value("select sum(jsonb_array_length(findings)) from asset_state")
    status = {s.labels["status"]: s.value for s in found["mediabase_last_migration_status"].samples}
    assert [name for name, value in status.items() if value] == ["released"]
    assert {s.labels["status"]: s.value for s in found["mediabase_runs"].samples} == {"success": 3, "failure": 1}
    assert found["mediabase_backup_proved"].samples[0].value == 0
    assert 0 <= found["mediabase_backup_age_seconds"].samples[0].value < 3600
    assert all(0 <= s.value < 3600 for s in found["mediabase_view_age_seconds"].samples)
    assert {s.labels["folder"] for s in found["mediabase_disk_free_bytes"].samples} == {"home", "backups"}
    assert len(found["mediabase_last_migration_stage_duration_seconds"].samples) == 12


def test_the_newest_verdict_is_a_metric(migrated):
    newest = migrated.value("select verdict from verdicts order by decided_at desc limit 1")
    (sample,) = parsed(exposition.exposition(migrated.settings))["mediabase_verdict"].samples
    assert sample.labels == {"verdict": newest}


def test_a_database_that_does_not_answer_is_down_and_no_error(migrated):
    gone = migrated.settings.model_copy(
        update={
            "database": migrated.settings.database.model_copy(update={"host": "127.0.0.1", "port": free_port("127.0.0.1"), "user": "x"})
        }
    )
    found = parsed(exposition.exposition(gone))
    assert found["mediabase_up"].samples[0].value == 0
    assert "mediabase_relation_rows" not in found
    assert "mediabase_disk_free_bytes" in found


def test_prometheus_is_answered_over_http(migrated):
    port = free_port("127.0.0.1")
    stop = exposition.serve(migrated.settings, "127.0.0.1", port, lambda: Facts({"success": 1}))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            assert parsed(answer.read().decode())["mediabase_up"].samples[0].value == 1
        with pytest.raises(ConfigurationError, match="Prometheus cannot be answered there"):
            exposition.serve(migrated.settings, "127.0.0.1", port)
    finally:
        stop()


def test_reading_the_metrics_takes_a_fifth_of_a_second_at_most(migrated):
    seconds, sessions = [], []
    while len(seconds) < 8 and min(seconds, default=1) >= 0.2:
        began = time.monotonic()
        migrated.value("select 1")
        sessions.append(time.monotonic() - began)
        found = parsed(exposition.exposition(migrated.settings))
        seconds.append(found["mediabase_scrape_duration_seconds"].samples[0].value)
    # on a busy machine a session takes longer, too: on an idle one some 10 ms
    assert min(seconds) < max(0.2, 15 * min(sessions))


def test_the_commands_print_one_document_and_nothing_else(migrated, metrics):
    with migrated.environed():
        told = CliRunner().invoke(app, ["status", "--json"])
        assert told.exit_code == 0, told.output
        status = json.loads(told.stdout)
        taken = json.loads(CliRunner().invoke(app, ["metrics", "--json"]).stdout)
        lines = CliRunner().invoke(app, ["metrics", metrics.migration_id, "--csv"]).stdout
        text = CliRunner().invoke(app, ["metrics", "--prometheus"]).stdout
        table = CliRunner().invoke(app, ["metrics"])
    assert status["format"] == 1
    assert {t["name"]: t["rows"] for t in status["tables"]}["public.genes"] == migrated.value("select count(*) from genes")
    assert status["migrations"][0]["migration_id"] == metrics.migration_id
    assert status["stale"] is not None
    assert status["running"] is None
    assert status["live"] is None
    assert status["metrics"] == taken
    assert taken["summary"] == json.loads(json.dumps(metrics.summary()))
    assert len(taken["assets"]) == len(metrics.assets)
    assert datetime.fromisoformat(taken["started_at"]).tzinfo is not None
    assert lines == metrics.as_csv()
    assert parsed(text)["mediabase_up"].samples[0].value == 1
    assert table.exit_code == 0
    assert "8 Table Population" in table.stdout


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["status", "--json", "--watch"], "--watch and --json exclude each other."),
        (["metrics", "--json", "--csv"], "--json, --csv and --prometheus exclude each other."),
    ],
)
def test_forms_exclude_each_other(migrated, arguments, what):
    with migrated.environed():
        told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 2
    assert what in told.output


def test_an_unknown_migration_is_told_by_the_command(migrated):
    with migrated.environed():
        told = CliRunner().invoke(app, ["metrics", "19990101_000000"])
    assert told.exit_code == 1
    assert "There is no migration 19990101_000000." in told.output
