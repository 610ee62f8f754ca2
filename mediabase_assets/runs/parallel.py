"""Building ahead: several assets at once, those with the most expensive path to the end of the run first.

A build is one session of PostgreSQL, which uses one core. In the runs of the web UI and of `mediabase migrate` several steps run at
the same time (`executor`), and each builds its own asset. Where Dagster runs one step after the other (dry run, self-test,
`execute_in_process`), a run that ends in a release has a crew of threads. The crew builds every asset as soon as its inputs are
done, each in a session of its own, and begins while the backup is written; the step of an asset waits for its build and reports it.
Either way order, events, failures and re-execution are those of the steps. A run that rebuilds what a person selected, without the
release, builds nothing ahead.

The crew also builds what is stale beneath the assets of a run; the first step that needs it waits for it and reports it.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import dagster as dg

from mediabase_assets.model.errors import BuildError
from mediabase_assets.planning import registry
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.begin import beneath_of
from mediabase_assets.runs.builders import Build, Crew, Event, Job, Work, maker_of, ways_of
from mediabase_assets.runs.column_lineage import with_lineage
from mediabase_assets.runs.measuring import count, with_measures
from mediabase_assets.runs.results import is_kept, normalized, planned_assets, will_release
from mediabase_assets.runs.scope import run_of

__all__ = ["Build", "Event", "Work"]

_works: dict[str, Work] = {}


def register(key: str, build: Build, *, after: Iterable[str] | None = None, cost: float, by_its_step: bool = False) -> None:
    """Say how an asset of the registry is built; its definition does so once, after it registered the asset.

    Args:
        key: The asset, `layer/relation`.
        build: Builds it, and yields what Dagster is to record.
        after: Assets that have to be built before; by default its inputs.
        cost: Seconds in proportion to others.
        by_its_step: Whether its own step builds it if the run has one, and a builder only beneath the assets of a run.
    """
    definition = registry.definition(key)
    needs = frozenset(map(maker_of, definition.inputs if after is None else after))
    _works[key] = Work(key, needs, cost, definition.stage, build, by_its_step)


def ways(keys: Collection[str]) -> dict[str, float]:
    """Cost of the most expensive path from each asset to the end of a run of these; without assets that only their own step builds."""
    return ways_of({key: _works[key] for key in keys if key in _works and not _works[key].by_its_step})


def begin(context: dg.AssetExecutionContext, this: AssetRun) -> bool:
    """Begin to build ahead, unless it has begun; returns whether the run is one that builds ahead."""
    beneath = beneath_of(this.run_id)
    if context.run.asset_selection and not this.keeps and not will_release(context) and not beneath:
        return False
    run = run_of(this.run_id)
    with run.guard:
        if run.crew is None:
            run.crew = Crew(_works, planned_assets(context), this, beneath)
    return True


def _crew_of(run_id: str) -> Crew | None:
    """The builders of a run, if it builds ahead."""
    crew = run_of(run_id).crew
    return crew if isinstance(crew, Crew) else None


def events_of(context: dg.AssetExecutionContext, this: AssetRun, build: Build) -> Iterator[Event]:
    """The events of a step: those of its asset's build ahead, once that is over, or those of its own build."""
    job = _job_of(this, build) if begin(context, this) else None
    # also those of a failed audit: its findings come before the failure
    yield from selected(context, build(this) if job is None else job.events, this if job is None else job)
    if job is not None and job.error is not None:
        raise job.error


def _job_of(this: AssetRun, build: Build) -> Job | None:
    """The build of an asset by the crew, if it may build it; in this thread if several steps of the run run at the same time."""
    crew = _crew_of(this.run_id)
    if crew is None or this.asset not in crew.works:
        return None
    return crew.build_here(this, build) if crew.is_threaded and this.asset not in crew.beneath else crew.job_of(this.asset)


def selected(context: dg.AssetExecutionContext, events: Iterable[Event], built: AssetRun | Job) -> Iterator[Event]:
    """The selected events of an asset: its selected checks, and its materialization with the reason of the build."""
    wanted = {key.name for key in context.selected_asset_check_keys}
    for event in events:
        if isinstance(built, AssetRun):
            count(built, event)
        if isinstance(event, dg.AssetCheckResult):
            if event.check_name in wanted:
                yield event
        elif context.selected_asset_keys:
            yield with_reason(with_measures(event, built.measure), built.why)


def with_reason(event: dg.MaterializeResult[Any], why: str) -> dg.MaterializeResult[Any]:
    """A materialization with the reason why the asset was rebuilt, if there is one, and the lineage of its columns."""
    event = with_lineage(event)
    return event._replace(metadata={**(event.metadata or {}), "why it was rebuilt": why}) if why else event


def require_beneath(context: dg.AssetExecutionContext, this: AssetRun) -> None:
    """Wait for what the run rebuilds beneath an asset, and report it to Dagster as built by this run.

    Raises:
        dagster.Failure: A rebuilt asset did not pass its audit.
        MediabaseError: An asset could not be rebuilt.
    """
    below = registry.below(this.asset) | ({registry.BACKUP} if this.asset == registry.RELEASE else set())
    mine = {maker_of(key): reason for key, reason in beneath_of(this.run_id).items() if key in below}
    crew = _crew_of(this.run_id) if mine and begin(context, this) else None
    if crew is None:
        return
    for key, reason in mine.items():
        job = crew.job_of(key)
        if job is None:  # something beneath it failed, and was reported by an earlier step
            raise BuildError(
                f"{key} is stale and could not be rebuilt.", where=this.asset, next_step=f"See why {key} failed in the log of this run."
            )
        if crew.is_first_to_report(job):
            for event in sorted(
                job.events, key=lambda e: isinstance(e, dg.AssetCheckResult)
            ):  # a check counts for the materialization before it
                _report(context, event, reason, job)
        if job.error is not None:
            raise job.error


def _report(context: dg.AssetExecutionContext, event: Event, reason: str, job: Job) -> None:
    """Report what was rebuilt beneath the assets of a run; an asset that turned out to be up to date keeps its record."""
    if isinstance(event, dg.AssetCheckResult):
        assert event.asset_key is not None
        assert event.check_name is not None
        context.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=event.asset_key,
                check_name=event.check_name,
                passed=event.passed,
                metadata=normalized(event.metadata),
                severity=event.severity,
                description=event.description,
            )
        )
    elif not is_kept(event.metadata):
        assert event.asset_key is not None
        version = {"dagster/data_version": event.data_version.value} if event.data_version else {}
        shown = with_reason(with_measures(event, job.measure), reason)
        context.log_event(dg.AssetMaterialization(event.asset_key, metadata=shown.metadata, tags=version))


def await_build(run_id: str, key: str) -> None:
    """Wait until an asset that is built ahead is built, or failed; return at once for any other."""
    crew = _crew_of(run_id)
    if crew is not None and key in crew.works:
        crew.job_of(key)


def note_end(run_id: str, key: str) -> None:
    """The step of an asset has ended, in a run that runs several steps at the same time."""
    crew = _crew_of(run_id)
    if crew is not None and key in crew.works:
        crew.note_end(key)


def resume(run_id: str) -> None:
    """A step of a run is retried after a lost connection."""
    crew = _crew_of(run_id)
    if crew is not None:
        crew.resume()


def end(run_id: str) -> None:
    """A run ends: stop builds for it that no step asked for."""
    crew = _crew_of(run_id)
    if crew is not None:
        crew.end()
