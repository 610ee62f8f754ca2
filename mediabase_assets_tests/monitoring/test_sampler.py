"""The sampler never gets in the way: lost sessions, tables that are missing or wrong, a killed process; long runs and old samples."""

import os
import signal
import subprocess
import sys
import time

import pytest

from mediabase_assets.monitoring import sampler, store
from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs import measuring
from mediabase_assets_tests.fixtures.environment import clean_environment
from mediabase_assets_tests.monitoring.work import MIGRATION, asset_run, measured_run, prepared, row, values, with_interval

pytestmark = pytest.mark.pg
_END = """select count(pg_terminate_backend(pid)) from pg_stat_activity
    where application_name = 'mediabase monitoring' and datname = current_database()"""


def until(condition, seconds=20.0):
    """Wait until something is the case."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


def test_a_lost_session_is_told_once_and_opened_again(settings, monkeypatch):
    monkeypatch.setattr(sampler, "AGAIN", 0.2)
    prepared(settings)
    quick = with_interval(settings, 0.05)
    with measured_run(quick) as (run_id, told), measuring.measured(asset_run(quick, "normalized/through", run_id)):
        for _ in range(2):
            until(lambda: values(quick, _END) == [1])
            until(lambda: told)
            before = max(values(quick, "select max(number) from samples"))
            until(lambda: max(values(quick, "select max(number) from samples")) > before)  # noqa: B023  # called at once
    assert len(told) == 1
    assert told[0].startswith("The monitoring of this run is interrupted: ")
    assert told[0].endswith("The run goes on; what is not seen is missing in its metrics.")
    assert row(quick, "normalized/through")["status"] == "done"
    numbers = values(quick, "select number from samples order by 1")
    assert numbers == [*range(len(numbers))], "what could not be written at once is written later"


def test_a_table_that_somebody_changed_costs_metrics_and_nothing_else(settings):
    prepared(settings)
    with connect(settings, autocommit=True) as conn:
        conn.execute("alter table samples rename column seconds to minutes")
    quick = with_interval(settings, 0.05)
    with measured_run(quick) as (run_id, told), measuring.measured(asset_run(quick, "normalized/unseen", run_id)):
        until(lambda: told)
    assert len(told) == 1
    assert 'column "seconds" of relation "samples" does not exist' in told[0]


def test_tables_that_come_later_get_what_was_measured_before(settings):
    quick = with_interval(settings, 0.05)
    with measured_run(quick) as (run_id, told):
        with measuring.measured(asset_run(quick, "normalized/early", run_id)):
            time.sleep(0.4)
        prepared(quick)
    assert told == []
    assert row(quick, "normalized/early")["wall_seconds"] >= 0.4
    assert min(values(quick, "select number from samples")) == 0


def test_a_table_of_other_people_with_the_name_is_not_written_to(settings):
    quick = with_interval(settings, 0.05)
    with connect(quick, autocommit=True) as conn:
        conn.execute("create table public.samples (x integer); create table public.stage_metrics (x integer)")
        conn.execute("create table public.migration_runs (x integer)")
        with measured_run(quick) as (run_id, told), measuring.measured(asset_run(quick, "normalized/other", run_id)):
            time.sleep(0.4)
        assert told == []
        assert conn.value("select count(*) from public.samples") == 0


def test_a_killed_process_leaves_what_was_sampled(settings):
    prepared(settings)
    code = f"""
import time
from pathlib import Path
from mediabase_assets.runs import measuring
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.monitoring.work import asset_run, measured_run, with_interval
settings = with_interval(load_settings(home=Path({str(settings.home)!r}), database={{"name": "for_files"}}), 0.05)
with measured_run(settings) as (run_id, _), measuring.measured(asset_run(settings, "normalized/killed", run_id)):
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], env=clean_environment())
    try:
        until(lambda: max(values(settings, "select count(*) from samples")) >= 5, 60)
        until(lambda: values(settings, "select count(*) from stage_metrics where asset = 'normalized/killed'") == [1])
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    left = row(settings, "normalized/killed")
    assert (left["status"], left["finished_at"], left["process_id"]) == ("running", None, process.pid)
    assert left["wall_seconds"] > 0
    assert values(settings, "select distinct process_id from samples") == [process.pid]


def test_a_re_execution_takes_the_place_of_what_failed_and_keeps_what_was_done(settings):
    prepared(settings)
    quick = with_interval(settings, 0.05)
    with measured_run(quick) as (first, _):
        with measuring.measured(asset_run(quick, "normalized/done", first)):
            time.sleep(0.1)
        with pytest.raises(ValueError, match="broken"), measuring.measured(asset_run(quick, "normalized/again", first)):
            raise ValueError("broken")
    with measured_run(quick) as (second, _), measuring.measured(asset_run(quick, "normalized/again", second)):
        time.sleep(0.3)
    done, again = row(quick, "normalized/done"), row(quick, "normalized/again")
    assert (done["status"], done["run_id"]) == ("done", first)
    assert (again["status"], again["run_id"], again["errors"]) == ("done", second, 0)
    assert again["wall_seconds"] >= 0.3


