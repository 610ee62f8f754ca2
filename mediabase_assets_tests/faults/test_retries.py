"""A run that loses its connection, or the whole server, in mid-stage goes on by itself; what would fail again is not tried again."""

import os
import signal
import threading
import time

import psycopg
import pytest
from psycopg import sql

from mediabase_assets.model.errors import BackupError, BuildError
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.transient_errors import is_transient
from mediabase_assets.runs.step_keys import step_of
from mediabase_assets_tests.faults.places import assert_as_uninterrupted
from mediabase_assets_tests.pipeline import copies
from mediabase_assets_tests.spoiling import BAD, spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

WAITING = """select pid, substr(application_name, 11) from pg_stat_activity where datname = current_database()
             and application_name like 'mediabase %/%' and wait_event_type = 'Lock'"""


class Trap(threading.Thread):
    """Locks a table of the records as soon as it is there, and does something when a session that builds waits for it."""

    def __init__(self, this, table, action):
        super().__init__(daemon=True)
        self.this, self.table, self.action, self.caught = this, table, action, ""

    def run(self):
        with self.this.connect() as conn:
            while conn.execute("select to_regclass(%s)", (f"mediabase_ops.{self.table}",)).fetchone()[0] is None:
                time.sleep(0.01)
        try:
            with self.this.connect(autocommit=False) as holder, self.this.connect() as watcher:
                holder.execute(sql.SQL("lock table {}").format(sql.Identifier("mediabase_ops", self.table)))
                while (found := watcher.execute(WAITING).fetchone()) is None:
                    time.sleep(0.02)
                self.caught = found[1].replace("/", "__")
                self.action(watcher, found[0])
        except psycopg.OperationalError:
            pass  # the server is gone, as was asked for


def terminate(conn, pid):
    conn.execute("select pg_terminate_backend(%s)", (pid,))


def kill_the_server(conn, pid):
    home_pid = server.status(kill_the_server.home).pid
    os.kill(home_pid, signal.SIGKILL)
    time.sleep(0.5)


def retried(this, run):
    return [e.step_key for e in run.all_events if e.event_type_value == "STEP_UP_FOR_RETRY"]


@pytest.fixture
def place(template, fault_home):
    with copies.copy_of(template, fault_home) as this:
        yield this


@pytest.mark.parametrize(("layer", "table"), [("extraction", "reason_account"), ("normalized", "row_account")])
def test_a_step_whose_session_is_ended_is_done_again(place, reference, layer, table):
    trap = Trap(place, table, terminate)
    trap.start()
    run = place.migrate()
    trap.join(10)
    assert run.success, copies.told(run)
    assert trap.caught.split("__")[0] in (layer, "extraction")  # whichever writes there first
    assert retried(place, run) == [step_of(trap.caught.replace("__", "/"))]
    assert_as_uninterrupted(place, reference)


def test_a_server_that_is_killed_and_starts_again_costs_what_it_emptied(place, reference, fault_home):
    kill_the_server.home = fault_home
    before = server.status(fault_home).pid
    trap = Trap(place, "row_account", kill_the_server)
    trap.start()
    run = place.migrate()
    trap.join(10)
    assert run.success, copies.told(run)
    assert server.status(fault_home).pid != before
    assert retried(place, run)  # whichever step was being waited for; what was built beside it is begun anew
    assert_as_uninterrupted(place, reference)


def test_a_lost_lock_is_taken_again(place, reference):
    def end_the_lock(conn, pid):
        lock = conn.execute("select pid from pg_stat_activity where application_name like 'mediabase migration %'").fetchone()[0]
        terminate(conn, lock)

    trap = Trap(place, "row_account", end_the_lock)
    trap.start()
    run = place.migrate()
    trap.join(10)
    assert run.success, copies.told(run)
    assert trap.caught
    assert_as_uninterrupted(place, reference)


def test_after_the_last_attempt_it_fails_with_what_happened(template, fault_home):
    with copies.copy_of(template, fault_home) as this:
        config = this.settings.backup_dir.parent / "none.yaml"
        config.write_text("max_retry_attempts: 0\n")
        this.environment["MEDIABASE_CONFIG"] = str(config)
        trap = Trap(this, "row_account", terminate)
        trap.start()
        run = this.migrate()
        assert not run.success
        assert "The connection was lost" in copies.told(run)
        assert retried(this, run) == []


def test_a_failed_audit_is_not_tried_again_and_costs_what_failed(place, reference):
    victim = place.value("select min(transcript_id) from cancer_transcript_base where chromosome = 'chr1'")
    with spoiled(place.connect, [victim]):
        run = place.migrate()
    assert not run.success
    assert BAD in copies.told(run)
    assert retried(place, run) == []
    again = place.rerun()
    assert again.success, copies.told(again)
    assert_as_uninterrupted(place, reference)


def _caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (_caused(BuildError("x"), psycopg.OperationalError("server closed the connection unexpectedly")), True),
        (_caused(BuildError("x"), psycopg.errors.AdminShutdown("x")), True),
        (_caused(BuildError("x"), psycopg.errors.TooManyConnections("x")), True),
        (_caused(BuildError("x"), psycopg.errors.DeadlockDetected("x")), True),
        (_caused(BuildError("x"), psycopg.errors.SerializationFailure("x")), True),
        (_caused(BuildError("x"), psycopg.errors.DiskFull("x")), False),
        (_caused(BuildError("x"), psycopg.errors.LockNotAvailable("x")), False),
        (_caused(BuildError("x"), psycopg.errors.QueryCanceled("x")), False),
        (_caused(BuildError("x"), psycopg.errors.InsufficientPrivilege("x")), False),
        (psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "x"'), False),
        (BackupError("The backup could not be written: server closed the connection unexpectedly."), True),
        (BackupError("There is no space for the backup."), False),
        (BuildError("x"), False),
    ],
    ids=lambda value: value if isinstance(value, bool) else type(value.__cause__ or value).__name__,
)
def test_what_may_pass_by_itself(error, is_so):
    assert is_transient(error) is is_so
