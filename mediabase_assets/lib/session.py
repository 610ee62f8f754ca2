"""Sessions of the migration: which schemas they see, which settings they make for themselves, and the one lock.

A build session finds the relation just built, or the live one where it did not need building. Settings of the server
are never changed, only those of our own sessions.
"""

import json
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum

import psycopg
from psycopg import sql

from mediabase_assets.lib.content_hash import PINNED_SETTINGS
from mediabase_assets.lib.database import LOCK_TIMEOUT, connect
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.statements import Connection
from mediabase_assets.lib.workspace import Workspace
from mediabase_assets.model.errors import BuildError, MigrationLockedError

#: Settings that a build session makes for itself; those that a server does not know are left out.
_BUILD_SETTINGS = {
    "temp_buffers": "64MB",
    "jit": "off",
    # reading JSON is dear and handing rows on is cheap, the opposite of what the planner assumes
    "parallel_tuple_cost": "0.0001",
    "parallel_setup_cost": "100",
    "min_parallel_table_scan_size": "1MB",
    "hash_mem_multiplier": "2",
    "lock_timeout": LOCK_TIMEOUT,
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "client_min_messages": "warning",
    # a process that is killed or interrupted does not leave its statement running on the server
    "client_connection_check_interval": "2s",
    "standard_conforming_strings": "on",
}
#: work_mem of a session of ours: a 32nd of the server's buffers, 32 to 128 MB, for they say how large its machine is.
_WORK_MEM = """
    select set_config('work_mem', mb || 'MB', false), set_config('maintenance_work_mem', 2 * mb || 'MB', false)
    from (select least(128, greatest(32, pg_size_bytes(current_setting('shared_buffers')) / 33554432)) as mb) as m"""
#: Seconds that a migration waits for a refresh of views to end.
PATIENCE = 600
#: Seconds that anything waits for the session of a process that is dead: the server looks for it every two seconds.
PATIENCE_WITH_THE_DEAD = 15
#: Seconds that anything waits for whoever else holds the lock: a session that just ended may be seen for a moment.
GRACE = 1.5
_LOCK_SPACE = 0x4D454442  # "MEDB"
_locks: dict[str, Connection] = {}
_guard = threading.Lock()
_building: defaultdict[int, list[Connection]] = defaultdict(list)


def settings_digest(settings: Settings) -> str:
    """The settings that change what the extraction makes of the same legacy table, as JSON."""
    return json.dumps(
        {
            "symbol_conflicts": settings.symbol_conflicts,
            "invalid_symbol_patterns": settings.validation.invalid_symbol_patterns,
            "max_gene_symbol_length": settings.validation.max_gene_symbol_length,
            "drug_name_min_length": settings.validation.drug_name_min_length,
        },
        sort_keys=True,
    )


def prepare(conn: Connection, settings: Settings, *schemas: str, migration_id: str = "", asset: str = "") -> None:
    """Give a session its search_path and the settings that the SQL files read."""
    path = sql.SQL(", ").join(sql.Identifier(s) for s in schemas)
    conn.execute(sql.SQL("set search_path = {}").format(path))
    conn.execute(_WORK_MEM)
    values = {
        **_BUILD_SETTINGS,
        **dict(PINNED_SETTINGS),
        "mediabase.migration_id": migration_id,
        "mediabase.asset": asset,
        "mediabase.symbol_conflicts": settings.symbol_conflicts,
        "mediabase.invalid_symbol_patterns": json.dumps(settings.validation.invalid_symbol_patterns),
        "mediabase.max_gene_symbol_length": str(settings.validation.max_gene_symbol_length),
        "mediabase.drug_name_min_length": str(settings.validation.drug_name_min_length),
    }
    for name, value in values.items():
        conn.execute("select set_config(%s, %s, false)", (name, value))


def memory_budget(shared_buffers: int, work_mem: int, sessions: int) -> int:
    """Bytes that a server needs for a migration at most: its buffers, and eight times work_mem for each session that builds.

    A statement may use work_mem once per sort and twice per hash; the benchmark measures what it comes to.

    >>> memory_budget(1 << 30, 32 << 20, 3) >> 20
    1792
    """
    return shared_buffers + sessions * 8 * work_mem


