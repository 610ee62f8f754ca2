"""The beginning of a migration: its id, its record, what is up to date and reused, and what is stale beneath it.

Any step may be the first of a run. The step of the legacy table writes nothing to a database without records.
"""

from datetime import UTC, datetime

import dagster as dg

from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.statuses import OPEN
from mediabase_assets.planning import registry
from mediabase_assets.planning.beneath import stale_beneath
from mediabase_assets.planning.carry_over import carry
from mediabase_assets.planning.live_settings import kept_policy
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.records import journal
from mediabase_assets.records.tables import has_operations, prepare_schemas
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.results import planned_assets
from mediabase_assets.runs.scope import run_of
from mediabase_assets.runs.step_keys import step_of
from mediabase_assets.schema.tables import SCHEMA_VERSION
from mediabase_assets.settings.load import Settings

#: How many assets a sentence of the log names.
_NAMED = 8
_suffixes: dict[tuple[object, ...], str] = {}


def suffix_of(settings: Settings) -> str:
    """The suffix of the ids of a target's migrations; read once in a process, since a target keeps its workspace.

    Raises:
        ServerError: The server cannot be reached.
    """
    database = settings.database
    key = (settings.home, database.host, database.service, database.port, database.name, database.schema_name, settings.workspace)
    if key not in _suffixes:
        with connect(settings, autocommit=True, application_name="mediabase journal") as conn:
            _suffixes[key] = conn.workspace.suffix
    return _suffixes[key]


def migration_id_of(context: dg.AssetExecutionContext, settings: Settings) -> str:
    """The id of the migration that a run works for: `YYYYMMDD_HHMMSS`, from the time at which its first run was created.

    A re-execution continues the migration of the run that it repeats, unless that was released since: then another state is live,
    to which a rollback has to lead back, and the re-execution is a migration of its own.

    Raises:
        ServerError: The server cannot be reached.
    """
    run_id = context.run.run_id
    run = run_of(run_id)
    with run.guard:
        if not run.migration_id:
            suffix = suffix_of(settings)
            with connect(settings, autocommit=True, application_name="mediabase journal") as conn:
                run.policy = kept_policy(conn, settings)
                run.migration_id = _id_of(conn, context.instance, run_id, suffix) or f"{datetime.now(UTC):%Y%m%d_%H%M%S}{suffix}"
        return run.migration_id


def _id_of(conn: Connection, instance: dg.DagsterInstance, run_id: str, suffix: str) -> str:
    """The id of a run by its own time, or that of the run that it repeats; empty if Dagster does not know the run."""
    record = instance.get_run_record_by_id(run_id)
    if record is None:
        return ""
    run = record.dagster_run
    parent = run.parent_run_id or run.tags.get("dagster/parent_run_id")
    inherited = _id_of(conn, instance, parent, suffix) if parent else ""
    if inherited and _is_open(conn, inherited, run_id):
        return inherited
    return f"{record.create_timestamp.astimezone(UTC):%Y%m%d_%H%M%S}{suffix}"


def _is_open(conn: Connection, migration_id: str, run_id: str) -> bool:
    """Whether a run may continue a migration: no other run ended it, or it has no record."""
    if not exists(conn, "migration_runs"):
        return True
    query = "select run_id, status from migration_runs where migration_id = %s"
    owner, status = conn.execute(query, (migration_id,)).fetchone() or (run_id, None)
    return owner == run_id or status in OPEN


def beneath_of(run_id: str) -> dict[str, str]:
    """What is rebuilt beneath the assets of a run that was opened in this process, with the reasons."""
    return run_of(run_id).beneath or {}


def open_migration(context: dg.AssetExecutionContext, this: AssetRun) -> None:
    """Open the record of the migration that a run works for, unless this process did so before."""
    run = run_of(this.run_id)
    with run.guard:
        if run.beneath is None:
            _open(context, this)


def _open(context: dg.AssetExecutionContext, this: AssetRun) -> None:
    with connect(this.settings, autocommit=True, application_name="mediabase journal") as conn:
        if this.asset == registry.LEGACY and not has_operations(conn):
            return
        planned = planned_assets(context)
        uses_earlier_backup = registry.BACKUP not in planned and not conn.workspace.is_throwaway
        backup = find_reusable_backup(conn, this.settings) if uses_earlier_backup else None
        beneath = stale_beneath(conn, this.settings, planned, needs_backup=uses_earlier_backup and backup is None)
        kept = [key for key in registry.definitions() if key not in planned and key not in beneath]
        legacy_times = _times_of_legacy_step(context)
        record = context.instance.get_run_record_by_id(this.run_id)
        with conn.transaction():
            prepare_schemas(conn, this.settings.database.schema_name)
            journal.open_run(
                conn, this.settings, migration_id=this.migration_id, run_id=this.run_id, backup=backup, schema_version=SCHEMA_VERSION,
                releases=registry.RELEASE in planned,
                started_at=record.create_timestamp if record else this.started_at,
            )  # fmt: skip
            if legacy_times is not None:
                journal.write_stage(
                    conn, migration_id=this.migration_id, asset=registry.LEGACY, stage=int(registry.definition(registry.LEGACY).stage),
                    status="done", started_at=legacy_times[0], finished_at=legacy_times[1],
                )  # fmt: skip
            carry(conn, this.migration_id, kept)
    if beneath:
        context.log.info(_sentence(beneath))
    run_of(this.run_id).beneath = beneath


def _sentence(beneath: dict[str, str]) -> str:
    """What is stale beneath the assets of a run, for its log.

    >>> _sentence({"extraction/legacy_rows": "legacy/cancer_transcript_base changed"})
    '1 asset beneath those of this run is stale and is rebuilt first: extraction/legacy_rows (legacy/cancer_transcript_base changed).'
    """
    named = "; ".join(f"{key} ({reason})" for key, reason in list(beneath.items())[:_NAMED])
    more = f"; and {len(beneath) - _NAMED} more" if len(beneath) > _NAMED else ""
    verb = "is" if len(beneath) == 1 else "are"
    return f"{counted(len(beneath), 'asset')} beneath those of this run {verb} stale and {verb} rebuilt first: {named}{more}."


def _times_of_legacy_step(context: dg.AssetExecutionContext) -> tuple[datetime, datetime] | None:
    """Begin and end of the step of the legacy table, which may have ended before there is a record."""
    key = step_of(registry.LEGACY)
    for stats in context.instance.get_run_step_stats(context.run.run_id, [key]):
        if stats.step_key == key and stats.start_time and stats.end_time:
            return datetime.fromtimestamp(stats.start_time, UTC), datetime.fromtimestamp(stats.end_time, UTC)
    return None
