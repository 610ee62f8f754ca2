"""One step of a migration, whatever asset it makes: lock, time, journal, and errors that people understand.

Every asset's body runs inside `step(...)`. An error of ours becomes a Dagster failure whose text is what people read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg

from mediabase_assets.lib import journal
from mediabase_assets.lib.opening import open_migration
from mediabase_assets.lib.session import Purpose, hold_migration_lock
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.telling import KEEP, KEEP_TAG, migration_id_of
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.stages import Stage


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
        keeps: Whether the run keeps what is unchanged.
        detail: What else the journal shall keep.
    """

    settings: Settings
    migration_id: str
    asset: str
    stage: Stage
    started_at: datetime
    run_id: str
    keeps: bool = False
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return round((datetime.now(UTC) - self.started_at).total_seconds(), 3)


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
        dagster.Failure: The body raised one of our errors.
    """
    now = datetime.now(UTC)
    keeps = context.run.tags.get(KEEP_TAG) == KEEP
    this = Step(settings, migration_id_of(context), asset, stage, now, context.run.run_id, keeps)
    try:
        if locks:
            hold_migration_lock(settings, context.run.run_id, purpose)
        if locks and purpose is Purpose.MIGRATION:
            open_migration(context, this)
        yield this
    except MediabaseError as error:
        _note(this, str(error), purpose)
        raise dg.Failure(
            description=str(error),
            metadata={"what": error.what, "where": error.where, "next step": error.next_step},
            allow_retries=False,
        ) from error
    except dg.Failure as failure:
        _note(this, failure.description or "", purpose)
        raise


def _note(this: Step, what: str, purpose: Purpose) -> None:
    if purpose is not Purpose.MIGRATION:
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
