"""Building ahead: while the step of one asset works, one more that is ready is built on another core.

Dagster runs the steps of a process one after the other; a build is one session of PostgreSQL, which uses one core. In
a run of the whole job, each step therefore starts the costliest asset whose inputs are done, in a session of its own.
The step of that asset, when its turn comes, tells what was built or raises what went wrong: order, events, failures
and re-execution are those of the steps. In a run of assets that a person selected nothing is built ahead.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import psycopg

from mediabase_assets.lib.session import cancel_statement_of
from mediabase_assets.lib.step import Step
from mediabase_assets.lib.telling import planned_assets
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.stages import Stage

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult
Build = Callable[[Step], Iterable[Event]]

#: Seconds to wait at the end of a run for a build that nobody asked for, after it was told to stop.
PATIENCE = 10


@dataclass(frozen=True)
class Work:
    """How to build an asset: what has to be done before, what it costs in proportion, and the build itself."""

    key: str
    needs: frozenset[str]
    cost: float
    stage: Stage
    build: Build


@dataclass
class _Job:
    """One build under way on a thread of its own."""

    thread: threading.Thread
    events: list[Event] = field(default_factory=list)
    error: MediabaseError | dg.Failure | psycopg.Error | None = None
    is_done: bool = False


@dataclass
class _Lane:
    """What one run is to make, has made, and is making ahead."""

    steps: frozenset[str]
    done: set[str] = field(default_factory=set)
    jobs: dict[str, _Job] = field(default_factory=dict)


_works: dict[str, Work] = {}
_lanes: dict[str, _Lane] = {}


def register(work: Work) -> None:
    """Make an asset known; its definition does so once."""
    _works[work.key] = work


def events_of(context: dg.AssetExecutionContext, this: Step, build: Build) -> Iterator[Event]:
    """What a step tells: built ahead of it, or now, with another asset started beside it."""
    if context.run.asset_selection and not this.keeps:
        yield from build(this)
        return
    lane = _lanes.setdefault(context.run.run_id, _Lane(planned_assets(context) & _works.keys()))
    job = lane.jobs.pop(this.asset, None)
    if job is not None:
        job.thread.join()
    if job is not None and (job.is_done or job.error is not None):
        yield from job.events  # of a failed audit too: its findings come before the failure
        if job.error is not None:
            raise job.error
    else:
        _start_next(lane, this)
        yield from build(this)
    lane.done.add(this.asset)


def _start_next(lane: _Lane, this: Step) -> None:
    """Start the costliest asset that is ready, unless one is under way."""
    if any(job.thread.is_alive() for job in lane.jobs.values()):
        return
    taken = lane.done | lane.jobs.keys() | {this.asset}
    ready = [w for w in _works.values() if w.key in lane.steps - taken and w.needs & lane.steps <= lane.done]
    if not ready:
        return
    work = max(ready, key=lambda w: (w.cost, w.key))
    job = _Job(threading.Thread(target=lambda: _run(work, job, this), daemon=True, name=work.key))
    lane.jobs[work.key] = job
    job.thread.start()


def _run(work: Work, job: _Job, beside: Step) -> None:
    this = replace(beside, asset=work.key, stage=work.stage, started_at=datetime.now(UTC), detail={})
    try:
        for event in work.build(this):
            job.events.append(event)
        job.is_done = True
    except (MediabaseError, dg.Failure, psycopg.Error) as error:
        job.error = error


def drop_failed(run_id: str) -> None:
    """Forget what failed ahead because a crash had emptied its inputs, now that they are there again."""
    lane = _lanes.get(run_id)
    for key, job in [*lane.jobs.items()] if lane else ():
        if job.error is not None and not job.thread.is_alive():
            del lane.jobs[key]  # type: ignore[union-attr]


def forget(run_id: str) -> None:
    """A run has ended: stop what was built ahead for it and never asked for."""
    lane = _lanes.pop(run_id, None)
    for job in lane.jobs.values() if lane else ():
        if job.thread.is_alive():
            cancel_statement_of(job.thread)
            job.thread.join(PATIENCE)