@contextmanager
def build_session(settings: Settings, *, migration_id: str, asset: str, is_alone: bool = True) -> Iterator[Connection]:
    """A session that builds: one transaction, committed at the end, rolled back by any error.

    Args:
        settings: Which target.
        migration_id: The migration that it works for.
        asset: What it builds.
        is_alone: Whether its statements may use other cores too; where other assets are built on them, that costs more than it gives.

    Raises:
        BuildError: The server refused a statement.
    """
    with _open(settings, migration_id, asset, is_alone=is_alone) as conn:
        try:
            with conn.transaction():
                yield conn
        except psycopg.Error as error:
            raise build_error(error, asset) from error


@contextmanager
def working_sessions(settings: Settings, number: int, *, migration_id: str, asset: str, is_alone: bool) -> Iterator[list[Connection]]:
    """Sessions that share the work on one asset, each outside a transaction; the arguments are those of `build_session`."""
    with ExitStack() as stack:
        yield [stack.enter_context(_open(settings, migration_id, asset, is_alone=is_alone)) for _ in range(number)]


@contextmanager
def _open(settings: Settings, migration_id: str, asset: str, *, is_alone: bool) -> Iterator[Connection]:
    """A session with the settings of a build, which whoever opened it can be stopped by."""
    conn = connect(settings, application_name=f"mediabase {asset}", autocommit=True)
    mine = _building[threading.get_ident()]
    mine.append(conn)
    try:
        with conn:
            space = conn.workspace
            prepare(
                conn, settings, space.build, space.operations, settings.database.schema_name, migration_id=migration_id, asset=asset
            )  # fmt: skip
            if not is_alone:
                conn.execute("set max_parallel_workers_per_gather = 0")
            yield conn
    finally:
        mine.remove(conn)


def cancel_statement_of(thread: threading.Thread) -> None:
    """Cancel what the build sessions of another thread are doing, if it has any."""
    for conn in tuple(_building.get(thread.ident or 0, ())):
        if not conn.closed:
            conn.cancel_safe(timeout=5)


@contextmanager
def refresh_session(settings: Settings, *, asset: str) -> Iterator[Connection]:
    """A session that sees the live relations alone and writes to them; each statement is its own transaction.

    Raises:
        BuildError: The server refused a statement.
    """
    with connect(settings, application_name=f"mediabase {asset}", autocommit=True) as conn:
        prepare(conn, settings, conn.workspace.operations, settings.database.schema_name, asset=asset)
        try:
            yield conn
        except psycopg.Error as error:
            raise build_error(error, asset) from error


@contextmanager
def live_session(settings: Settings, *, asset: str) -> Iterator[Connection]:
    """A read-only session that sees the live relations alone."""
    conn = connect(settings, application_name=f"mediabase {asset}", autocommit=True)
    with conn:
        prepare(conn, settings, conn.workspace.operations, settings.database.schema_name, asset=asset)
        conn.execute("set default_transaction_read_only = on")
        yield conn


def build_error(error: psycopg.Error, asset: str) -> BuildError:
    """The server's refusal as an error for people."""
    what = (error.diag.message_primary or str(error)).strip()
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        step = "Ask the administrator for the privilege; a role that may create schemas in the database is enough."
    elif isinstance(error, psycopg.errors.DiskFull):
        step = "Free disk space on the database server, then run the migration again: it continues here."
    elif isinstance(error, psycopg.errors.LockNotAvailable):
        step = "Another session holds a lock; wait for it or end it, then run the migration again."
    elif isinstance(error, psycopg.OperationalError):
        step = "The connection was lost. Check the server, then run the migration again: it continues here."
    else:
        step = "Nothing was changed. Mend the cause and run the migration again: it continues here."
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    return BuildError(f"The database refused: {what}{detail}.", where=asset, next_step=step)


Look = Callable[[str], tuple[bool, str]]


