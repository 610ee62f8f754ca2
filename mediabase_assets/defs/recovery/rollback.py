"""The job `rollback`: undoes a migration that has to be named. Without a name it changes nothing, fails, and lists what can be named."""

from contextlib import suppress
from typing import Any

import dagster as dg
from pydantic import Field

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.rollback import RollbackResult, roll_back
from mediabase_assets.runs import rollback_report
from mediabase_assets.runs.patients.rematching import rematch_patients
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import rows_table


class RollbackConfig(dg.Config):
    """Which migration is undone, and what may be lost with it."""

    migration_id: str = Field(
        default="",
        description="The migration to undo, such as 20260131_093000: the state before it comes back. Left empty, nothing is changed, and "
        "the run fails with the list of the ids that can be named, with date and rows; release/current_release and `mediabase status` "
        "list them, too.",
    )
    with_later: bool = Field(default=False, description="Undo the migrations that were released after it, too.")
    with_dependents: bool = Field(
        default=False,
        description="Drop views and foreign keys of other people that cannot stay; no row of their tables is deleted.",
    )
    legacy_changes: str = Field(
        default="",
        pattern="^(keep|undo)?$",
        description="Rows of the legacy table that others added, changed or deleted since the backup: `keep` leaves the table as it is, "
        "`undo` makes it what it was, with a copy of every row that goes. Left empty, the job refuses if there are such rows.",
    )


@dg.op(
    description="Brings every relation that the migration touched back to what it was before, in one transaction, verified by content. "
    "with_later undoes the migrations that were released since, too; with_dependents drops views and foreign keys of other people "
    "that cannot stay (their tables keep every row)."
)
def roll_back_migration(context: dg.OpExecutionContext, config: RollbackConfig, mediabase: Mediabase) -> None:
    """Undo a migration."""
    try:
        result = roll_back(
            mediabase.settings(), config.migration_id, with_later=config.with_later, with_dependents=config.with_dependents,
            legacy_changes=LegacyChoice(config.legacy_changes) if config.legacy_changes else None,
            progress=context.log.info, owner=context.run.run_id,
        )  # fmt: skip
    except MediabaseError as error:
        metadata: dict[str, Any] = {"what": error.what, "where": error.where, "next step": error.next_step, **_choices(mediabase)}
        raise dg.Failure(str(error), metadata=metadata, allow_retries=False) from error
    rollback_report.report(context.instance, mediabase.settings(), result)
    context.add_output_metadata(_metadata(result) | rematch_patients(context.instance, mediabase.settings(), context.log.warning))
    for line in result.lost:
        context.log.warning(line)


def _choices(mediabase: Mediabase) -> dict[str, dg.TableMetadataValue]:
    """What can be rolled back, for a run that refused; nothing where the server cannot be asked."""
    with suppress(MediabaseError):
        return {"can be rolled back": rollback_report.choices_table(rollback_report.choices(mediabase.settings()))}
    return {}


def _metadata(result: RollbackResult) -> dict[str, object]:
    return {
        "migration": result.migration_id,
        "undone with it": ", ".join(result.later) or "none",
        "backup": result.backup_id,
        "relations": rows_table([d.__dict__ for d in result.done]),
        "everything was so already": result.is_unchanged,
        "lost by other people": "; ".join(result.lost) or "nothing",
        "seconds": result.seconds,
    }


@dg.job(
    description="Back to the state before a migration, which the launchpad's configuration names: ops: roll_back_migration: config: "
    "migration_id. Which ids are possible: the asset release/current_release lists them with date and rows, in its metadata 'can be "
    "rolled back', and so does `mediabase status`. Launched without an id, the job changes nothing and fails with the same list.",
    executor_def=dg.in_process_executor,
    tags={"dagster/max_retries": "0"},
)
def rollback() -> None:
    """Undo a migration."""
    roll_back_migration()
