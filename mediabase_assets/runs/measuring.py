"""What each asset of a run takes: who measures it, from when to when, and which of the numbers Dagster plots.

Contains the conduct; what is measured, and how, is in the package `monitoring`. Nothing here makes a step wait or fail. A dry run and a
self-test are not measured: their records are dropped with them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
import psutil

from mediabase_assets.model.workspace import Workspace
from mediabase_assets.monitoring.measure import Measure
from mediabase_assets.monitoring.sampler import Sampler, session_name
from mediabase_assets.postgres import consumption
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.results import is_kept
from mediabase_assets.runs.scope import run_of


def prepare(this: AssetRun, warn: Callable[[str], object]) -> None:
    """Begin to sample the run of an asset in this process, unless that has begun or is not wanted."""
    run = run_of(this.run_id)
    settings = this.settings
    if not settings.monitoring.interval_seconds or Workspace(settings.workspace).is_throwaway:
        return
    with run.guard:
        if run.sampler is None:
            try:
                run.sampler = Sampler(settings, this.run_id, this.migration_id, warn)
            except (psutil.Error, OSError, RuntimeError) as error:  # a system that tells nothing of processes, or has no thread left
                warn(f"This run is not measured: {error}")


def sampler_of(run_id: str) -> Sampler | None:
    """What measures a run in this process, if anything does."""
    sampler = run_of(run_id).sampler
    return sampler if isinstance(sampler, Sampler) else None


@contextmanager
def measured(this: AssetRun, *, is_build: bool = False) -> Iterator[None]:
    """Measure an asset while the body builds it.

    Args:
        this: The asset.
        is_build: Whether the body is that of a builder, whose measure counts more than that of the step that waits for it.
    """
    sampler = sampler_of(this.run_id)
    measure = sampler.begin(this.asset, int(this.stage), is_build=is_build, migration_id=this.migration_id) if sampler else None
    if sampler is None or measure is None:
        yield
        return
    this.measure = measure
    name = session_name(this.asset)
    consumption.listen(name, measure.add)
    status = "failed"
    try:
        yield
        status = "kept" if this.is_kept else "done"
    finally:
        consumption.forget(name, measure.add)
        measure.rows, measure.warnings, measure.migration_id = this.rows, this.warnings, this.migration_id
        measure.errors = this.errors or int(status == "failed")
        sampler.end(measure, status)


def end(run_id: str) -> None:
    """A run has ended in this process."""
    sampler = sampler_of(run_id)
    if sampler is not None:
        sampler.stop()


def count(this: AssetRun, event: dg.MaterializeResult[Any] | dg.AssetCheckResult) -> None:
    """Count a check that warned or failed, and the rows of what was built."""
    if isinstance(event, dg.AssetCheckResult):
        if not event.passed:
            is_warning = event.severity is dg.AssetCheckSeverity.WARN
            this.warnings, this.errors = this.warnings + is_warning, this.errors + (not is_warning)
    elif isinstance(event, dg.MaterializeResult) and not is_kept(event.metadata):
        rows = (event.metadata or {}).get("dagster/row_count")
        this.rows = rows if isinstance(rows, int) else this.rows


def with_measures(event: dg.MaterializeResult[Any], measure: Measure | None) -> dg.MaterializeResult[Any]:
    """A materialization with what it took, as numbers that Dagster plots; one that was kept took nothing."""
    if measure is None or is_kept(event.metadata):
        return event
    metadata: Mapping[str, Any] = event.metadata or {}
    rows = metadata.get("dagster/row_count")
    return event._replace(metadata={**metadata, **measure.shown(rows if isinstance(rows, int) else None)})
