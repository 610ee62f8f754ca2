"""Vacuum after a release or a refresh: what somebody else works on or looks at is tried again, and nobody is waited for long."""

import threading
import time

import psycopg
import pytest

from mediabase_assets.postgres.sql_files import vacuum

pytestmark = pytest.mark.pg
#: Pages that PostgreSQL made ready for rows to come are never marked: most of the others are, or none.
UNSEEN = "select relallvisible < relpages / 2 from pg_class where oid = 'written'::regclass"


@pytest.fixture
def written(conn):
    """A table with rows that were just written."""
    conn.execute("drop table if exists written")
    conn.execute("create table written with (autovacuum_enabled = false, fillfactor = 40) as select generate_series(1, 10000) as i")
    conn.execute("analyze written")
    yield
    conn.execute("drop table written")


def busy(conn, seconds, statement):
    """Another session that holds what a statement takes for some seconds; returns when it has it."""
    has_it = threading.Event()

    def hold():
        with psycopg.connect(conn.info.dsn) as other:
            other.execute("set transaction isolation level repeatable read")
            other.execute(statement)
            has_it.set()
            time.sleep(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    assert has_it.wait(10)
    return thread


@pytest.mark.parametrize(
    "statement", ["select from written", "lock table written in share update exclusive mode"], ids=["looks at it", "works on it"]
)
@pytest.mark.parametrize(("seconds", "is_left"), [(0.1, False), (3, True)])
def test_who_is_in_the_way_for_a_moment_is_waited_for_and_no_longer(conn, written, statement, seconds, is_left):
    thread = busy(conn, seconds, statement)
    conn.execute("update written set i = i + 1")
    vacuum(conn, "public", ["written"])
    assert conn.execute(UNSEEN).fetchone()[0] is is_left
    thread.join()


def test_nothing_written_is_nothing_to_do(conn, written):
    vacuum(conn, "public", [])
    assert conn.execute(UNSEEN).fetchone()[0]