def test_processes_of_one_run_are_measured_each_for_itself(settings):
    """As steps of Dagster's multiprocess executor are."""
    prepared(settings)
    quick = with_interval(settings, 0.05)
    code = f"""
import sys, time
from pathlib import Path
from mediabase_assets.runs import measuring, resource
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.monitoring.work import asset_run, with_interval
settings = with_interval(load_settings(home=Path({str(settings.home)!r}), database={{"name": "for_files"}}), 0.05)
this = asset_run(settings, sys.argv[1], "one run")
measuring.prepare(this, print)
with measuring.measured(this):
    time.sleep(1)
resource.end_run("one run")
"""
    names = ("normalized/one", "normalized/other")
    processes = [subprocess.Popen([sys.executable, "-c", code, name], env=clean_environment()) for name in names]
    assert [process.wait(120) for process in processes] == [0, 0]
    found = [row(quick, name) for name in names]
    assert [f["process_id"] for f in found] == [p.pid for p in processes]
    assert [f["status"] for f in found] == ["done", "done"]
    for process, name in zip(processes, names, strict=True):
        running = values(quick, "select distinct unnest(running) from samples where process_id = %s", process.pid)
        assert running == [name]


def test_a_long_run_is_thinned_and_keeps_its_peak(settings, monkeypatch):
    monkeypatch.setattr(store, "MOST_SAMPLES", 8)
    prepared(settings)
    quick = with_interval(settings, 0.01)
    with measured_run(quick) as (run_id, _):
        with measuring.measured(asset_run(quick, "normalized/peak", run_id)):
            block = b"x" * (200 << 20)
            time.sleep(0.2)
            assert block
        del block
        until(lambda: max(values(quick, "select max(number) from samples")) > 40)
    numbers = values(quick, "select number from samples order by 1")
    assert 4 <= len(numbers) <= 18
    assert numbers[0] == 0
    assert numbers[-1] > 40, "the newest is always there"
    assert max(values(quick, "select memory_bytes from samples")) >= row(quick, "normalized/peak")["peak_memory_bytes"] - (20 << 20)


def test_samples_are_kept_as_long_as_is_configured_and_metrics_as_long_as_their_migration(settings):
    prepared(settings)
    old = """insert into samples (run_id, host, process_id, number, migration_id, sampled_at, seconds, running)
             values ('old', 'here', 1, %s, 'gone', now() - make_interval(days => %s), 0, '{}')"""
    metric = """insert into stage_metrics (migration_id, asset, stage, run_id, host, process_id, status, started_at, wall_seconds, basis,
                  samples, warnings, errors)
                values (%s, 'a/b', 8, 'old', 'here', 1, 'done', now() - make_interval(days => 40), 1, 'sampled', 0, 0, 0)"""
    with connect(settings, autocommit=True) as conn:
        for days in (29, 31):
            conn.execute(old, (days, days))
        for migration in ("gone", MIGRATION):
            conn.execute(metric, (migration,))
    with measured_run(with_interval(settings, 0.05, keep_days=30)):
        time.sleep(0.2)
    assert values(settings, "select number from samples where run_id = 'old'") == [29]
    assert values(settings, "select migration_id from stage_metrics where run_id = 'old'") == [MIGRATION]


def test_a_run_ends_at_once_while_the_server_does_not_answer(settings):
    prepared(settings)
    quick = with_interval(settings, 0.05)
    with connect(settings) as conn, measured_run(quick) as (run_id, _):
        with measuring.measured(asset_run(quick, "normalized/waiting", run_id)):
            time.sleep(0.3)
            conn.execute("lock table samples, stage_metrics in access exclusive mode")
        began = time.monotonic()
        measuring.end(run_id)
        took = time.monotonic() - began
    assert took < 2 * sampler.PATIENCE + 2


def test_limits_that_are_crossed_are_told_once(settings):
    prepared(settings)
    low = with_interval(settings, 0.02, memory_warning_mb=1, memory_critical_mb=1_000_000)
    with measured_run(low) as (run_id, told), measuring.measured(asset_run(low, "normalized/large", run_id)):
        time.sleep(0.4)
    memory = [text for text in told if "memory" in text]
    assert len(memory) == 1
    assert "monitoring.memory_warning_mb is 1." in memory[0]
