"""Removing what a first migration leaves when it fails: nothing was released, so that all of it is what was built.

The legacy table is only ever read; that it is as the backup says is checked, not assumed. Records stay.
"""

from dataclasses import dataclass

from psycopg import sql

from mediabase_assets.backup import RelationName, place_of, read_backup
from mediabase_assets.model.errors import BackupError
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.postgres.session import prepare
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.records.lock import hold_migration_lock, release_migration_lock
from mediabase_assets.rollback import records
from mediabase_assets.rollback.waiting import patiently
from mediabase_assets.settings.load import Settings


@dataclass(frozen=True)
class Removal:
    """What was removed after a failure.

    Attributes:
        removed: Schemas that were dropped.
        legacy: Whether the legacy table is as it was, a sentence.
        reason: Why nothing was removed; empty if it was.
    """

    removed: tuple[str, ...]
    legacy: str
    reason: str


def remove_unreleased(settings: Settings, run_id: str) -> Removal:
    """Remove everything that a failed first migration made; nothing happens where a release is live.

    Args:
        settings: Which server.
        run_id: Dagster's id of the run that failed.

    Raises:
        MigrationLockedError: A migration is running.
        ServerError: The server cannot be reached.
    """
    release_migration_lock(run_id)  # the run has ended
    owner = f"removal after {run_id}"
    hold_migration_lock(settings, owner)
    try:
        with connect(settings, application_name="mediabase rollback", autocommit=True) as conn:
            prepare(conn, settings, conn.workspace.operations, settings.database.schema_name, asset="rollback")
            records.prepare(conn, settings.database.schema_name)
            if exists(conn, "releases") and records.is_anything_released(conn):
                return Removal((), "", "an earlier release is live and stays; `mediabase rollback` goes back further")
            with conn.transaction():
                return _removed(conn, settings, run_id)
    finally:
        release_migration_lock(owner)


def _removed(conn: Connection, settings: Settings, run_id: str) -> Removal:
    workspace = conn.workspace
    wanted = [workspace.build, workspace.successors, workspace.rehearsal]
    schemas = tuple(conn.values("select nspname from pg_namespace where nspname = any(%s) order by 1", wanted))

    def all_at_once() -> None:
        for schema in schemas:
            conn.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))

    built = conn.rows(
        RelationName,
        """select n.nspname as schema, c.relname as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
           where n.nspname = any(%s)""",
        wanted,
    )
    patiently(conn, all_at_once, built, lambda sentence: None)
    legacy = "it failed before a backup was written"
    if exists(conn, "migration_runs"):
        legacy = _legacy(conn, settings, conn.value("select backup_id from migration_runs where run_id = %s", run_id))
        conn.execute(
            "update migration_runs set status = %s, finished_at = coalesce(finished_at, now()) where run_id = %s",
            (RunStatus.ROLLED_BACK, run_id),
        )
        records.bring_in_line(conn, settings.database.schema_name, keeps_extraction=False)
    return Removal(schemas, legacy, "")


def _legacy(conn: Connection, settings: Settings, backup_id: str | None) -> str:
    """Whether the legacy table is as it was, in words."""
    name = f"{settings.database.source_schema}.{settings.database.legacy_table}"
    try:
        backed_up = read_backup(place_of(settings), backup_id or "none").legacy_relation
    except BackupError:
        return f"{name} was only read; there is no backup to compare it with"
    if content_hash(conn, *backed_up.relation) == (backed_up.rows, backed_up.content_hash):
        return f"{name} holds what the backup {backup_id} holds"
    return f"{name} holds something else than the backup {backup_id}: another session wrote to it meanwhile"
