"""Advice on a server's settings: what is advised, what is not, and that it is read from a real server."""

import io

import pytest
from psycopg import sql
from rich.console import Console

from mediabase_assets.cli.status_tables import print_status
from mediabase_assets.postgres.advice import MB, advise, read_settings
from mediabase_assets.report.status import read_status

pytestmark = pytest.mark.pg

#: A server as PostgreSQL's own defaults make it.
DEFAULTS = {
    "shared_buffers": (128.0 * MB, "128MB"), "max_wal_size": (1024.0 * MB, "1GB"), "checkpoint_timeout": (300.0, "5min"),
    "max_parallel_workers": (8.0, "8"), "max_parallel_workers_per_gather": (2.0, "2"), "temp_file_limit": (-1.0, "-1"),
}  # fmt: skip
GOOD = {
    "shared_buffers": (4096.0 * MB, "4GB"), "max_wal_size": (4096.0 * MB, "4GB"), "checkpoint_timeout": (900.0, "15min"),
    "max_parallel_workers": (8.0, "8"), "max_parallel_workers_per_gather": (2.0, "2"), "temp_file_limit": (-1.0, "-1"),
}  # fmt: skip


def test_the_defaults_of_a_server_are_small_for_a_large_table():
    found = {a.setting: a for a in advise(DEFAULTS, 800 * MB)}
    assert set(found) == {"shared_buffers", "max_wal_size", "checkpoint_timeout"}
    assert (found["shared_buffers"].now, found["shared_buffers"].better) == ("128MB", "800 MB")


def test_of_a_small_table_little_is_asked():
    assert {a.setting for a in advise(DEFAULTS, 8 * MB)} == {"max_wal_size", "checkpoint_timeout"}


def test_of_a_huge_table_no_more_than_two_gigabytes_of_buffers_are_asked():
    (found,) = advise(GOOD | {"shared_buffers": (256.0 * MB, "256MB")}, 500_000 * MB)
    assert (found.setting, found.better) == ("shared_buffers", "2048 MB")


def test_a_good_server_gets_no_advice():
    assert advise(GOOD, 800 * MB) == ()


@pytest.mark.parametrize("name", ["max_parallel_workers", "max_parallel_workers_per_gather"])
def test_parallel_queries_that_are_switched_off_are_told(name):
    (found,) = advise(GOOD | {name: (0.0, "0")}, 800 * MB)
    assert (found.setting, found.now) == (name, "0")


def test_a_limit_of_temporary_files_below_the_table_is_told():
    (found,) = advise(GOOD | {"temp_file_limit": (100.0 * MB, "100MB")}, 800 * MB)
    assert found.better == "801 MB or more"
    assert "fails" in found.why


def test_settings_are_read_in_bytes_and_seconds(conn):
    conn.execute("set max_parallel_workers_per_gather = 0")
    found = read_settings(conn)
    assert found["max_parallel_workers_per_gather"] == (0.0, "0")
    (shared,) = conn.execute("select pg_size_bytes(current_setting('shared_buffers'))").fetchone()
    assert found["shared_buffers"][0] == shared
    assert found["checkpoint_timeout"][0] == 900
    assert [a.setting for a in advise(found, 1 * MB)] == ["max_parallel_workers_per_gather"]


def test_status_shows_it(conn, settings):
    database = sql.Identifier(conn.info.dbname)
    conn.execute(sql.SQL("alter database {} set max_parallel_workers_per_gather = 0").format(database))
    try:
        console = Console(record=True, width=160, file=io.StringIO())
        print_status(console, read_status(settings))
    finally:
        conn.execute(sql.SQL("alter database {} reset max_parallel_workers_per_gather").format(database))
    text = console.export_text()
    assert "Settings of the server that would make migrations faster" in text
    assert "max_parallel_workers_per_gather" in text
