"""Planted faults: for each kind an alert arrives at a real receiver, once, and once more when it is over."""

import functools
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from mediabase_assets.alerts import webhook
from mediabase_assets.alerts.records import FILE
from mediabase_assets.alerts.round import NOT_CONFIGURED, Outcome, look_and_tell, tell_if_down
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.runs.alerts import look_by
from mediabase_assets.runs.patients.partitions import EXPRESSION, GENE_EXPRESSION
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.alerts.receivers import free_port
from mediabase_assets_tests.fixtures.environment import clean_environment
from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


@pytest.fixture(scope="module")
def project(pipeline_home):
    """A migrated demonstration database, which the tests leave as it was."""
    with harness.project(pipeline_home) as this:
        result = this.migrate()
        assert result.success, harness.failed_steps(result)
        yield this


@pytest.fixture
def watch(project, hook, monkeypatch):
    """Alerts of the project, told to a webhook."""
    monkeypatch.setattr(webhook, "PAUSES", (0.01,))
    made = Watch(project, hook)
    yield made
    with project.connect() as conn:
        conn.execute("delete from alerts")


class Watch:
    """Looks at a project as a daemon does that was just started, and reads what arrives."""

    def __init__(self, project, hook):
        self.project, self.hook, self.graph = project, hook, _defs().resolve_asset_graph()

    def settings(self, **alerts):
        """Those of the project with a receiver."""
        theirs = self.project.settings
        return load_settings(
            home=theirs.home, database={"name": theirs.database.name}, backup_dir=theirs.backup_dir,
            alerts={"webhook_url": self.hook.url, "disk_free_gb": 0, **alerts},
        )  # fmt: skip

    def look(self, *, now=None, **alerts):
        """Look once; returns what arrived: (state, kind, where)."""
        before = len(self.hook.received)
        with self.project.environed():
            settings = self.settings(**alerts)
            self.outcome = look_and_tell(settings, look_by(self.project.instance, settings, self.graph), now=now)
        messages = [body for _, body in self.hook.received[before:]]
        assert len(messages) <= 1
        self.text = messages[0]["text"] if messages else ""
        return [(a["state"], a["kind"], a["where"]) for m in messages for a in m["alerts"]]


def test_nothing_is_wrong_after_a_migration(watch):
    assert watch.look() == []
    assert watch.outcome.alerts == ()


def test_a_failed_run_and_the_check_that_failed_it_are_one_message(watch, project):
    with project.connect() as conn:
        facts = "mediabase_next.pathway_facts"
        place, spoiled = conn.execute(
            f"update {facts} set pathway_id = 'nonsense' where ctid = (select min(ctid) from {facts}) returning (select pathway_id from"
            f" {facts} where ctid = (select min(ctid) from {facts})), ctid::text"
        ).fetchone()
    assert spoiled
    failed = project.migrate("normalized/gene_pathways")
    assert not failed.success
    news = watch.look()
    assert {(state, kind) for state, kind, _ in news} == {("new", "failed_run"), ("new", "failed_check")}
    assert ("new", "failed_check", "normalized/gene_pathways") in news
    assert f"run {failed.run_id[:8]}" in watch.text
    assert "normalized/gene_pathways" in watch.text
    assert watch.look() == []  # nothing new, whoever looks
    with project.connect() as conn:
        conn.execute(f"update {facts} set pathway_id = %s where pathway_id = 'nonsense'", (place,))
    assert project.migrate("normalized/gene_pathways").success
    assert {(state, kind) for state, kind, _ in watch.look()} == {("over", "failed_run"), ("over", "failed_check")}
    assert watch.look() == []
    assert project.value("select count(*) from mediabase_ops.alerts") == 0


def test_a_run_that_was_killed(watch, project):
    job = project.instance.create_run_for_job(_job("migrate"), status=dg.DagsterRunStatus.STARTED)
    project.instance.report_run_failed(job, "A run (migrate) was killed: its process is gone.")
    assert watch.look() == [("new", "failed_run", f"run {job.run_id[:8]}")]
    assert "A migration failed: A run (migrate) was killed: its process is gone." in watch.text
    assert watch.look() == []
    again = project.instance.create_run_for_job(_job("migrate"), status=dg.DagsterRunStatus.STARTED)
    project.instance.report_run_failed(again, "Killed once more.")
    assert watch.look() == [("new", "failed_run", f"run {again.run_id[:8]}")]
    for run in (job, again):
        project.instance.delete_run(run.run_id)
    assert [(state, kind) for state, kind, _ in watch.look()] == [("over", "failed_run")]


def test_a_run_that_dagster_repeats_has_not_failed_yet(watch, project):
    run = project.instance.create_run_for_job(_job("migrate"), status=dg.DagsterRunStatus.STARTED, tags={"dagster/will_retry": "true"})
    project.instance.report_run_failed(run, "Killed.")
    assert watch.look() == []
    project.instance.delete_run(run.run_id)


