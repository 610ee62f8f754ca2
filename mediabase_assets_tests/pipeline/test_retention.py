"""The clean-up deletes what is as old as the settings say, and never what a release, a rollback, an asset or a patient needs."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from mediabase_assets.backup import list_backups
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.records.lock import hold_migration_lock, release_migration_lock
from mediabase_assets.runs.freshness_policies import report_kept
from mediabase_assets.runs.retention import clean_up
from mediabase_assets_tests.pipeline.stored import storage_value, stored

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
#: Days that nothing of the settings below reaches.
LATER = 400
RULES = {"keep_runs": 1, "days_of_runs": 30, "days_of_ticks": 5, "days_of_logs": 30, "days_of_reports": 30, "days_of_records": 30}


@pytest.fixture(scope="module")
def live(pipeline_home, tmp_path_factory):
    """A migrated project with its runs in PostgreSQL."""
    folder = tmp_path_factory.mktemp("retention")
    with stored(pipeline_home, folder, retention=RULES, temp_dir=folder / "scratch") as this:
        assert this.migrate().success
        assert [*(folder / "scratch").iterdir()] == []  # used, and nothing is left there
        yield this


def in_days(days):
    return datetime.now(UTC) + timedelta(days=days)


def add_run(this, status=dg.DagsterRunStatus.SUCCESS, **tags):
    run = dg.DagsterRun(job_name="audit", status=status, tags={name.replace("__", "/"): value for name, value in tags.items()})
    this.instance.add_run(run)
    return run.run_id


def runs(this):
    return {run.run_id for run in this.instance.get_runs()}


def old_file(folder, name, days=LATER):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("text\n")
    past = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(file, (past, past))
    return file


def test_old_runs_go_and_those_that_something_needs_stay(live):
    released = live.runs[0].run_id
    views = live.migrate(job="refresh_views").run_id
    old, partition = add_run(live), add_run(live, dagster__partition="P1")
    running, newest = add_run(live, dg.DagsterRunStatus.STARTED), add_run(live)
    assert clean_up(live.instance, live.settings, now=in_days(29)).runs == []
    done = clean_up(live.instance, live.settings, now=in_days(LATER))
    assert old in done.runs
    assert live.value("select run_id from mediabase_ops.migration_runs join mediabase_ops.releases using (migration_id)") == released
    assert {released, views, partition, running, newest} <= runs(live)
    assert not runs(live) & {*done.runs}
    assert storage_value(live, "select count(*) from event_logs where run_id = any(%s)", done.runs) == 0
    for view in MATERIALIZED:
        assert live.instance.get_latest_materialization_event(dg.AssetKey(["views", view.name])) is not None
    assert live.work() == {}
    live.instance.report_run_canceled(live.instance.get_run_by_id(running))


def test_events_of_no_run_go_but_the_newest_of_each_asset_and_those_of_patients(live):
    view = dg.AssetKey(["views", MATERIALIZED[0].name])
    patient = dg.AssetKey(["patients", "expression"])
    for _ in range(3):
        report_kept(live.instance, view, "no table beneath it changed")
        for partition in ("P1", "P2"):
            live.instance.report_runless_asset_event(dg.AssetMaterialization(patient, partition=partition))
    count = "select count(*) from event_logs where asset_key = %s and run_id not in (select run_id from runs)"
    before = storage_value(live, count, view.to_string())
    assert before >= 3
    clean_up(live.instance, live.settings, now=in_days(29))
    assert storage_value(live, count, view.to_string()) == before
    assert clean_up(live.instance, live.settings, now=in_days(LATER)).events
    assert storage_value(live, count, view.to_string()) == 1
    assert storage_value(live, count, patient.to_string()) == 6


def test_old_results_of_checks_go_but_the_newest_fifty_of_each(live):
    key, name = dg.AssetKey(["normalized", "genes"]), "planted"
    for _ in range(55):
        live.instance.report_runless_asset_event(dg.AssetCheckEvaluation(asset_key=key, check_name=name, passed=True, metadata={}))
    count = "select count(*) from asset_check_executions where check_name = %s"
    clean_up(live.instance, live.settings, now=in_days(29))
    assert storage_value(live, count, name) == 55
    clean_up(live.instance, live.settings, now=in_days(LATER))
    assert storage_value(live, count, name) == 50


def test_old_ticks_go_but_the_newest_of_each_schedule_and_sensor(live):
    add = """insert into job_ticks (job_origin_id, selector_id, status, type, timestamp, tick_body)
             select %s, %s, 'SKIPPED', 'SENSOR', now() at time zone 'utc', '{}' from generate_series(1, 3) returning id"""
    for sensor in ("a", "b"):
        storage_value(live, add, sensor, sensor)
    clean_up(live.instance, live.settings, now=in_days(4))
    assert storage_value(live, "select count(*) from job_ticks where selector_id in ('a', 'b')") == 6
    clean_up(live.instance, live.settings, now=in_days(6))
    assert storage_value(live, "select count(*) from job_ticks where selector_id in ('a', 'b')") == 2


def test_old_logs_and_reports_go_but_those_that_are_open_and_the_newest_report_of_each_kind(live):
    logs, reports = live.settings.logs, live.settings.home / "reports"
    old = [old_file(logs, "migrate-20200101-000000-aaaaaaaa.log"), old_file(logs, "error-1.txt"), old_file(logs, "daemon.1.log")]
    stays = [old_file(logs, "daemon.log"), old_file(logs, "notes.md"), old_file(logs, "migrate-2.log", days=1)]
    old_reports = [old_file(reports, f"dry-run-2020010{day}_000000.json", days=LATER - day) for day in (1, 2)]
    stays += [old_file(reports, "dry-run-20200103_000000.json", days=LATER - 3), old_file(reports, "self-test-20200101_000000.json")]
    done = clean_up(live.instance, live.settings)
    assert {f.name for f in old} <= {*done.logs}
    assert {f.name for f in old_reports} <= {*done.reports}
    assert [f for f in (*old, *old_reports) if f.exists()] == []
    assert [f for f in stays if not f.exists()] == []
    for file in stays:
        file.unlink()


def test_the_log_of_a_run_that_stays_stays(live):
    file = old_file(live.settings.logs, "migrate-of-the-release.log")
    released = live.runs[0].run_id
    live.instance.add_run_tags(released, {"mediabase/log": file.name})
    clean_up(live.instance, live.settings)
    assert file.exists()


def plant_migration(this, migration_id, status="failed", *, finished=timedelta(days=60)):
    with this.connect() as conn:
        conn.execute(
            "insert into migration_runs (migration_id, status, started_at, finished_at) values (%s, %s, now() - %s, now() - %s)",
            (migration_id, status, finished, finished),
        )
        conn.execute(
            "insert into quarantine (migration_id, asset, legacy_column, json_path, reason, fact_count) values (%s, 'a', 'c', '$', 'r', 1)",
            (migration_id,),
        )


def test_details_of_old_migrations_that_released_nothing_go_and_their_names_stay(live):
    plant_migration(live, "20200101_000000")
    plant_migration(live, "20200102_000000", finished=timedelta(days=10))
    held = live.value("select count(*) from quarantine q where migration_id in (select migration_id from releases)")
    hold_migration_lock(live.settings, "somebody")
    try:
        done = clean_up(live.instance, live.settings)
    finally:
        release_migration_lock("somebody")
    assert (done.records, "a migration is running" in done.skipped) == ({}, True)
    assert clean_up(live.instance, live.settings).records == {"quarantine": 1}
    assert live.rows("select migration_id from quarantine where migration_id < '2021' order by 1") == [("20200102_000000",)]
    assert live.value("select count(*) from migration_runs where migration_id = '20200101_000000'") == 1
    clean_up(live.instance, live.settings, now=in_days(LATER))
    assert live.value("select count(*) from quarantine q where migration_id in (select migration_id from releases)") == held > 0


def older_copy(this, backup, migration_id):
    """A backup like another one, made long ago."""
    folder = this.settings.backup_dir / migration_id
    shutil.copytree(this.settings.backup_dir / backup, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"migration_id": migration_id, "created_at": f"{migration_id[:4]}-01-01T00:00:00+00:00"}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_backups_go_only_where_configured_and_never_one_that_a_rollback_needs(live):
    (released,) = [m.migration_id for m in list_backups(live.settings.backup_dir)]
    for year in (2020, 2021, 2022):
        older_copy(live, released, f"{year}0101_000000")
    assert clean_up(live.instance, live.settings, now=in_days(LATER)).backups == []
    rules = live.settings.retention.model_copy(update={"days_of_backups": 30, "keep_backups": 2})
    configured = live.settings.model_copy(update={"retention": rules})
    assert clean_up(live.instance, configured).backups == ["20210101_000000", "20200101_000000"]
    rules = rules.model_copy(update={"keep_backups": 1})
    older_copy(live, released, "20990101_000000")  # so that it is not the newest
    later = clean_up(live.instance, live.settings.model_copy(update={"retention": rules}), now=in_days(LATER))
    assert later.backups == ["20220101_000000"]
    assert {m.migration_id for m in list_backups(live.settings.backup_dir)} == {released, "20990101_000000"}
    shutil.rmtree(live.settings.backup_dir / "20990101_000000")


def test_the_job_says_what_it_deleted(live):
    old_file(live.settings.logs, "error-2.txt")
    result = live.migrate(job="clean_up", tags={})
    assert result.success
    (metadata,) = [e.event_specific_data.metadata for e in result.all_events if e.event_type_value == "STEP_OUTPUT"]
    assert metadata["what was deleted"].value.startswith("Deleted: ")
    assert metadata["log files"].value >= 1
    assert result.run_id in runs(live)
