"""The lock that one run on a target holds: taking it, waiting for it, and who holds it.

It is an advisory lock of PostgreSQL, held by a session of its own that is named after the run; the server releases it when the
process dies. The sessions that build are in `postgres.session`.
"""

import threading
import time
import zlib
from collections.abc import Callable
from enum import StrEnum

import psycopg

from mediabase_assets.model.errors import MigrationLockedError
from mediabase_assets.model.quantities import moment
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.records.presence import end_presence
from mediabase_assets.settings.load import Settings

#: Seconds that a migration waits for a refresh of views to end.
PATIENCE = 600
#: Seconds to wait for the session of a process that is dead: the server checks for that every two seconds.
PATIENCE_WITH_THE_DEAD = 15
#: Seconds to wait for any other holder of the lock: a session that has just ended may be seen for a moment.
GRACE = 1.5
_LOCK_SPACE = 0x4D454442  # "MEDB"
_locks: dict[str, Connection] = {}
_guard = threading.Lock()

Look = Callable[[str], tuple[bool, str]]


class Purpose(StrEnum):
    """The purpose of a step; part of the name of the session that holds its lock."""

    MIGRATION = "migration"
    REFRESH = "refresh"
    MEASUREMENT = "measurement"


def hold_migration_lock(settings: Settings, owner: str, purpose: Purpose = Purpose.MIGRATION, *, look: Look | None = None) -> None:
    """Take the lock that one run on a target holds, for as long as this process works on `owner` (a run id).

    Taken once per run, in a session of its own; the server releases it when the process dies. A migration waits for a refresh of
    views, and every run waits until the server notices that a holder is dead.

    Args:
        settings: Which target.
        owner: The run.
        purpose: What it works for.
        look: Says whether the run that holds it has ended or is dead, and describes its process.

    Raises:
        MigrationLockedError: A migration of the same target is running, or a refresh does not end.
    """
    began = time.monotonic()
    while (who := _take(settings, owner, purpose)) is not None:
        is_dead, worker = look(run_of(who)) if look else (False, "")
        patience = PATIENCE if purpose is Purpose.MIGRATION and is_refresh(who) else PATIENCE_WITH_THE_DEAD if is_dead else GRACE
        if time.monotonic() - began > patience:
            raise MigrationLockedError(
                f"{'A refresh of views does not end' if is_refresh(who) else 'Another migration of this database is running'}{who}.",
                where=f"schema {settings.database.schema_name}{f', {worker}' if worker else ''}",
                next_step="Wait until it has ended (mediabase status), then try again.",
            )
        time.sleep(0.2)


def wait_for_dead_holder(settings: Settings, look: Look) -> None:
    """Wait until the lock session of a dead run is gone; return at once if its holder is alive."""
    end = time.monotonic() + PATIENCE_WITH_THE_DEAD
    with connect(settings, application_name="mediabase look", autocommit=True) as conn:
        while (who := lock_holder(conn, settings)) and look(run_of(who))[0] and time.monotonic() < end:
            time.sleep(0.2)


def _take(settings: Settings, owner: str, purpose: Purpose) -> str | None:
    """Take the lock and return None; if another session holds it, describe that session."""
    with _guard:
        session = _locks.get(owner)
        if session is not None and _is_alive(session):
            return None
        conn = connect(settings, application_name=f"mediabase {purpose} {owner}", autocommit=True)
        if _try_lock(conn, settings):
            _locks[owner] = conn
            end_presence(owner)  # this session shows it from now on
            return None
        who = lock_holder(conn, settings)
        conn.close()
        return who


def _is_alive(conn: Connection) -> bool:
    """Whether a session is alive; libpq notices only by a statement that the server ended it."""
    if conn.closed or conn.broken:
        return False
    try:
        conn.execute("select")
    except psycopg.OperationalError:
        return False
    return True


def _try_lock(conn: Connection, settings: Settings) -> bool:
    return bool(conn.value("select pg_try_advisory_lock(%s, %s)", _LOCK_SPACE, lock_key(settings)))


def run_of(holder: str) -> str:
    """The run in the description of `lock_holder`.

    >>> run_of(" (mediabase migration 1234, since 2026-01-01 10:00, server process 1)"), run_of("")
    ('1234', '')
    """
    return holder.partition(",")[0].rpartition(" ")[2]


def is_refresh(holder: str) -> bool:
    """Whether the description of `lock_holder` is that of a refresh of views.

    >>> is_refresh(" (mediabase refresh 1234, since 2026-01-01 10:00, server process 1)"), is_refresh("")
    (True, False)
    """
    return holder.startswith(f" (mediabase {Purpose.REFRESH} ")


def release_migration_lock(owner: str) -> None:
    """Release the lock of a run; nothing happens if this process does not hold it."""
    with _guard:
        conn = _locks.pop(owner, None)
    if conn is not None:
        conn.close()


def lock_key(settings: Settings) -> int:
    """The number of the target among the advisory locks of a database.

    It follows from the live schema; for a dry run or a self-test, which do not touch the live schema, from their workspace.
    """
    throwaway = Workspace(settings.workspace).is_throwaway
    return zlib.crc32((settings.workspace if throwaway else settings.database.schema_name).encode()) - 2**31


def lock_holder(conn: Connection, settings: Settings) -> str:
    """The session that holds the migration lock, as a phrase; empty if no session does or it cannot be seen."""
    row = conn.execute(
        """select a.application_name, a.backend_start, a.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
           where l.locktype = 'advisory' and l.classid = %s::bigint::oid and l.objid = %s::bigint::oid and l.granted
             and l.database = (select oid from pg_database where datname = current_database()) and l.pid <> pg_backend_pid()""",
        (_LOCK_SPACE, lock_key(settings) % 2**32),
    ).fetchone()
    if row is None:
        return ""
    application, since, pid = row
    return f" ({application}, since {moment(since)}, server process {pid})"
