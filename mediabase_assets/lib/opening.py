"""The beginning of a migration: its record is opened once, and what stands of earlier ones is taken over.

Any step may be the first of a run; the first look at the legacy table writes nothing to a database that holds no records yet.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from mediabase_assets.lib import catalogue, journal, schema
from mediabase_assets.lib.backup_choice import find_reusable_backup
from mediabase_assets.lib.carrying import carry
from mediabase_assets.lib.database import connect
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.tables import SCHEMA_VERSION
from mediabase_assets.lib.telling import planned_assets

if TYPE_CHECKING:
    from mediabase_assets.lib.step import Step

_opened: set[str] = set()
_suffixes: dict[tuple[object, ...], str] = {}


def suffix_of(settings: Settings) -> str:
    """What the ids of a target's migrations end with; asked once in a process, since a target keeps its workspace.

    Raises:
        ServerError: The server cannot be reached.
    """
    database = settings.database
    key = (settings.home, database.host, database.service, database.port, database.name, database.schema_name, settings.workspace)
    if key not in _suffixes:
        with connect(settings, autocommit=True, application_name="mediabase journal") as conn:
            _suffixes[key] = conn.workspace.suffix
    return _suffixes[key]


def open_migration(context: dg.AssetExecutionContext, this: "Step") -> None:
    """Open the record of the migration that a run works for, unless this process did so before."""
    if this.run_id in _opened:
        return
    with connect(this.settings, autocommit=True, application_name="mediabase journal") as conn:
        if this.asset == catalogue.LEGACY and not schema.has_operations(conn):
            return
        planned = planned_assets(context)
        stands = [key for key in catalogue.definitions() if key not in planned]
        seen = _look_at_legacy_table(context)
        needs_backup = catalogue.BACKUP not in planned and not conn.workspace.is_throwaway
        backup = find_reusable_backup(conn, this.settings) if needs_backup else None
        record = context.instance.get_run_record_by_id(this.run_id)
        with conn.transaction():
            schema.prepare_schemas(conn, this.settings.database.schema_name)
            journal.open_run(
                conn, this.settings, migration_id=this.migration_id, run_id=this.run_id, backup=backup, schema_version=SCHEMA_VERSION,
                releases=catalogue.RELEASE in planned,
                started_at=record.create_timestamp if record else this.started_at,
            )  # fmt: skip
            if seen is not None:
                journal.write_stage(
                    conn, migration_id=this.migration_id, asset=catalogue.LEGACY, stage=int(catalogue.definition(catalogue.LEGACY).stage),
                    status="done", started_at=seen[0], finished_at=seen[1],
                )  # fmt: skip
            carry(conn, this.migration_id, stands)
    _opened.add(this.run_id)


def _look_at_legacy_table(context: dg.AssetExecutionContext) -> tuple[datetime, datetime] | None:
    """Begin and end of the one step that is over before there is a record."""
    key = catalogue.LEGACY.replace("/", "__")
    for stats in context.instance.get_run_step_stats(context.run.run_id, [key]):
        if stats.step_key == key and stats.start_time and stats.end_time:
            return datetime.fromtimestamp(stats.start_time, UTC), datetime.fromtimestamp(stats.end_time, UTC)
    return None
