"""Those who build for one run: threads that build assets as soon as their inputs are done, and steps that build their own.

Which runs have such a crew, and what the steps of a run report of its builds, is decided in `parallel`.
"""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.stages import Stage
from mediabase_assets.postgres.session import cancel_statement_of
from mediabase_assets.postgres.transient_errors import is_transient
from mediabase_assets.runs import scope
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import asset_of, step_of

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult
Build = Callable[[AssetRun], Iterable[Event]]

#: Seconds to wait at the end of a run for a build that nobody asked for, after it was told to stop.
PATIENCE = 10
CORES = os.cpu_count() or 1
#: How many assets are built at once; more would need memory of the server that other people want.
HANDS = max(2, min(CORES, 4))


def maker_of(key: str) -> str:
    """The asset by whose name the step that makes an asset goes: the first of the two of the snapshot, any other its own.

    >>> maker_of("extraction/legacy_payloads"), maker_of("normalized/genes")
    ('extraction/legacy_rows', 'normalized/genes')
    """
    return asset_of(step_of(key))


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
class Job:
    """One build under way, or ended.

    Attributes:
        events: What it reported so far.
        error: Why it failed.
        is_over: Whether it has ended.
        is_reported: Whether a step reported it to Dagster; of what is rebuilt beneath the assets of a run.
        why: Why the asset was rebuilt.
    """

    events: list[Event] = field(default_factory=list)
    error: Exception | None = None
    is_over: bool = False
    is_reported: bool = False
    why: str = ""


class Crew:
    """Those who build for one run; all of it is guarded by one condition.

    Args:
        known: All works, by asset.
        steps: The assets of the run.
        first: Its first step, which knows the settings.
        beneath: The assets that are rebuilt beneath them.

    If the steps of the run are executed beside each other, each builds its own asset, and the threads only what is beneath.
    """

    def __init__(self, known: Mapping[str, Work], steps: frozenset[str], first: AssetRun, beneath: Collection[str] = ()) -> None:
        self.first, self.beneath = first, frozenset(map(maker_of, beneath))
        self.works = {k: w for k, w in known.items() if k in self.beneath or (k in steps and not w.by_its_step)}
        self.is_threaded = scope.is_threaded(first.run_id)
        self.mine = self.beneath if self.is_threaded else self.works.keys()
        self.ways = {key: way(work, self.works) for key, work in self.works.items()}
        self.jobs: dict[str, Job] = {}
        self.changed = threading.Condition()
        self.is_halted = self.is_over = False
        self.threads = [
            threading.Thread(target=self._build_on, daemon=True, name=f"mediabase builder {n}") for n in range(HANDS if self.mine else 0)
        ]
        for thread in self.threads:
            thread.start()

    def job_of(self, key: str) -> Job | None:
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

    def build_here(self, this: AssetRun, build: Build) -> Job:
        """Build an asset in the thread of its own step, where others can wait for it."""
        this.has_company = HANDS >= CORES
        with self.changed:
            self.jobs[this.asset] = job = Job()
        self._do(job, this, build)
        return job

    def note_end(self, key: str) -> None:
        """The step of an asset has ended; one that could not begin to build it counts as failed."""
        with self.changed:
            job = self.jobs.setdefault(key, Job())
            if not job.is_over:
                job.error = BuildError("The step did not begin to build.", where=key, next_step="See why in the log of this run.")
                job.is_over = True
            self.changed.notify_all()

    def resume(self) -> None:
        """Go on after the loss of a connection; builds that failed by it are begun anew."""
        with self.changed:
            self.is_halted = False
            self.jobs = {key: job for key, job in self.jobs.items() if job.error is None or not is_transient(job.error)}
            self.changed.notify_all()

    def is_first_to_report(self, job: Job) -> bool:
        """Whether no other step reported, or reports, what was built."""
        with self.changed:
            is_first, job.is_reported = not job.is_reported, True
        return is_first

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

    def _next(self) -> tuple[Work, Job] | None:
        """What to build next, once something can be built; None when the run is over."""
        with self.changed:
            while not self.is_over:
                ready = [] if self.is_halted else [self.works[k] for k in self.mine if k not in self.jobs and self._is_ready(self.works[k])]
                if ready:
                    work = max(ready, key=lambda w: (self.ways[w.key], w.key))
                    self.jobs[work.key] = job = Job()
                    return work, job
                self.changed.wait()
        return None

    def _build_on(self) -> None:
        while (found := self._next()) is not None:
            work, job = found
            this = replace(
                self.first, asset=work.key, stage=work.stage, started_at=datetime.now(UTC), spent={}, why="",
                keeps=self.first.keeps or work.key in self.beneath, has_company=HANDS >= CORES,
            )  # fmt: skip
            # others would fail by the same loss, one after the other
            self._do(job, this, work.build, halts=True)

    def _do(self, job: Job, this: AssetRun, build: Build, *, halts: bool = False) -> None:
        """Build, in whichever thread; with `halts` a loss that may pass keeps the threads from beginning anything."""
        try:
            for event in build(this):
                job.events.append(event)
        except Exception as error:  # noqa: BLE001  # the step raises it
            job.error = error
        with self.changed:
            job.is_over, job.why = True, this.why
            self.is_halted |= halts and job.error is not None and is_transient(job.error)
            self.changed.notify_all()


def way(work: Work, works: dict[str, Work]) -> float:
    """The costs of an asset and of the dearest way from it to the end of the run."""
    after = [way(other, works) for other in works.values() if work.key in other.needs]
    return work.cost + max(after, default=0)