def test_a_failed_import_names_no_patient(watch, project):
    run = project.instance.create_run_for_job(
        _job("migrate"), status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "JANE-DOE"},
        asset_selection=frozenset({EXPRESSION, GENE_EXPRESSION}),
    )  # fmt: skip
    project.instance.report_run_failed(run, "JANE-DOE has 4 rows that are wrong.")
    assert watch.look() == [("new", "failed_run", f"run {run.run_id[:8]}")]
    assert "An import of a patient failed" in watch.text
    assert "JANE" not in str(watch.hook.received)
    project.instance.delete_run(run.run_id)
    watch.look()


def test_a_run_without_progress(watch, project):
    run = project.instance.create_run_for_job(_job("refresh_views"), status=dg.DagsterRunStatus.STARTED)
    late = datetime.now(UTC) + timedelta(minutes=90)
    assert watch.look(now=late, stalled_minutes=0) == []
    assert watch.look(now=late, stalled_minutes=60) == [("new", "stalled_run", f"run {run.run_id[:8]}")]
    assert "The job refresh_views has shown no progress for 60 minutes" in watch.text
    assert watch.look(now=late, stalled_minutes=120) == [("over", "stalled_run", f"run {run.run_id[:8]}")]
    project.instance.delete_run(run.run_id)


def test_views_past_their_freshness(watch):
    news = watch.look(now=datetime.now(UTC) + timedelta(hours=27))
    assert {(state, kind) for state, kind, _ in news} == {("new", "overdue_view")}
    assert {where for *_, where in news} == {f"views/{view.name}" for view in MATERIALIZED}
    assert "run the job refresh_views" in watch.text
    assert {state for state, *_ in watch.look()} == {"over"}


def test_a_disk_that_is_low(watch):
    news = watch.look(disk_free_gb=10**9)
    assert {(state, kind) for state, kind, _ in news} == {("new", "disk_low")}
    assert re.search(r"The disk of the home, .* has [\d.,]+ [GT]B free, less than 976,562.5 TB", watch.text)
    assert watch.look(disk_free_gb=10**9) == []
    assert {(state, kind) for state, kind, _ in watch.look(disk_free_gb=0)} == {("over", "disk_low")}


def test_a_backup_that_is_missing_or_was_not_proved(watch, project):
    folder = project.settings.backup_dir
    away = folder.with_name("away")
    folder.rename(away)
    assert watch.look() == [("new", "backup", str(folder))]
    assert "There is no backup of what is live." in watch.text
    away.rename(folder)
    assert watch.look() == [("over", "backup", str(folder))]
    later = datetime.now(UTC) + timedelta(days=9)
    assert ("new", "backup", str(folder)) in watch.look(now=later)
    assert "was not proved within 8 days: no backup was ever restored as a proof." in watch.text
    project.migrate(job="prove_backup")
    assert ("over", "backup", str(folder)) in watch.look()


def test_a_server_that_is_down_is_told_from_a_file(watch, project, tmp_path):
    port = free_port()
    down = load_settings(
        home=tmp_path, database={"host": "127.0.0.1", "port": port, "name": "mbase", "user": "x", "password": "hush-hush"},
        alerts={"webhook_url": watch.hook.url},
    )  # fmt: skip
    for expected in ([("new", "server")], []):
        before = len(watch.hook.received)
        tell_if_down(down)  # as `mediabase ui` does
        look_and_tell(down, lambda *_: pytest.fail("there is no session"))
        news = [(a["state"], a["kind"]) for _, body in watch.hook.received[before:] for a in body["alerts"]]
        assert news == expected
    assert "does not answer" in watch.hook.received[-1][1]["text"]
    assert "hush" not in f"{watch.hook.received}{(tmp_path / FILE).read_text()}"
    assert tell_if_down(project.settings) == Outcome()
    assert tell_if_down(watch.settings()) == Outcome()
    # the server is back: the same home, the server of the project
    (project.settings.home / FILE).write_text((tmp_path / FILE).read_text())
    assert watch.look() == [("over", "server", json.loads((tmp_path / FILE).read_text())[0]["place"])]
    assert not (project.settings.home / FILE).exists()


def test_a_receiver_that_is_away_is_told_at_the_next_look(watch, caplog):
    watch.hook.stop()
    assert watch.look(disk_free_gb=10**9) == []
    assert "webhook localhost: Connection refused" in watch.outcome.undelivered["webhook"]
    assert "An alert was not delivered" in caplog.text
    assert "T0-secret" not in caplog.text
    watch.hook.start()
    assert {state for state, *_ in watch.look(disk_free_gb=10**9)} == {"new"}
    assert watch.look(disk_free_gb=10**9) == []


def test_an_alert_is_repeated_after_the_hours_that_are_configured(watch):
    now = datetime.now(UTC)
    options = {"disk_free_gb": 10**9, "repeat_hours": 6}
    assert [s for s, *_ in watch.look(now=now, **options)] == ["new"]
    assert watch.look(now=now + timedelta(hours=5), **options) == []
    assert [s for s, *_ in watch.look(now=now + timedelta(hours=6), **options)] == ["still"]


