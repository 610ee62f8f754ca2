"""The journal of a migration in `mediabase_ops`: the run as a whole, and each of its assets with stage, time and rows.

Contains the writes; `mediabase status` reads. A journal that cannot be written never hides the error that was to be
recorded.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import psycopg

from mediabase_assets.backup import BackupManifest
from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, exists, is_there
from mediabase_assets.settings.load import Settings
from mediabase_assets.settings.sql_settings import settings_digest


def open_run(
    conn: Connection, settings: Settings, *, migration_id: str, run_id: str, started_at: datetime, backup: BackupManifest | None,
    schema_version: str, releases: bool,
) -> None:  # fmt: skip
    """Record that a migration is running or continues, without a backup where that is still to be made; `partial` if it never releases."""
    legacy, relation = backup.legacy_relation if backup else None, f"{settings.database.source_schema}.{settings.database.legacy_table}"
    conn.execute(
        """insert into migration_runs (migration_id, run_id, status, started_at, legacy_relation, legacy_fingerprint,
             legacy_content_hash, backup_id, schema_version, configuration)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
           on conflict (migration_id) do update set run_id = excluded.run_id, status = excluded.status, finished_at = null,
             backup_id = coalesce(excluded.backup_id, migration_runs.backup_id)""",
        (migration_id, run_id, RunStatus.RUNNING if releases else RunStatus.PARTIAL, started_at, relation,
         legacy and legacy.fingerprint, legacy and legacy.content_hash, backup and backup.migration_id, schema_version,
         settings_digest(settings)),
    )  # fmt: skip


def note_backup(settings: Settings, migration_id: str, backup: BackupManifest, *, started_at: datetime) -> None:
    """Record the backup that a migration is based on; nothing happens where there are no records yet."""
    legacy = backup.legacy_relation
    with connect(settings, application_name="mediabase journal") as conn:
        if not is_there(conn, conn.workspace.operations, "migration_runs"):
            return
        conn.execute(
            "update migration_runs set backup_id = %s, legacy_fingerprint = %s, legacy_content_hash = %s where migration_id = %s",
            (backup.migration_id, legacy.fingerprint, legacy.content_hash, migration_id),
        )
        write_stage(
            conn, migration_id=migration_id, asset="backup/legacy_backup", stage=int(Stage.BACKUP), status="done",
            started_at=started_at, finished_at=datetime.now(UTC), rows=legacy.rows,
        )  # fmt: skip


def close_run(conn: Connection, migration_id: str, status: str, snapshot_id: str | None = None) -> None:
    """Record how a migration ended."""
    conn.execute(
        """update migration_runs set status = %s, finished_at = clock_timestamp(), snapshot_id = coalesce(%s, snapshot_id)
           where migration_id = %s""",
        (status, snapshot_id, migration_id),
    )


def write_stage(
    conn: Connection, *, migration_id: str, asset: str, stage: int, status: str, started_at: datetime,
    finished_at: datetime, rows: int | None = None, detail: dict[str, object] | None = None, spent: Mapping[str, float] | None = None,
) -> None:  # fmt: skip
    """Record how an asset of a migration ended, and its time in `build` and `audit`; creates a missing record of the migration."""
    conn.execute(
        # "not exists" comes first: in a snapshot older than the last change of the record, a conflict would be an error
        """insert into migration_runs (migration_id, status, started_at)
           select %(id)s, %(status)s, %(start)s where not exists (select from migration_runs where migration_id = %(id)s)
           on conflict (migration_id) do nothing""",
        {"id": migration_id, "status": RunStatus.RUNNING, "start": started_at},
    )
    conn.execute(
        """insert into migration_stages (
             migration_id, asset, stage, status, started_at, finished_at, seconds, build_seconds, audit_seconds, row_count, detail)
           values (%(id)s, %(asset)s, %(stage)s, %(status)s, %(start)s, %(end)s, %(seconds)s, %(build)s, %(audit)s, %(rows)s, %(detail)s)
           on conflict (migration_id, asset) do update set stage = excluded.stage, status = excluded.status,
             started_at = excluded.started_at, finished_at = excluded.finished_at, seconds = excluded.seconds,
             build_seconds = excluded.build_seconds, audit_seconds = excluded.audit_seconds, row_count = excluded.row_count,
             detail = excluded.detail""",
        {"id": migration_id, "asset": asset, "stage": stage, "status": status, "start": started_at, "end": finished_at,
         "seconds": (finished_at - started_at).total_seconds(), "build": (spent or {}).get("build"),
         "audit": (spent or {}).get("audit"), "rows": rows, "detail": json.dumps(detail) if detail else None},
    )  # fmt: skip


def note_failure(
    settings: Settings,
    *,
    migration_id: str,
    asset: str,
    stage: int,
    started_at: datetime,
    finished_at: datetime,
    what: str,
) -> None:
    """Record a failed asset, in a session of its own; does nothing where there is no journal yet."""
    try:
        with connect(settings, application_name="mediabase journal", autocommit=True) as conn:
            write_stage(
                conn, migration_id=migration_id, asset=asset, stage=stage, status="failed", started_at=started_at,
                finished_at=finished_at, detail={"error": what},
            )  # fmt: skip
            close_run(conn, migration_id, RunStatus.FAILED)
    except (ServerError, psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.OperationalError):
        return


def note_interrupted(settings: Settings, run_id: str) -> None:
    """Record in the journal that a run was interrupted; does nothing if the run did not get as far as a journal.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase journal") as conn:
        if exists(conn, "migration_runs"):
            conn.execute(
                """update migration_runs set status = %s, finished_at = clock_timestamp()
                   where run_id = %s and status = %s""",
                (RunStatus.INTERRUPTED, run_id, RunStatus.RUNNING),
            )
