"""Building ahead: as many assets at once as there are cores for it, in the order in which they are needed most.

Dagster runs the steps of a process one after the other; a build is one session of PostgreSQL, which uses one core. In a
run that ends in a release a crew of threads builds every asset as soon as its inputs are done, those first from which the longest
way leads to the end, each in a session of its own, beginning while the backup is written. The step of an asset, when its
turn comes, waits for it and tells what was built or raises what went wrong: order, events, failures and re-execution are
those of the steps. In a run that rebuilds everything that a person selected without the release nothing is built ahead.

What is stale beneath the assets of a run is built by the same crew; the first step that needs it waits, and reports it.
"""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from mediabase_assets.lib import catalogue
from mediabase_assets.lib.opening import beneath_of
from mediabase_assets.lib.session import cancel_statement_of
from mediabase_assets.lib.step import Step
from mediabase_assets.lib.telling import is_kept, normalized, planned_assets, will_release
from mediabase_assets.lib.transient import is_transient
from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.stages import Stage

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult
Build = Callable[[Step], Iterable[Event]]

#: Seconds to wait at the end of a run for a build that nobody asked for, after it was told to stop.
PATIENCE = 10
CORES = os.cpu_count() or 1
#: How many assets are built at once; more would need memory of the server that other people want.
HANDS = max(2, min(CORES, 4))
#: The one step that makes two assets goes by the name of the first.
_SAME_STEP = {"extraction/legacy_payloads": catalogue.SNAPSHOT}


@dataclass(frozen=True)
class Work:
    """How to build an asset.

    Attributes:
        key: The asset.
        needs: What has to be done before.
        cost: Seconds in proportion to others.
        stage: Stage of the owner's process.
        build: The build itself.
        by_its_step: Whether its own step builds it if the run has one, and the crew only beneath the assets of a run.
    """

    key: str
    needs: frozenset[str]
    cost: float
    stage: Stage
    build: Build
    by_its_step: bool = False


@dataclass
class _Job:
    """One build under way, or ended."""

    events: list[Event] = field(default_factory=list)
    error: Exception | None = None
    is_over: bool = False
    is_reported: bool = False
    why: str = ""


class _Crew:
    """The threads that build for one run; all of it is guarded by one condition."""

    def __init__(self, steps: frozenset[str], first: Step, beneath: Collection[str] = ()) -> None:
        self.first, self.beneath = first, frozenset(_SAME_STEP.get(key, key) for key in beneath)
        self.works = {k: w for k, w in _works.items() if k in self.beneath or (k in steps and not w.by_its_step)}
        self.ways = {key: _way(work, self.works) for key, work in self.works.items()}
        self.jobs: dict[str, _Job] = {}
        self.changed = threading.Condition()
        self.is_halted = self.is_over = False
        self.threads = [threading.Thread(target=self._build_on, daemon=True, name=f"mediabase builder {n}") for n in range(HANDS)]
        for thread in self.threads:
            thread.start()

    def job_of(self, key: str) -> _Job | None:
        """The build of an asset, when it is over; None if the crew cannot begin it."""
        with self.changed:
            while True:
                job = self.jobs.get(key)
                if job is not None and job.is_over:
                    return job
                if job is None and self.is_halted and all(j.is_over for j in self.jobs.values()):
                    self.is_halted = False  # what was lost waits for its own step, which may try again or not
                    self.changed.notify_all()
                if job is None and (self.is_over or not self._is_coming(self.works[key])):
                    return None
                self.changed.wait()

    def resume(self) -> None:
        """Go on after the loss of a connection; builds that failed by it are begun anew."""
        with self.changed:
            self.is_halted = False
            self.jobs = {key: job for key, job in self.jobs.items() if job.error is None or not is_transient(job.error)}
            self.changed.notify_all()

    def end(self) -> None:
        """Begin nothing more, and stop what is under way."""
        with self.changed:
            self.is_over = True
            self.changed.notify_all()
        for thread in self.threads:
            if thread.is_alive():
                cancel_statement_of(thread)
        for thread in self.threads:
            thread.join(PATIENCE)

    def _is_coming(self, work: Work) -> bool:
        """Whether it will be built: nothing that it needs has failed."""
        jobs = ((key, self.jobs.get(key)) for key in work.needs if key in self.works)
        return all(self._is_coming(self.works[key]) if job is None else job.error is None for key, job in jobs)

    def _is_ready(self, work: Work) -> bool:
        jobs = (self.jobs.get(key) for key in work.needs if key in self.works)
        return all(job is not None and job.is_over and job.error is None for job in jobs)

    def _next(self) -> tuple[Work, _Job] | None:
        """What to build next, once something can be built; None when the run is over."""
        with self.changed:
            while not self.is_over:
                ready = [] if self.is_halted else [w for w in self.works.values() if w.key not in self.jobs and self._is_ready(w)]
                if ready:
                    work = max(ready, key=lambda w: (self.ways[w.key], w.key))
                    self.jobs[work.key] = job = _Job()
                    return work, job
                self.changed.wait()
        return None

    def _build_on(self) -> None:
        while (found := self._next()) is not None:
            work, job = found
            this = replace(
                self.first, asset=work.key, stage=work.stage, started_at=datetime.now(UTC), detail={}, spent={}, why="",
                keeps=self.first.keeps or work.key in self.beneath, has_company=HANDS >= CORES,
            )  # fmt: skip
            try:
                for event in work.build(this):
                    job.events.append(event)
            except Exception as error:  # noqa: BLE001  # the step raises it
                job.error = error
            with self.changed:
                job.is_over, job.why = True, this.why
                # others would fail by the same loss, one after the other
                self.is_halted |= job.error is not None and is_transient(job.error)
                self.changed.notify_all()


