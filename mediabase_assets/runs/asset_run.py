"""One asset in one run, as its body sees it: settings, ids, times, sessions, and what the journal keeps of it.

Contains the value only; locks, retries and errors are in `step`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mediabase_assets.model.finding import Finding, failure_lines
from mediabase_assets.model.stages import Stage
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.records import journal
from mediabase_assets.settings.load import Settings


@dataclass
class AssetRun:
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
