"""What another process sees of a run while it works: its assets, their sessions, what they wait for, what all of it uses."""

import io
import threading
import time

import pytest
from rich.console import Console

from mediabase_assets.cli.live import UseBoard
from mediabase_assets.monitoring.live import read_live
from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs import measuring
from mediabase_assets_tests.monitoring.work import asset_run, measured_run, prepared, with_interval

pytestmark = pytest.mark.pg


def seen(board, wanted, seconds=20.0):
    """A reading that is as wanted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        board._read_at = float("-inf")
        live = board.read()
        if live is not None and wanted(live):
            return live
        time.sleep(0.05)
    raise AssertionError("nothing of the kind was seen")


def test_a_run_is_seen_while_it_works_and_no_longer_than_that(settings):
    prepared(settings)
    quick = with_interval(settings, 0.05)

    def sleep(run_id):
        this = asset_run(quick, "normalized/asleep", run_id)
        with measuring.measured(this), this.building() as conn:
            this.rows = 100
            conn.execute("select pg_sleep(2)")

    with measured_run(quick) as (run_id, _):
        board = UseBoard(quick, run_id)
        worker = threading.Thread(target=sleep, args=(run_id,))
        worker.start()
        live = seen(board, lambda one: one.assets and one.assets[0].active_sessions)
        text = io.StringIO()
        Console(file=text, width=160).print(board.drawn())
        worker.join()
        after = seen(board, lambda one: not one.assets and one.use.rows)
        line = board.line()
        board.close()
    (asset,) = live.assets
    assert (asset.asset, asset.active_sessions, asset.waits) == ("normalized/asleep", 1, "Timeout: PgSleep")
    assert live.use.processes == 1
    assert live.use.memory_bytes > 10 << 20
    assert live.use.disk_free_bytes > 0
    assert after.use.rows == 100
    assert after.use.rows_per_second == pytest.approx(100 / 2, rel=0.5)
    assert "normalized/asleep" in text.getvalue()
    assert "PgSleep" in text.getvalue()
    for word in ("memory ", "CPU ", "sessions ", "100 in all", "WAL ", "free"):
        assert word in line


def test_a_run_that_is_not_measured_is_not_seen(settings):
    with connect(settings, autocommit=True) as conn:
        assert read_live(conn, "some run", 1.0) is None, "without tables"
    prepared(settings)
    with connect(settings, autocommit=True) as conn:
        assert read_live(conn, "some run", 1.0) is None, "without samples"
        assert read_live(conn, "some run", 0) is None, "where nothing is measured"


def test_a_server_that_went_away_leaves_the_board_empty(settings):
    prepared(settings)
    board = UseBoard(settings, "some run")
    assert board.read() is None
    with connect(settings, autocommit=True) as conn:
        conn.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mediabase watch'")
    board._read_at = float("-inf")
    assert board.line() == ""
    board.close()