def _way(work: Work, works: dict[str, Work]) -> float:
    """The costs of an asset and of the dearest way from it to the end of the run."""
    after = [_way(other, works) for other in works.values() if work.key in other.needs]
    return work.cost + max(after, default=0)


_works: dict[str, Work] = {}
_crews: dict[str, _Crew] = {}


def register(work: Work) -> None:
    """Make an asset known; its definition does so once."""
    _works[work.key] = replace(work, needs=frozenset(_SAME_STEP.get(key, key) for key in work.needs))


def begin(context: dg.AssetExecutionContext, this: Step) -> bool:
    """Begin to build ahead, if the run is one that is built ahead and nobody has begun; whether it is."""
    beneath = beneath_of(this.run_id)
    if context.run.asset_selection and not this.keeps and not will_release(context) and not beneath:
        return False
    if this.run_id not in _crews:
        _crews[this.run_id] = _Crew(planned_assets(context), this, beneath)
    return True


def events_of(context: dg.AssetExecutionContext, this: Step, build: Build) -> Iterator[Event]:
    """What a step tells: what was built ahead of it, when that is over; or what it builds itself."""
    job = _crews[this.run_id].job_of(this.asset) if begin(context, this) and this.asset in _crews[this.run_id].works else None
    # of a failed audit too: its findings come before the failure
    yield from selected(context, build(this) if job is None else job.events, this if job is None else job)
    if job is not None and job.error is not None:
        raise job.error


def selected(context: dg.AssetExecutionContext, events: Iterable[Event], built: Step | _Job) -> Iterator[Event]:
    """Those events of an asset that the step was asked for: its checks that are selected, and itself with the reason of the build."""
    wanted = {key.name for key in context.selected_asset_check_keys}
    for event in events:
        if isinstance(event, dg.AssetCheckResult):
            if event.check_name in wanted:
                yield event
        elif context.selected_asset_keys:
            yield with_reason(event, built.why)


def with_reason(event: dg.MaterializeResult[Any], why: str) -> dg.MaterializeResult[Any]:
    """A materialization with the reason why the asset was rebuilt, if there is one."""
    return event._replace(metadata={**(event.metadata or {}), "why it was rebuilt": why}) if why else event


def require_beneath(context: dg.AssetExecutionContext, this: Step) -> None:
    """Wait for what the run rebuilds beneath an asset, and report it to Dagster as made by this run.

    Raises:
        dagster.Failure: Something of it did not pass its audit.
        MediabaseError: It could not be built.
    """
    below = catalogue.below(this.asset) | ({catalogue.BACKUP} if this.asset == catalogue.RELEASE else set())
    mine = {_SAME_STEP.get(key, key): reason for key, reason in beneath_of(this.run_id).items() if key in below}
    if not mine or not begin(context, this):
        return
    crew = _crews[this.run_id]
    for key, reason in mine.items():
        job = crew.job_of(key)
        if job is None:  # something beneath it failed, and was reported by an earlier step
            raise BuildError(
                f"{key} is stale and could not be rebuilt.", where=this.asset, next_step=f"See why {key} failed in the log of this run."
            )
        if not job.is_reported:
            job.is_reported = True
            for event in sorted(job.events, key=lambda e: isinstance(e, dg.AssetCheckResult)):  # checks count for what was told before
                _report(context, event, reason)
        if job.error is not None:
            raise job.error


def _report(context: dg.AssetExecutionContext, event: Event, reason: str) -> None:
    """Record what was rebuilt beneath the assets of a run; what turned out to be up to date is as it was."""
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
        context.log_event(dg.AssetMaterialization(event.asset_key, metadata=with_reason(event, reason).metadata, tags=version))


def await_build(run_id: str, key: str) -> None:
    """Wait until an asset that is built ahead is built, or failed; for any other nothing is waited."""
    crew = _crews.get(run_id)
    if crew is not None and key in crew.works:
        crew.job_of(key)


def resume(run_id: str) -> None:
    """A step of a run is done again after a loss that has passed."""
    crew = _crews.get(run_id)
    if crew is not None:
        crew.resume()


def forget(run_id: str) -> None:
    """A run has ended: stop what was built ahead for it and never asked for."""
    crew = _crews.pop(run_id, None)
    if crew is not None:
        crew.end()
