"""Workspaces that are dropped when their work is done: those of dry runs and self-tests.

Contains taking one, so that two of a kind never work in the same schemas, dropping it, and finding what a killed one left.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import MigrationLockedError, ServerError
from mediabase_assets.model.workspace import MIGRATIONS, PLAN, SELF_TEST, Workspace
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.records.lock import is_refresh, lock_holder
from mediabase_assets.settings.load import Settings

_LOCK_SPACE = 0x4D454454  # "MEDT"
#: How long dropping waits for a session that a killed process left, before it says so.
PATIENCE = "30s"
_NAMES = {PLAN: "dry run", SELF_TEST: "self-test"}


@contextmanager
def occupied(settings: Settings) -> Iterator[Session]:
    """A throw-away workspace for this process alone, empty at the beginning and gone at the end, whatever happens.

    Args:
        settings: Settings of that workspace.

    Yields:
        The session that holds it, each statement its own transaction.

    Raises:
        MigrationLockedError: Another one of its kind is at work in this database, or a migration is.
        ServerError: The server cannot be reached, or another session holds what has to be dropped.
    """
    name = _NAMES[settings.workspace]
    with connect(settings, autocommit=True, application_name=f"mediabase {name}") as conn:
        _require_no_migration(conn, settings, name)
        if not _take(conn, conn.workspace):
            raise MigrationLockedError(
                f"Another {name} is at work in this database.",
                where=conn.info.dbname,
                next_step="Wait until it has ended, then try again.",
            )
        drop(conn, conn.workspace)
        try:
            yield conn
        finally:
            if conn.closed or conn.broken:  # its server was restarted; what is left is dropped now, or by the next start
                sweep(settings)
            else:
                drop(conn, conn.workspace)


def sweep(settings: Settings) -> tuple[str, ...]:
    """Drop what killed dry runs and self-tests left; returns the schemas. Those that are at work are left alone.

    Raises:
        ServerError: The server cannot be reached, or another session holds what has to be dropped.
    """
    dropped: list[str] = []
    for name in (PLAN, SELF_TEST):
        with connect(settings, autocommit=True, application_name="mediabase clean-up") as conn:
            workspace = Workspace(name)
            if present(conn, workspace) and _take(conn, workspace):
                dropped += drop(conn, workspace)
    return tuple(dropped)


def present(conn: Session, workspace: Workspace) -> list[str]:
    """The schemas of a workspace that exist."""
    names = [*workspace.schemas, *workspace.stages]
    return conn.values("select nspname::text from pg_namespace where nspname = any(%s) order by 1", names)


def drop(conn: Session, workspace: Workspace) -> list[str]:
    """Drop the schemas of a throw-away workspace with everything in them; returns those that existed.

    Raises:
        ServerError: Another session holds something in them.
    """
    assert workspace.is_throwaway
    names = present(conn, workspace)
    for name in names:
        drop_schema(conn, name)
    return names


def drop_schema(conn: Session, name: str) -> None:
    """Drop one schema of a throw-away workspace.

    Raises:
        ServerError: Another session holds something in it.
    """
    assert name in {schema for w in (PLAN, SELF_TEST) for schema in (*Workspace(w).schemas, *Workspace(w).stages)}
    try:
        with conn.transaction():
            conn.execute("select set_config('lock_timeout', %s, true), set_config('client_min_messages', 'error', true)", (PATIENCE,))
            conn.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))
    except psycopg.errors.LockNotAvailable as error:
        raise ServerError(
            "A session still works in a schema that has to be dropped.",
            where=name,
            next_step="End it (see pg_stat_activity), or wait; the next dry run or migration drops the schema.",
        ) from error


def _take(conn: Session, workspace: Workspace) -> bool:
    key = zlib.crc32(workspace.name.encode()) - 2**31
    return bool(conn.value("select pg_try_advisory_lock(%s, %s)", _LOCK_SPACE, key))


def _require_no_migration(conn: Session, settings: Settings, name: str) -> None:
    who = lock_holder(conn, settings.for_workspace(MIGRATIONS))
    if who and not is_refresh(who):
        raise MigrationLockedError(
            f"A migration is running{who}; a {name} would read a database that changes meanwhile.",
            where=f"schema {settings.database.schema_name}",
            next_step="Wait until it has ended (mediabase status), then try again.",
        )
