"""What an asset took, against independent measures: memory, CPU, waiting, temporary files, WAL; alone and beside another asset."""

import threading
import time

import pytest

from mediabase_assets.model.workspace import PLAN
from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs import measuring
from mediabase_assets_tests.monitoring.work import SPILLING, asset_run, burn, measured_run, prepared, row, values, with_interval

pytestmark = pytest.mark.pg
MB = 1 << 20
_COUNTED = "select temp_bytes from pg_stat_database where datname = current_database()"


@pytest.fixture
def quick(settings):
    """Settings with a sample each 50 ms, and the tables."""
    prepared(settings)
    return with_interval(settings, 0.05)


def build(settings, run_id, asset, body):
    this = asset_run(settings, asset, run_id)
    with measuring.measured(this), this.building() as conn:
        body(conn)
    return this


def spill(conn):
    conn.execute("set local work_mem = '64kB'")
    conn.execute(SPILLING)


def test_memory_that_an_asset_takes_is_seen(quick):
    def allocate(_conn):
        block = b"x" * (300 * MB)
        time.sleep(0.3)
        assert len(block) == 300 * MB

    with measured_run(quick) as (run_id, _):
        build(quick, run_id, "normalized/large", allocate)
        build(quick, run_id, "normalized/small", lambda _: time.sleep(0.2))
    large, small = row(quick, "normalized/large"), row(quick, "normalized/small")
    assert large["memory_rise_bytes"] >= 290 * MB
    assert large["peak_memory_bytes"] - small["peak_memory_bytes"] >= 250 * MB
    assert small["memory_rise_bytes"] < 50 * MB
    assert max(values(quick, "select memory_bytes from samples")) >= large["peak_memory_bytes"] - 10 * MB


def test_a_sort_that_spills_shows_the_temporary_files_that_the_server_counts(quick):
    (before,) = values(quick, _COUNTED)
    with measured_run(quick) as (run_id, _):
        build(quick, run_id, "normalized/sorted", spill)
        build(quick, run_id, "normalized/unsorted", lambda conn: conn.execute("select count(*) from generate_series(1, 1000)"))
    (after,) = values(quick, _COUNTED)
    done = row(quick, "normalized/sorted")
    assert done["basis"] == "counted"
    assert done["temp_bytes"] > 15 * MB
    assert done["temp_bytes"] == after - before
    assert done["temp_files"] >= 1
    assert row(quick, "normalized/unsorted")["temp_bytes"] == 0


def test_a_sleep_of_the_server_is_time_and_neither_work_nor_cpu(quick):
    with measured_run(quick) as (run_id, _):
        build(quick, run_id, "normalized/asleep", lambda conn: conn.execute("select pg_sleep(1)"))
    done = row(quick, "normalized/asleep")
    assert 1 <= done["wall_seconds"] < 10
    assert 0.95 <= done["active_seconds"] <= done["wall_seconds"]
    assert done["waiting_seconds"] > 0.6
    assert done["cpu_seconds"] < 0.5
    assert done["busy_seconds"] < 0.6 * done["wall_seconds"]


def test_work_in_python_is_cpu_and_not_the_servers(quick):
    with measured_run(quick) as (run_id, _):
        build(quick, run_id, "normalized/burning", lambda _: burn(0.6))
    done = row(quick, "normalized/burning")
    assert 0.6 <= done["cpu_seconds"] < 1.2
    assert done["busy_seconds"] >= 0.6
    assert done["active_seconds"] < 0.3


def test_wal_and_blocks_are_those_of_the_transaction(quick):
    with connect(quick, autocommit=True) as conn:
        conn.execute("create table public.written (line text)")
        before = conn.value("select pg_current_wal_insert_lsn() - '0/0'")
        with measured_run(quick) as (run_id, _):
            build(
                quick, run_id, "normalized/writing",
                lambda c: c.execute("insert into public.written select repeat('x', 100) from generate_series(1, 50000)"),
            )  # fmt: skip
        after = conn.value("select pg_current_wal_insert_lsn() - '0/0'")
    done = row(quick, "normalized/writing")
    assert 5 * MB < done["wal_bytes"] <= after - before
    assert done["blocks_hit"] + done["blocks_read"] > 700


