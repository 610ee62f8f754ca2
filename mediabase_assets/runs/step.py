"""One step of a migration, for any asset: lock, time, journal, retries, and errors that people understand.

Every asset's body runs inside `step(...)`. An error of the project becomes a Dagster failure whose text people read. A step
that lost its connection waits for the server and is retried, as often as `max_retry_attempts` says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg
import psycopg

from mediabase_assets.extraction.rebuild import restore_emptied
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.planning.live_settings import with_policy
from mediabase_assets.postgres.foreign_errors import explained
from mediabase_assets.postgres.locks import Lookout, lookout
from mediabase_assets.postgres.session import build_error
from mediabase_assets.postgres.transient_errors import is_transient, wait_for_server
from mediabase_assets.records import journal
from mediabase_assets.records.lock import Purpose, hold_migration_lock, wait_for_dead_holder
from mediabase_assets.runs import measuring
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.begin import migration_id_of, open_migration
from mediabase_assets.runs.dead_runs import look_at
from mediabase_assets.runs.edges import require_before
from mediabase_assets.runs.parallel import require_beneath, resume
from mediabase_assets.runs.results import KEEP, KEEP_TAG
from mediabase_assets.runs.scope import is_interrupted, run_of
from mediabase_assets.runs.time_limit import TimeLimit, time_limit
from mediabase_assets.settings.load import Settings

#: Longest time that a step waits before it is retried, in seconds.
LONGEST_PAUSE = 30


@contextmanager
def step(
    context: dg.AssetExecutionContext, settings: Settings, asset: str, stage: Stage, *, locks: bool = True,
    purpose: Purpose = Purpose.MIGRATION,
) -> Iterator[AssetRun]:  # fmt: skip
    """Run an asset's body.

    Args:
        context: Dagster's.
        settings: The settings.
        asset: Key of the asset, `layer/relation`.
        stage: Stage of the owner's process.
        locks: Whether the step writes, so that no other migration may run.
        purpose: What the run works for; only a migration is recorded in the journal of migrations.

    Raises:
        dagster.Failure: The body raised an error of the project, or lost its connection and was retried often enough.
        dagster.RetryRequested: It lost its connection.
        dagster.DagsterExecutionInterruptedError: The run was canceled, which is why the body failed.
    """
    now = datetime.now(UTC)
    keeps = context.run.tags.get(KEEP_TAG, KEEP) == KEEP
    this: AssetRun | None = None
    seen, limit = Lookout(), TimeLimit(asset, 0)
    try:
        migration_id = migration_id_of(context, settings)
        settings = with_policy(settings, run_of(context.run.run_id).policy)
        this = AssetRun(settings, migration_id, asset, stage, now, context.run.run_id, keeps, report=context.log.info)
        _prepare(context, this, locks=locks, purpose=purpose)
        with time_limit(settings, asset) as limit, lookout(settings, context.log.info, context.log.warning) as seen:
            if locks and purpose is Purpose.MIGRATION:
                require_beneath(context, this)
            with measuring.measured(this):
                yield this
    except (MediabaseError, psycopg.Error, OSError) as raised:
        _raise_if_interrupted(context, raised)
        error = limit.error() if limit.is_exceeded else _explained(raised, asset, seen)
        if error is None:
            raise
        _retry_if_lost(context, settings, error, raised, limit)
        _record_failure(this, str(error), purpose)
        raise _failure(error) from raised
    except dg.Failure as failure:
        _raise_if_interrupted(context, failure)
        _record_failure(this, failure.description or "", purpose)
        raise


def _explained(raised: MediabaseError | psycopg.Error | OSError, asset: str, seen: Lookout) -> MediabaseError | None:
    """What failed as an error with a next step; None if it is an error of the program, which is raised as it is."""
    error = build_error(raised, asset) if isinstance(raised, psycopg.Error) else explained(raised)
    return error and seen.explained(error, raised)


def _failure(error: MediabaseError) -> dg.Failure:
    return dg.Failure(
        description=str(error),
        metadata={"what": error.what, "where": error.where, "next step": error.next_step},
        allow_retries=False,
    )


def _prepare(context: dg.AssetExecutionContext, this: AssetRun, *, locks: bool, purpose: Purpose) -> None:
    """Before the body: take the lock, open the record of the migration, rebuild what a crash emptied, check what comes before."""
    is_migration = purpose is Purpose.MIGRATION
    if locks:
        hold_migration_lock(this.settings, this.run_id, purpose, look=look_at(context.instance))
    else:
        wait_for_dead_holder(this.settings, look_at(context.instance))
    if locks and is_migration:
        open_migration(context, this)
    if context.retry_number and is_migration:
        _restore(context, this)
    if locks:
        require_before(context, this.asset)
    if context.selected_asset_keys:  # a run of checks alone writes nothing
        measuring.prepare(this, context.log.warning)


def _raise_if_interrupted(context: dg.AssetExecutionContext, error: Exception) -> None:
    """If the run was canceled, that is why the body failed, whatever its error says."""
    if is_interrupted(context.run.run_id):
        raise dg.DagsterExecutionInterruptedError from error


def _retry_if_lost(
    context: dg.AssetExecutionContext, settings: Settings, error: MediabaseError, raised: Exception, limit: TimeLimit
) -> None:  # fmt: skip
    """Ask for a retry if the error may pass, once the server is back: Dagster's own record of the retry needs the server, too."""
    tried = context.retry_number
    if limit.is_exceeded or tried >= settings.max_retry_attempts or not is_transient(raised) or not wait_for_server(settings):
        return
    seconds = min(2**tried, LONGEST_PAUSE)
    context.log.warning(f"{error.what} Attempt {tried + 1} of {settings.max_retry_attempts + 1} failed; the next one is in {seconds} s.")
    raise dg.RetryRequested(max_retries=settings.max_retry_attempts, seconds_to_wait=seconds) from raised


def _restore(context: dg.AssetExecutionContext, this: AssetRun) -> None:
    """After a crash of the server, rebuild the unlogged extraction relations that it emptied."""
    names = restore_emptied(this.settings, migration_id=this.migration_id, asset=this.asset, order=registry.definitions())
    resume(context.run.run_id)
    if names:
        context.log.warning(f"A crash of the server had emptied {counted(len(names), 'relation')}; rebuilt: {', '.join(names)}.")


def _record_failure(this: AssetRun | None, what: str, purpose: Purpose) -> None:
    if this is None or purpose is not Purpose.MIGRATION:
        return
    journal.note_failure(
        this.settings,
        migration_id=this.migration_id,
        asset=this.asset,
        stage=int(this.stage),
        started_at=this.started_at,
        finished_at=datetime.now(UTC),
        what=what,
    )
