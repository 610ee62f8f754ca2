"""The job `rollback`: undoes a migration that has to be named; there is no default, so that it never starts by accident."""

import dagster as dg

from mediabase_assets.lib import rollback_report
from mediabase_assets.lib.resources import Mediabase
from mediabase_assets.lib.rollback import RollbackResult, roll_back
from mediabase_assets.lib.telling import rows_table
from mediabase_assets.model.errors import MediabaseError


class RollbackConfig(dg.Config):
    """Which migration is undone, and what may be lost with it."""

    migration_id: str
    with_later: bool = False
    with_dependents: bool = False


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
            progress=context.log.info, owner=context.run.run_id,
        )  # fmt: skip
    except MediabaseError as error:
        raise dg.Failure(
            str(error), metadata={"what": error.what, "where": error.where, "next step": error.next_step}, allow_retries=False
        ) from error
    rollback_report.report(context.instance, mediabase.settings(), result)
    context.add_output_metadata(_metadata(result))
    for line in result.lost:
        context.log.warning(line)


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
    description="Back to the state before a migration. Name it in the configuration: ops: roll_back_migration: config: migration_id. "
    "The ids that can be chosen are listed by release/current_release, in its metadata 'can be rolled back', and by `mediabase status`.",
    executor_def=dg.in_process_executor,
    tags={"dagster/max_retries": "0"},
)
def rollback() -> None:
    """Undo a migration."""
    roll_back_migration()
