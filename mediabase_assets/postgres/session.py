"""Sessions of the migration: which schemas they see, and which settings they make for themselves.

A build session finds the relation just built, or the live one where it did not need building. Settings of the server
are never changed, only those of our own sessions. The lock of a target is in `records.lock`.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import BuildError
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.consumption import counted
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings
from mediabase_assets.settings.sql_settings import session_values

#: Settings that a build session makes for itself, beyond those of every session (`session_settings`).
_BUILD_SETTINGS = {
    "temp_buffers": "64MB",
    "jit": "off",
    # reading JSON is dear and handing rows on is cheap, the opposite of what the planner assumes
    "parallel_tuple_cost": "0.0001",
    "parallel_setup_cost": "100",
    "min_parallel_table_scan_size": "1MB",
    "hash_mem_multiplier": "2",
    # a process that is killed or interrupted does not leave its statement running on the server
    "client_connection_check_interval": "2s",
}
#: work_mem of a session of ours: a 32nd of the server's buffers, 32 to 128 MB, for they say how large its machine is.
_WORK_MEM = """
    select set_config('work_mem', mb || 'MB', false), set_config('maintenance_work_mem', 2 * mb || 'MB', false)
    from (select least(128, greatest(32, pg_size_bytes(current_setting('shared_buffers')) / 33554432), %s) as mb) as m"""
#: Processes that a session may have beside its own: no more than the server lets it have, and than the settings say.
_HELPERS = """
    select set_config(name, least(current_setting(name)::integer, most)::text, false)
    from (values ('max_parallel_workers_per_gather', %(query)s), ('max_parallel_maintenance_workers', %(index)s)) as s (name, most)"""
_building: defaultdict[int, list[Connection]] = defaultdict(list)


def prepare(conn: Connection, settings: Settings, *schemas: str, migration_id: str = "", asset: str = "") -> None:
    """Give a session its search_path and the settings that the SQL files read."""
    path = sql.SQL(", ").join(sql.Identifier(s) for s in schemas)
    conn.execute(sql.SQL("set search_path = {}").format(path))
    performance = settings.performance
    conn.execute(_WORK_MEM, (performance.most_work_mem,))
    helpers = performance.parallel_workers - 1
    conn.execute(_HELPERS, {"query": helpers, "index": helpers if performance.index_creation_parallel else 0})
    values = {
        **_BUILD_SETTINGS,
        "mediabase.migration_id": migration_id,
        "mediabase.asset": asset,
        "mediabase.helpers": str(helpers),
        "statement_timeout": f"{performance.query_timeout}s",
        **session_values(settings),
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
            with counted(conn) as note, conn.transaction():
                yield conn
                note()
        except psycopg.Error as error:
            raise build_error(error, asset) from error


@contextmanager
def working_sessions(settings: Settings, number: int, *, migration_id: str, asset: str, is_alone: bool) -> Iterator[list[Connection]]:
    """Sessions that share the work on one asset, each outside a transaction; the arguments are those of `build_session`."""
    with ExitStack() as stack:
        yield [stack.enter_context(_open(settings, migration_id, asset, is_alone=is_alone)) for _ in range(number)]


@contextmanager
def _open(settings: Settings, migration_id: str, asset: str, *, is_alone: bool) -> Iterator[Connection]:
    """Open a session with the settings of a build and register it, so that another thread can cancel its statement."""
    conn = connect(settings, application_name=f"mediabase {asset}", autocommit=True)
    mine = _building[threading.get_ident()]
    mine.append(conn)
    try:
        with conn:
            workspace = conn.workspace
            prepare(
                conn, settings, workspace.build, workspace.operations, settings.database.schema_name, migration_id=migration_id, asset=asset
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
            with counted(conn) as note:
                yield conn
                note()
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
    """The server's refusal as an error with the next step."""
    what = (error.diag.message_primary or str(error)).strip()
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        step = "Ask the administrator for the privilege; a role that may create schemas in the database is enough."
    elif isinstance(error, psycopg.errors.DiskFull):
        step = "Free disk space on the database server, then run the migration again: it continues here."
    elif isinstance(error, psycopg.errors.QueryCanceled):
        step = (
            "Raise performance.query_timeout if it is the limit, or ask who cancelled it, then run the migration again: it continues here."
        )
    elif isinstance(error, psycopg.errors.LockNotAvailable):
        step = "Another session holds a lock; wait for it or end it, then run the migration again."
    elif isinstance(error, psycopg.OperationalError):
        step = "The connection was lost. Check the server, then run the migration again: it continues here."
    else:
        step = "Nothing was changed. Fix the cause and run the migration again: it continues here."
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    return BuildError(f"The database refused: {what}{detail}.", where=asset, next_step=step)
