"""What killed migrations leave behind: found and removed before the next one begins, each told in a sentence.

Builds and rehearsals are transactions, which leave nothing on the server. What is here comes from files, from the schema in
which the sessions of a round trip share their work, and from other versions of the project.
"""

import fcntl
import shutil
import time
from pathlib import Path

import psycopg
from psycopg import sql

from mediabase_assets.backup.manifest import incomplete_folders
from mediabase_assets.extraction.snapshot import PAYLOADS_VIEW
from mediabase_assets.model.errors import MigrationLockedError
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.records.lock import Look, hold_migration_lock, release_migration_lock
from mediabase_assets.settings.load import Settings

#: Relations of the build schema that have no record of their own.
_UNRECORDED = ("legacy_snapshot", PAYLOADS_VIEW, *(t.name for t in TABLES if t.is_view), *(v.name for v in VIEWS))
#: Seconds that the session of a round trip is waited for; less than for the lock, since it may be another target's, which lives.
_PATIENCE = 4
_KINDS = {"r": sql.SQL("table"), "p": sql.SQL("table"), "v": sql.SQL("view"), "m": sql.SQL("materialized view")}


def remove_leftovers(settings: Settings, owner: str, look: Look | None = None) -> list[str]:
    """Remove what killed runs left, unless a migration is running; returns what was removed, a sentence each.

    Args:
        settings: Which target, and where the backups are.
        owner: Whoever asks, to hold the lock meanwhile.
        look: Whether the run that holds the lock is dead, so that it is waited for.

    Raises:
        ServerError: The server cannot be reached.
    """
    try:
        hold_migration_lock(settings, owner, look=look)
    except MigrationLockedError:
        return []
    try:
        with connect(settings, autocommit=True, application_name="mediabase leftovers") as conn:
            conn.execute("set lock_timeout = '5s'")
            return [*_schemas(conn), *_half_built(conn), *_files(settings.backup_dir)]
    finally:
        release_migration_lock(owner)


def _schemas(conn: Connection) -> list[str]:
    """Schemas that live for the length of a run only."""
    space = conn.workspace
    told = []
    for name in (space.rehearsal, space.successors, *_of_dead_backends(conn)):
        found = conn.execute("select to_regnamespace(quote_ident(%s)) is not null", (name,)).fetchone()
        if found and found[0] and _dropped(conn, sql.SQL("drop schema {} cascade").format(sql.Identifier(name))):
            told.append(f"the schema {name}")
    return told


def _of_dead_backends(conn: Connection) -> list[str]:
    """Schemas of round trips whose session is gone; one of a process that was just killed is waited for."""
    query = """select n.nspname::text, a.pid is not null from pg_namespace as n
               left join pg_stat_activity as a on a.pid::text = substring(n.nspname from '[0-9]+$') and a.application_name like 'mediabase%'
               where n.nspname ~ '^mediabase_round_trip_[0-9]+$'"""
    end = time.monotonic() + _PATIENCE
    while True:
        found = conn.execute(query).fetchall()
        if time.monotonic() > end or not any(is_alive for _, is_alive in found):
            return [name for name, is_alive in found if not is_alive]
        time.sleep(0.2)


def _half_built(conn: Connection) -> list[str]:
    """Relations of the build schema that no record of a build knows."""
    if not exists(conn, "built_relations"):
        return []
    told: list[str] = []
    query = """select c.relname::text, c.relkind::text from pg_class as c
               where c.relnamespace = to_regnamespace(quote_ident(%s)) and c.relkind in ('r', 'p', 'v', 'm')
                 and not exists (select from built_relations as b where b.relation = c.relname) and c.relname <> all(%s)
               order by c.relkind in ('r', 'p'), c.oid desc"""
    for name, kind in conn.execute(query, (conn.workspace.build, list(_UNRECORDED))).fetchall():
        if _dropped(conn, sql.SQL("drop {} {}").format(_KINDS[kind], sql.Identifier(conn.workspace.build, name))):
            told.append(f"the half-built {conn.workspace.build}.{name}")
    return told


def _dropped(conn: Connection, statement: sql.Composed) -> bool:
    """Drop something; what somebody uses, or what is not ours, stays."""
    try:
        conn.execute(statement)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist, psycopg.errors.InsufficientPrivilege):
        return False
    return True


def _files(directory: Path) -> list[str]:
    """Backups that were never finished, and files that were never renamed; nothing while a backup is being written."""
    if not directory.is_dir():
        return []
    told = []
    try:
        with (directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for folder in [*incomplete_folders(directory)]:
                shutil.rmtree(folder)
                told.append(f"the unfinished backup {folder.name.removeprefix('.')}")
            for file in [*directory.glob("*/.*.new")]:
                file.unlink()
                told.append(f"the unfinished file {file.name} of backup {file.parent.name}")
    except OSError:  # another backup is being written, or the folder is not ours to write to
        return told
    return told
