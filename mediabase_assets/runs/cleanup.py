"""Removes what killed migrations leave behind, before the next one begins, and reports each removal in a sentence.

Builds and rehearsals are transactions, which leave nothing on the server. What is removed here comes from files, from the schema
in which the sessions of a round trip share their work, and from other versions of the project.
"""

import fcntl
import shutil
import time
from pathlib import Path

import psycopg
from psycopg import sql

from mediabase_assets.backup import bucket, place_of
from mediabase_assets.backup.folder import open_lock
from mediabase_assets.backup.manifest import incomplete_folders
from mediabase_assets.backup.object_store import ObjectStore
from mediabase_assets.model.errors import BackupError, MigrationLockedError
from mediabase_assets.model.extraction import EXTRACTION_VIEWS
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.records.lock import Look, hold_migration_lock, release_migration_lock
from mediabase_assets.settings.load import Settings

#: Relations of the build schema without a record of their own.
_UNRECORDED = ("legacy_snapshot", "legacy_curation", *EXTRACTION_VIEWS, *(t.name for t in TABLES if t.is_view), *(v.name for v in VIEWS))
#: Seconds to wait for the session of a round trip; less than for the lock, since it may be that of another target, which is alive.
_PATIENCE = 4
_KINDS = {"r": sql.SQL("table"), "p": sql.SQL("table"), "v": sql.SQL("view"), "m": sql.SQL("materialized view")}


def remove_leftovers(settings: Settings, owner: str, look: Look | None = None) -> list[str]:
    """Remove what killed runs left, unless a migration is running; returns what was removed.

    Args:
        settings: Which target, and where the backups are.
        owner: Name under which the lock is held meanwhile.
        look: Says whether the run that holds the lock is dead, so that its session is waited for.

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
            return [*_schemas(conn), *_half_built(conn), *_files(settings.backup_dir), *_uploads(conn, settings)]
    finally:
        release_migration_lock(owner)


def _schemas(conn: Connection) -> list[str]:
    """Remove schemas that exist only while a run does."""
    workspace = conn.workspace
    removed = []
    for name in (workspace.rehearsal, workspace.successors, *_of_dead_backends(conn)):
        is_present = conn.value("select to_regnamespace(quote_ident(%s)) is not null", name)
        if is_present and _dropped(conn, sql.SQL("drop schema {} cascade").format(sql.Identifier(name))):
            removed.append(f"the schema {name}")
    return removed


def _of_dead_backends(conn: Connection) -> list[str]:
    """Schemas of round trips whose session is gone; waits for the session of a process that was just killed."""
    query = """select n.nspname::text, a.pid is not null from pg_namespace as n
               left join pg_stat_activity as a on a.pid::text = substring(n.nspname from '[0-9]+$') and a.application_name like 'mediabase%'
               where n.nspname ~ '^mediabase_round_trip_[0-9]+$'"""
    end = time.monotonic() + _PATIENCE
    while True:
        schemas = conn.execute(query).fetchall()
        if time.monotonic() > end or not any(is_alive for _, is_alive in schemas):
            return [name for name, is_alive in schemas if not is_alive]
        time.sleep(0.2)


def _half_built(conn: Connection) -> list[str]:
    """Relations of the build schema that have no record of a build."""
    if not exists(conn, "built_relations"):
        return []
    removed: list[str] = []
    query = """select c.relname::text, c.relkind::text from pg_class as c
               where c.relnamespace = to_regnamespace(quote_ident(%s)) and c.relkind in ('r', 'p', 'v', 'm')
                 and not exists (select from built_relations as b where b.relation = c.relname) and c.relname <> all(%s)
               order by c.relkind in ('r', 'p'), c.oid desc"""
    for name, kind in conn.execute(query, (conn.workspace.build, list(_UNRECORDED))).fetchall():
        if _dropped(conn, sql.SQL("drop {} {}").format(_KINDS[kind], sql.Identifier(conn.workspace.build, name))):
            removed.append(f"the half-built {conn.workspace.build}.{name}")
    return removed


def _dropped(conn: Connection, statement: sql.Composed) -> bool:
    """Drop something, unless another session uses it or the role does not own it."""
    try:
        conn.execute(statement)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist, psycopg.errors.InsufficientPrivilege):
        return False
    return True


def _files(directory: Path) -> list[str]:
    """Remove backups that were never finished, and files that were never renamed; nothing while a backup is being written."""
    if not directory.is_dir():
        return []
    removed = []
    try:
        with open_lock(directory) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for folder in [*incomplete_folders(directory)]:
                shutil.rmtree(folder)
                removed.append(f"the unfinished backup {folder.name.removeprefix('.')}")
            for file in [*directory.glob("*/.*.new")]:
                file.unlink()
                removed.append(f"the unfinished file {file.name} of backup {file.parent.name}")
    except OSError:  # another backup is being written, or the folder may not be written
        return removed
    return removed


def _uploads(conn: Connection, settings: Settings) -> list[str]:
    """Remove uploads to a bucket that were killed: those of migrations of this target, of which none is running now."""
    place = place_of(settings)
    if not isinstance(place, ObjectStore) or not exists(conn, "migration_runs"):
        return []
    try:
        removed = bucket.remove_unfinished(place, set(conn.values("select migration_id from migration_runs")))
    except BackupError:  # the prerequisites say why
        return []
    return [f"the unfinished upload {name}" for name in removed]
