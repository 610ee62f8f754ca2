"""One step of a migration, whatever asset it makes: lock, time, journal, retries, and errors that people understand.

Every asset's body runs inside `step(...)`. An error of ours becomes a Dagster failure whose text is what people read. A
step that lost its connection waits for the server and is done again, as often as `max_retry_attempts` says.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
import psycopg

from mediabase_assets.lib import journal
from mediabase_assets.lib.audit import Finding, failure_lines
from mediabase_assets.lib.edges import require_before
from mediabase_assets.lib.foreign_errors import explained
from mediabase_assets.lib.migration_lock import Purpose, hold_migration_lock, outlast_the_dead
from mediabase_assets.lib.opening import migration_id_of, open_migration
from mediabase_assets.lib.orphans import look_at
from mediabase_assets.lib.quantities import counted
from mediabase_assets.lib.run_scope import is_interrupted
from mediabase_assets.lib.session import build_error, build_session
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.statements import Connection
from mediabase_assets.lib.telling import KEEP, KEEP_TAG
from mediabase_assets.lib.transient import is_transient, wait_for_server
from mediabase_assets.lib.waiting import Lookout, lookout
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.stages import Stage

#: Seconds that a step waits at most before it is done again.
LONGEST_PAUSE = 30


@dataclass
class Step:
    """What an asset's body knows about the run that it is part of.

    Attributes:
        settings: The settings.
        migration_id: Which migration this is.
        asset: Key of the asset, `layer/relation`.
        stage: Stage of the owner's process.
        started_at: When the step began.
        run_id: Dagster's id of the run.
        keeps: Whether the run keeps what is up to date.
        why: Why the asset is rebuilt, where that is known; empty before it was asked, and if nothing is stale.
        report: Writes a sentence to the log of the run.
        detail: What else the journal shall keep.
        spent: Seconds of `build` and of `audit`; what is left of the step is connecting, noting and telling.
        has_company: Whether other assets are built at the same time, so that each has one core.
    """

    settings: Settings
    migration_id: str
    asset: str
    stage: Stage
    started_at: datetime
    run_id: str
    keeps: bool = False
    why: str = ""
    report: Callable[[str], None] = print
    detail: dict[str, object] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    has_company: bool = False

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return round((datetime.now(UTC) - self.started_at).total_seconds(), 3)

    def building(self) -> AbstractContextManager[Connection]:
        """A session that builds the asset, see `build_session`; in company it keeps to one core."""
        return build_session(self.settings, migration_id=self.migration_id, asset=self.asset, is_alone=not self.has_company)

    @contextmanager
    def spending(self, kind: str) -> Iterator[None]:
        """Count the seconds of the body as spent on `build` or `audit`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.spent[kind] = self.spent.get(kind, 0) + time.monotonic() - began

    def note_stage(self, conn: Connection, *, rows: int, failed: bool = False) -> None:
        """Note in the journal how the asset ended, in the transaction of the session, with what was spent on it so far."""
        journal.write_stage(
            conn, migration_id=self.migration_id, asset=self.asset, stage=int(self.stage), status="failed" if failed else "done",
            started_at=self.started_at, finished_at=datetime.now(UTC), rows=rows, spent=self.spent,
        )  # fmt: skip

    def failure_text(self, what: str, failed: Sequence[Finding], next_step: str) -> str:
        """What Dagster tells of an asset that did not pass, with rows that show it; the journal keeps which checks failed.

        Args:
            what: What failed, and what that means for what is live.
            failed: The findings that did not pass.
            next_step: What to do.
        """
        self.detail["failed"] = [finding.check for finding in failed]
        return "\n".join([what, *failure_lines(failed), f"  next:  {next_step}"])