def test_checks_that_only_warn_are_told_where_that_is_configured(watch, project):
    check = dg.AssetKey(["normalized", "genes"])
    project.instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(check, "every_key_is_unique", passed=False, metadata={}, severity=dg.AssetCheckSeverity.WARN)
    )
    assert watch.look() == []
    news = watch.look(warnings=True)
    assert ("new", "failed_check", "normalized/genes") in news
    assert ("new", "failed_check", "extraction/symbol_conflicts") in news  # the demonstration has some
    project.instance.report_runless_asset_event(dg.AssetCheckEvaluation(check, "every_key_is_unique", passed=True, metadata={}))
    assert watch.look(warnings=True) == [("over", "failed_check", "normalized/genes")]
    assert {state for state, *_ in watch.look()} == {"over"}


def test_the_sensors_tell_and_say_what_they_did(project, hook, tmp_path):
    config = tmp_path / "settings.yaml"
    with project.environed(), pytest.MonkeyPatch.context() as patch:
        status, tick = _tick(project, "send_alerts")
        assert (status, tick.skip_message) == (dg.DefaultSensorStatus.STOPPED, NOT_CONFIGURED)
        config.write_text(f"alerts: {{webhook_url: '{hook.url}', disk_free_gb: 1000000000}}")
        patch.setenv("MEDIABASE_CONFIG", str(config))
        status, tick = _tick(project, "send_alerts")
        assert status is dg.DefaultSensorStatus.RUNNING
        assert re.fullmatch(r"\d things? (is|are) wrong\. Told by webhook: webhook localhost answered 200 thank you\.", tick.skip_message)
        assert re.fullmatch(r"\d things? (is|are) wrong\.", _tick(project, "send_alerts")[1].skip_message)
        status, tick = _tick(project, "alert_failed_runs")
        assert status is dg.DefaultSensorStatus.RUNNING
        failed = project.instance.create_run_for_job(_job("migrate"), status=dg.DagsterRunStatus.STARTED)
        project.instance.report_run_failed(failed, "Killed.")
        assert {a["kind"] for a in hook.received[-1][1]["alerts"]} == {"disk_low"}
        _tick(project, "alert_failed_runs", tick.cursor)
        assert [a["kind"] for a in hook.received[-1][1]["alerts"]] == ["failed_run"]
        project.instance.delete_run(failed.run_id)
    with project.connect() as conn:
        conn.execute("delete from alerts")


def test_the_command_line(project, hook, tmp_path):
    config = tmp_path / "settings.yaml"
    config.write_text("alerts: {disk_free_gb: 1000000000}")
    environment = {**clean_environment(), **project.environment, "MEDIABASE_CONFIG": str(config)}

    def mediabase(*arguments):
        command = [sys.executable, "-m", "mediabase_assets", "alerts", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    listed = mediabase("list", "--json")
    assert listed.returncode == 1
    assert [(a["kind"], a["told"]) for a in json.loads(listed.stdout)["alerts"] if a["kind"] == "disk_low"] == [("disk_low", [])]
    refused = mediabase("check")
    assert (refused.returncode, "Alerts are not configured" in refused.stderr) == (2, True)
    environment["MEDIABASE_ALERTS_WEBHOOK_URL"] = hook.url
    tried = mediabase("test")
    assert (tried.returncode, tried.stdout) == (0, "Delivered by webhook: webhook localhost answered 200 thank you.\n")
    checked = mediabase("check")
    assert checked.returncode == 1
    assert "Delivered by webhook" in checked.stdout
    assert [a["kind"] for a in hook.received[-1][1]["alerts"]] == ["disk_low"]
    again = mediabase("list")
    assert "told:    webhook at" in again.stdout
    hook.stop()
    tried = mediabase("test", "--json")
    assert (tried.returncode, "Connection refused" in json.loads(tried.stdout)["undelivered"]["webhook"]) == (1, True)
    assert "T0-secret" not in "".join(r.stdout + r.stderr for r in (listed, refused, tried, checked, again))
    with project.connect() as conn:
        conn.execute("delete from alerts")


@functools.cache
def _defs():
    """The definitions, whatever the settings of a test."""
    from mediabase_assets.definitions import defs

    return defs()


@functools.cache
def _job(name):
    return _defs().resolve_job_def(name)


def _tick(project, name, cursor=None):
    """Evaluate a sensor as the settings of the moment have it."""
    from mediabase_assets.defs.alerts import alerts

    sensor = next(s for s in alerts().sensors if s.name == name)
    found = _defs()
    with dg.build_sensor_context(
        instance=project.instance, cursor=cursor, definitions=found, sensor_name=name, resources=found.resources
    ) as context:
        return sensor.default_status, sensor.evaluate_tick(context)
