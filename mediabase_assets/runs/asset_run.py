"""One asset in one run, as its body sees it: settings, ids, times, sessions, and the records that end it.

Contains the value only; locks, retries and errors are in `step`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from mediabase_assets.model.stages import Stage
from mediabase_assets.monitoring.measure import Measure
from mediabase_assets.planning import registry
from mediabase_assets.planning import state as asset_state
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.records import journal
from mediabase_assets.runs.results import stored
from mediabase_assets.settings.load import Settings


@dataclass
class AssetRun:
    """One asset in one run.

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
        spent: Seconds of `build` and of `audit`; the rest of the step is connecting, recording and reporting.
        has_company: Whether other assets are built at the same time, so that each has one core.
        measure: What it takes, where it is measured.
        is_kept: Whether it was found to be up to date, and not built.
        rows: Rows that were built; None if the asset does not have any.
        warnings: Checks that warned.
        errors: Checks that failed.
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
    spent: dict[str, float] = field(default_factory=dict)
    has_company: bool = False
    measure: Measure | None = None
    is_kept: bool = False
    rows: int | None = None
    warnings: int = 0
    errors: int = 0

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return round((datetime.now(UTC) - self.started_at).total_seconds(), 3)

    def building(self) -> AbstractContextManager[Connection]:
        """A session that builds the asset, see `build_session`; it uses one core while other assets are built."""
        return build_session(self.settings, migration_id=self.migration_id, asset=self.asset, is_alone=not self.has_company)

    @contextmanager
    def spending(self, kind: str) -> Iterator[None]:
        """Count the seconds of the body as spent on `build` or `audit`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.spent[kind] = self.spent.get(kind, 0) + time.monotonic() - began

    def finish(
        self, conn: Connection, *, rows: int, data_version: str, results: Sequence[dg.AssetCheckResult] = (),
        metadata: Mapping[str, Any] | None = None, asset: str = "", inputs: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Record the asset as done and as up to date, in the transaction that builds it.

        Args:
            conn: The session of that transaction.
            rows: Rows of the asset.
            data_version: Names its content.
            results: Outcome of all checks.
            metadata: What Dagster shows of it, also when a later run keeps it.
            asset: Which asset, where a step builds several.
            inputs: Data versions of the inputs; by default those that are recorded.
        """
        definition = registry.definition(asset or self.asset)
        if inputs is None:
            inputs = asset_state.input_versions(asset_state.states(conn), definition)
        asset_state.record(
            conn, self.settings, definition, migration_id=self.migration_id, run_id=self.run_id, data_version=data_version, rows=rows,
            inputs=inputs, seconds=self.seconds, shown=stored(metadata or {}), findings=[*map(_finding_record, results)],
        )  # fmt: skip
        self.record_stage(conn, rows=rows, asset=definition.key)

    def record_stage(self, conn: Connection, *, rows: int, failed: bool = False, asset: str = "") -> None:
        """Record in the journal how the asset ended, with the time that was spent on it; `finish` does so for one that passed."""
        asset = asset or self.asset
        journal.write_stage(
            conn, migration_id=self.migration_id, asset=asset, stage=int(self.stage), status="failed" if failed else "done",
            started_at=self.started_at, finished_at=datetime.now(UTC), rows=rows, spent=self.spent if asset == self.asset else None,
        )  # fmt: skip


def _finding_record(result: dg.AssetCheckResult) -> dict[str, Any]:
    """The outcome of a check as a row of `asset_state` keeps it."""
    return {
        "check": result.check_name,
        "passed": result.passed,
        "is_warning": result.severity is dg.AssetCheckSeverity.WARN,
        "description": result.description,
        "shown": stored(result.metadata or {}),
    }