class Purpose(StrEnum):
    """What a step works for; part of the name of the session that holds its lock."""

    MIGRATION = "migration"
    REFRESH = "refresh"
    MEASUREMENT = "measurement"


def hold_migration_lock(settings: Settings, owner: str, purpose: Purpose = Purpose.MIGRATION, *, look: Look | None = None) -> None:
    """Take the lock that one run on a target holds, for as long as this process works on `owner` (a run id).

    Taken once per run, on a session of its own; a process that dies loses it. A migration waits for a refresh of views, and
    anything for the moment until the server notices that the holder is dead.

    Args:
        settings: Which target.
        owner: The run.
        purpose: What it works for.
        look: A look at the run that holds it: whether it is over or dead, and which process it is.

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


def outlast_the_dead(settings: Settings, look: Look) -> None:
    """Wait until the session of a run that is over or dead has gone from the lock; for a living one nothing is waited."""
    end = time.monotonic() + PATIENCE_WITH_THE_DEAD
    with connect(settings, application_name="mediabase look", autocommit=True) as conn:
        while (who := lock_holder(conn, settings)) and look(run_of(who))[0] and time.monotonic() < end:
            time.sleep(0.2)


def _take(settings: Settings, owner: str, purpose: Purpose) -> str | None:
    """Take the lock if nobody holds it; otherwise tell who does, as a phrase."""
    with _guard:
        held = _locks.get(owner)
        if held is not None and _is_alive(held):
            return None
        conn = connect(settings, application_name=f"mediabase {purpose} {owner}", autocommit=True)
        if _try_lock(conn, settings):
            _locks[owner] = conn
            return None
        who = lock_holder(conn, settings)
        conn.close()
        return who


def _is_alive(conn: Connection) -> bool:
    """Whether a session still is one; libpq learns that the server ended it only by asking."""
    if conn.closed or conn.broken:
        return False
    try:
        conn.execute("select")
    except psycopg.OperationalError:
        return False
    return True


def _try_lock(conn: Connection, settings: Settings) -> bool:
    row = conn.execute("select pg_try_advisory_lock(%s, %s)", (_LOCK_SPACE, lock_key(settings))).fetchone()
    return bool(row and row[0])


def run_of(holder: str) -> str:
    """The run that the phrase of `lock_holder` names.

    >>> run_of(" (mediabase migration 1234, since 2026-01-01 10:00, server process 1)"), run_of("")
    ('1234', '')
    """
    return holder.partition(",")[0].rpartition(" ")[2]


def is_refresh(holder: str) -> bool:
    """Whether the phrase of `lock_holder` names a refresh of views.

    >>> is_refresh(" (mediabase refresh 1234, since 2026-01-01 10:00, server process 1)"), is_refresh("")
    (True, False)
    """
    return holder.startswith(f" (mediabase {Purpose.REFRESH} ")


def release_migration_lock(owner: str) -> None:
    """Give the lock of a run back; nothing happens if this process does not hold it."""
    with _guard:
        conn = _locks.pop(owner, None)
    if conn is not None:
        conn.close()


def lock_key(settings: Settings) -> int:
    """The number that stands for the target among the advisory locks of a database.

    That is the live schema; of a dry run or a self-test, which touch no live schema, their workspace.
    """
    throwaway = Workspace(settings.workspace).is_throwaway
    return zlib.crc32((settings.workspace if throwaway else settings.database.schema_name).encode()) - 2**31


def lock_holder(conn: Connection, settings: Settings) -> str:
    """Who holds the migration lock, as a phrase; empty if nobody does or it cannot be seen."""
    row = conn.execute(
        """select a.application_name, a.backend_start, a.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
           where l.locktype = 'advisory' and l.classid = %s::bigint::oid and l.objid = %s::bigint::oid and l.granted
             and l.database = (select oid from pg_database where datname = current_database()) and l.pid <> pg_backend_pid()""",
        (_LOCK_SPACE, lock_key(settings) % 2**32),
    ).fetchone()
    return f" ({row[0]}, since {row[1]:%Y-%m-%d %H:%M}, server process {row[2]})" if row else ""