@contextmanager
def step(
    context: dg.AssetExecutionContext,
    settings: Settings,
    asset: str,
    stage: Stage,
    *,
    locks: bool = True,
    purpose: Purpose = Purpose.MIGRATION,
) -> Iterator[Step]:
    """Run an asset's body.

    Args:
        context: Dagster's.
        settings: The settings.
        asset: Key of the asset, `layer/relation`.
        stage: Stage of the owner's process.
        locks: Whether the step writes, so that no other migration may run.
        purpose: What the run works for; only a migration is noted in the journal of migrations.

    Raises:
        dagster.Failure: The body raised one of our errors, or lost its connection and was tried often enough.
        dagster.RetryRequested: It lost its connection.
        dagster.DagsterExecutionInterruptedError: The run was cancelled, which is why the body failed.
    """
    now = datetime.now(UTC)
    keeps = context.run.tags.get(KEEP_TAG, KEEP) == KEEP
    this: Step | None = None
    seen = Lookout()
    try:
        this = Step(
            settings, migration_id_of(context, settings), asset, stage, now, context.run.run_id, keeps, report=context.log.info
        )  # fmt: skip
        _prepare(context, this, locks=locks, purpose=purpose)
        with lookout(settings, context.log.info, context.log.warning) as seen:
            if locks and purpose is Purpose.MIGRATION:
                _require_beneath(context, this)
            yield this
    except (MediabaseError, psycopg.Error, OSError) as raised:
        _raise_if_interrupted(context, raised)
        ours = build_error(raised, asset) if isinstance(raised, psycopg.Error) else explained(raised)
        if ours is None:
            raise
        error = seen.explained(ours, raised)
        _retry_if_lost(context, settings, error, raised)
        _note(this, str(error), purpose)
        raise dg.Failure(
            description=str(error),
            metadata={"what": error.what, "where": error.where, "next step": error.next_step},
            allow_retries=False,
        ) from raised
    except dg.Failure as failure:
        _raise_if_interrupted(context, failure)
        _note(this, failure.description or "", purpose)
        raise


def _prepare(context: dg.AssetExecutionContext, this: Step, *, locks: bool, purpose: Purpose) -> None:
    """What comes before the body: the lock, the record of the migration, what a crash emptied, and what must not have failed."""
    is_migration = purpose is Purpose.MIGRATION
    if locks:
        hold_migration_lock(this.settings, this.run_id, purpose, look=look_at(context.instance))
    else:
        outlast_the_dead(this.settings, look_at(context.instance))
    if locks and is_migration:
        open_migration(context, this)
    if context.retry_number and is_migration:
        _restore(context, this)
    if locks:
        require_before(context, this.asset)


def _raise_if_interrupted(context: dg.AssetExecutionContext, error: Exception) -> None:
    """If the run was cancelled, that is why the body failed, whatever it says."""
    if is_interrupted(context.run.run_id):
        raise dg.DagsterExecutionInterruptedError from error


def _retry_if_lost(context: dg.AssetExecutionContext, settings: Settings, error: MediabaseError, raised: Exception) -> None:
    """Ask for another attempt if what failed may pass, once the server is back: what Dagster notes of it needs the server too."""
    tried = context.retry_number
    if tried >= settings.max_retry_attempts or not is_transient(raised) or not wait_for_server(settings):
        return
    seconds = min(2**tried, LONGEST_PAUSE)
    context.log.warning(f"{error.what} Attempt {tried + 1} of {settings.max_retry_attempts + 1} failed; the next one is in {seconds} s.")
    raise dg.RetryRequested(max_retries=settings.max_retry_attempts, seconds_to_wait=seconds) from raised


def _restore(context: dg.AssetExecutionContext, this: Step) -> None:
    """If it was a crash of the server that took the connection, it took the unlogged relations too."""
    from mediabase_assets.lib.ahead import resume  # what builds comes after steps in the order of imports
    from mediabase_assets.lib.restoring import restore_emptied

    names = restore_emptied(this.settings, migration_id=this.migration_id, asset=this.asset)
    resume(context.run.run_id)
    if names:
        context.log.warning(f"A crash of the server had emptied {counted(len(names), 'relation')}; rebuilt: {', '.join(names)}.")


def _require_beneath(context: dg.AssetExecutionContext, this: Step) -> None:
    """Wait for what is stale beneath the asset and is rebuilt in the same run."""
    from mediabase_assets.lib.ahead import require_beneath

    require_beneath(context, this)


def _note(this: Step | None, what: str, purpose: Purpose) -> None:
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