def test_two_assets_beside_each_other_are_told_apart(quick):
    begin = threading.Barrier(2)
    with connect(quick, autocommit=True) as conn:
        conn.execute("create table public.by_heavy (line text)")

    def heavy(conn):
        begin.wait()
        spill(conn)
        conn.execute("insert into public.by_heavy select repeat('y', 200) from generate_series(1, 50000)")
        burn(0.5)

    def light(conn):
        begin.wait()
        conn.execute("select pg_sleep(1.5)")

    with measured_run(quick) as (run_id, _):
        threads = [
            threading.Thread(target=build, args=(quick, run_id, f"normalized/{body.__name__}", body)) for body in (heavy, light)
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    many, few = row(quick, "normalized/heavy"), row(quick, "normalized/light")
    assert many["temp_bytes"] > 15 * MB
    assert few["temp_bytes"] == 0
    assert many["wal_bytes"] > 10 * MB
    assert few["wal_bytes"] < MB
    assert many["cpu_seconds"] >= 0.5
    assert few["cpu_seconds"] < 0.4
    assert many["beside_seconds"] > 0.3
    assert few["beside_seconds"] > 0.3
    assert few["waiting_seconds"] > 1


def test_each_asset_is_seen_by_its_own_sessions_only(quick):
    """A session of another process that has the name of an asset of ours is not ours."""
    name = "mediabase normalized/idle"
    with connect(quick, autocommit=True, application_name=name) as other:
        asleep = threading.Thread(target=other.execute, args=("select pg_sleep(1.2)",))
        with measured_run(quick) as (run_id, _):
            from mediabase_assets.postgres import own_sessions

            own_sessions._own.discard(other)
            asleep.start()
            this = asset_run(quick, "normalized/idle", run_id)
            with measuring.measured(this):
                time.sleep(1)
        asleep.join()
    done = row(quick, "normalized/idle")
    assert done["samples"] > 3
    assert done["active_seconds"] == 0


def test_rows_and_failures_are_counted_and_what_was_kept_leaves_nothing(quick):
    with measured_run(quick) as (run_id, _):
        this = asset_run(quick, "normalized/wrong", run_id)
        with pytest.raises(ValueError, match="wrong"), measuring.measured(this):
            raise ValueError("wrong")
        this = asset_run(quick, "normalized/counted", run_id)
        with measuring.measured(this):
            this.rows, this.warnings = 7, 2
        this = asset_run(quick, "normalized/kept", run_id)
        with measuring.measured(this):
            this.is_kept = True
    assert (row(quick, "normalized/wrong")["status"], row(quick, "normalized/wrong")["errors"]) == ("failed", 1)
    assert (row(quick, "normalized/counted")["row_count"], row(quick, "normalized/counted")["warnings"]) == (7, 2)
    assert values(quick, "select count(*) from stage_metrics where asset = 'normalized/kept'") == [0]


def test_what_a_builder_built_counts_and_not_the_step_that_waited_for_it(quick):
    built = threading.Event()

    def builder(run_id):
        with measuring.measured(asset_run(quick, "normalized/ahead", run_id), is_build=True):
            time.sleep(0.3)
        built.set()

    with measured_run(quick) as (run_id, _):
        with measuring.measured(asset_run(quick, "normalized/ahead", run_id)):
            time.sleep(0.8)
            threading.Thread(target=builder, args=(run_id,)).start()
            assert built.wait(20)
            time.sleep(0.5)
        with measuring.measured(asset_run(quick, "normalized/ahead", run_id)):
            time.sleep(0.8)
    assert 0.3 <= row(quick, "normalized/ahead")["wall_seconds"] < 0.8


def test_an_interval_of_zero_measures_nothing_and_opens_no_session(settings):
    prepared(settings)
    off = with_interval(settings, 0)
    with measured_run(off) as (run_id, told):
        this = build(off, run_id, "normalized/off", lambda conn: conn.execute("select"))
        ours = "select count(*) from pg_stat_activity where application_name = 'mediabase monitoring' and datname = current_database()"
        assert values(off, ours) == [0]
    assert this.measure is None
    assert told == []
    assert values(off, "select count(*) from stage_metrics") == values(off, "select count(*) from samples") == [0]


def test_a_rehearsal_is_not_measured(settings):
    prepared(settings)
    rehearsal = with_interval(settings, 0.05).for_workspace(PLAN)
    with measured_run(rehearsal) as (run_id, _):
        assert measuring.sampler_of(run_id) is None
