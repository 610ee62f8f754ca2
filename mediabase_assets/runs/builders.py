"""The crew of one run: threads that build assets as soon as their inputs are done, and steps that build their own.

Which runs have a crew, and what the steps of a run report of its builds, is decided in `parallel`.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
import psycopg

from mediabase_assets.model.errors import BuildError, MediabaseError
from mediabase_assets.model.stages import Stage
from mediabase_assets.monitoring.measure import Measure
from mediabase_assets.postgres.session import cancel_statement_of
from mediabase_assets.postgres.transient_errors import is_transient
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import before
from mediabase_assets.runs.measuring import count, measured
from mediabase_assets.runs.scope import run_of
from mediabase_assets.runs.step_keys import asset_of, step_of
from mediabase_assets.runs.time_limit import TimeLimit, time_limit

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult
Build = Callable[[AssetRun], Iterable[Event]]

#: Seconds to wait at the end of a run for a build that no step asked for, after its statement was canceled.
PATIENCE = 10
CORES = os.cpu_count() or 1


def maker_of(key: str) -> str:
    """The asset that the step of an asset is named after: the first of the two of the snapshot, any other asset itself.

    >>> maker_of("extraction/legacy_payloads"), maker_of("normalized/genes")
    ('extraction/legacy_rows', 'normalized/genes')
    """
    return asset_of(step_of(key))


@dataclass(frozen=True)
class Work:
    """How to build an asset.

    Attributes:
        key: The asset.
        needs: Assets that have to be built before.
        cost: Seconds that it takes, in proportion to other assets.
        stage: Stage of the owner's process.
        build: The build itself.
        by_its_step: Whether the crew builds it only beneath the assets of a run; otherwise its own step does.
    """

    key: str
    needs: frozenset[str]
    cost: float
    stage: Stage
    build: Build
    by_its_step: bool = False


@dataclass
class Job:
    """One build, running or ended.

    Attributes:
        events: What it has reported.
        error: Why it failed.
        is_over: Whether it has ended.
        is_reported: Whether a step has reported it to Dagster, where it is beneath the assets of a run.
        why: Why the asset was rebuilt.
        measure: What it took, where it was measured.
    """

    events: list[Event] = field(default_factory=list)
    error: Exception | None = None
    is_over: bool = False
    is_reported: bool = False
    why: str = ""
    measure: Measure | None = None


class Crew:
    """The builders of one run; one condition guards all of its attributes.

    Args:
        known: How to build each asset.
        steps: The assets of the run.
        first: Its first step, which knows the settings.
        beneath: The assets that are rebuilt beneath them.

    If several steps of the run run at the same time, each builds its own asset, and the threads only what is beneath.
    """

    def __init__(self, known: Mapping[str, Work], steps: frozenset[str], first: AssetRun, beneath: Collection[str] = ()) -> None:
        self.first, self.beneath = first, frozenset(map(maker_of, beneath))
        self.builders = first.settings.builders
        works = {k: w for k, w in known.items() if k in self.beneath or (k in steps and not w.by_its_step)}
        self.works = {k: replace(w, needs=w.needs & works.keys()) for k, w in works.items()}
        self.is_threaded = run_of(first.run_id).is_threaded
        self.mine = self.beneath if self.is_threaded else self.works.keys()
        self.ways = ways_of(self.works)
        self.jobs: dict[str, Job] = {}
        self.changed = threading.Condition()
        self.is_halted = self.is_over = False
        self.threads = [
            threading.Thread(target=self._build_on, daemon=True, name=f"mediabase builder {n}")
            for n in range(self.builders if self.mine else 0)
        ]
        for thread in self.threads:
            thread.start()

    def job_of(self, key: str) -> Job | None:
        """Wait for the build of an asset and return it; None if the crew cannot begin it."""
        with self.changed:
            while True:
                job = self.jobs.get(key)
                if job is not None and job.is_over:
                    return job
                if job is None and self.is_halted and all(j.is_over for j in self.jobs.values()):
                    self.is_halted = False  # a lost build is left to its own step, which may retry it
                    self.changed.notify_all()
                if job is None and (self.is_over or not self._is_coming(key)):
                    return None
                self.changed.wait()

    def build_here(self, this: AssetRun, build: Build) -> Job:
        """Build an asset in the thread of its own step, so that other steps can wait for it."""
        this.has_company = self.builders >= CORES
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
        """Continue after a lost connection; builds that it ended are begun again."""
        with self.changed:
            self.is_halted = False
            self.jobs = {key: job for key, job in self.jobs.items() if job.error is None or not is_transient(job.error)}
            self.changed.notify_all()

    def is_first_to_report(self, job: Job) -> bool:
        """Whether no other step has reported this build."""
        with self.changed:
            is_first, job.is_reported = not job.is_reported, True
        return is_first

    def end(self) -> None:
        """Begin no more builds, and stop those that are running."""
        with self.changed:
            self.is_over = True
            self.changed.notify_all()
        for thread in self.threads:
            if thread.is_alive():
                cancel_statement_of(thread)
        for thread in self.threads:
            thread.join(PATIENCE)

    def _is_coming(self, key: str) -> bool:
        """Whether an asset that was not begun will be built: no build that it needs has failed."""
        not_begun = {k: work.needs for k, work in self.works.items() if k not in self.jobs}
        return all(self.jobs[k].error is None for k in before(key, not_begun) & self.jobs.keys())

    def _is_ready(self, key: str) -> bool:
        # not by a TopologicalSorter: steps build out of its order, and a build that is begun again cannot be taken back from it
        return all(job is not None and job.is_over and job.error is None for job in map(self.jobs.get, self.works[key].needs))

    def _next(self) -> tuple[Work, Job] | None:
        """Wait for an asset that can be built, and return it; None when the run is over."""
        with self.changed:
            while not self.is_over:
                ready = [] if self.is_halted else [k for k in self.mine if k not in self.jobs and self._is_ready(k)]
                if ready:
                    key = max(ready, key=lambda k: (self.ways[k], k))
                    self.jobs[key] = job = Job()
                    return self.works[key], job
                self.changed.wait()
        return None

    def _build_on(self) -> None:
        while (next_build := self._next()) is not None:
            work, job = next_build
            this = replace(
                self.first, asset=work.key, stage=work.stage, started_at=datetime.now(UTC), spent={}, why="",
                keeps=self.first.keeps or work.key in self.beneath, has_company=self.builders >= CORES,
                measure=None, is_kept=False, rows=None, warnings=0, errors=0,
            )  # fmt: skip
            with time_limit(this.settings, this.asset) as limit:
                # other builds would fail by the same lost connection, one after the other
                self._do(job, this, limited(work.build, limit), halts=True)

    def _do(self, job: Job, this: AssetRun, build: Build, *, halts: bool = False) -> None:
        """Build in the thread of the caller; with `halts`, a lost connection keeps the threads from beginning other builds."""
        try:
            with measured(this, is_build=True):
                for event in build(this):
                    count(this, event)
                    job.events.append(event)
        except Exception as error:  # noqa: BLE001  # the step raises it
            job.error = error
        with self.changed:
            job.is_over, job.why, job.measure = True, this.why, this.measure
            self.is_halted |= halts and job.error is not None and is_transient(job.error)
            self.changed.notify_all()


def limited(build: Build, limit: TimeLimit) -> Build:
    """A build that fails by its time limit if that is why it failed."""

    def within(this: AssetRun) -> Iterator[Event]:
        try:
            yield from build(this)
        except (MediabaseError, psycopg.Error) as error:
            if limit.is_exceeded:
                raise limit.error() from error
            raise

    return within


def ways_of(works: Mapping[str, Work]) -> dict[str, float]:
    """Cost of the most expensive path from each asset to the end of a run of these, with its own."""
    ways: dict[str, float] = {}
    after: defaultdict[str, float] = defaultdict(float)
    order = TopologicalSorter({key: work.needs & works.keys() for key, work in works.items()}).static_order()
    for key in reversed([*order]):
        ways[key] = works[key].cost + after[key]
        for need in works[key].needs:
            after[need] = max(after[need], ways[key])
    return ways
