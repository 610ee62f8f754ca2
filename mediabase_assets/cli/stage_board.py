"""The state of a running migration, by its twelve stages.

Contains counting only: events come from `mediabase_assets.runs.runner`, drawing is in `progress`. A stage's seconds
are those in which its assets were built; assets of different stages are built in parallel.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from mediabase_assets.model.stages import Stage
from mediabase_assets.runs.events import StepEvent

State = Literal["planned", "started", "done", "failed", "skipped", "kept"]


@dataclass
class StepState:
    """A step of the run. Times are seconds since the epoch."""

    asset: str
    stage: int | None
    state: State = "planned"
    rows: int = 0
    has_rows: bool = False
    started_at: float | None = None
    ended_at: float | None = None
    busy: float | None = None

    def seconds(self, now: float) -> float:
        """Seconds in which its asset was built, where the asset reports them; else those that the step took, or has taken so far.

        Assets are built in parallel and ahead of their steps: part of the time of a step is waiting.
        """
        if self.busy is not None:
            return self.busy
        if self.started_at is None:
            return 0.0
        return max((self.ended_at or now) - self.started_at, 0.0)


@dataclass(frozen=True)
class StageLine:
    """One stage of the board.

    Attributes:
        stage: The stage.
        state: `none` for a stage without assets of its own, `kept` for one whose assets were all up to date before the run.
        done: Steps done.
        total: Steps in all.
        rows: Rows of what is done; None if no step reported rows.
        seconds: Seconds of its steps.
        running: Assets being built.
        began_at: When its first step began, in seconds since the epoch; None if none did.
    """

    stage: Stage
    state: Literal["none", "waiting", "running", "done", "failed", "skipped", "kept"]
    done: int
    total: int
    rows: int | None
    seconds: float
    running: tuple[str, ...]
    began_at: float | None = None


@dataclass
class Board:
    """All steps of a run; fed by one thread, read by others."""

    steps: dict[str, StepState] = field(default_factory=dict)
    started_at: float = field(default_factory=time.time)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def feed(self, event: StepEvent) -> None:
        """Record an event."""
        with self._lock:
            step = self.steps.setdefault(event.step, StepState(event.asset, event.stage))
            if event.kind == "rows":
                step.rows += event.rows or 0
                step.has_rows |= event.rows is not None
                step.busy = max(step.busy or 0.0, event.seconds) if event.seconds is not None else step.busy
            elif event.kind == "started":
                step.state, step.started_at = "started", event.at
            elif event.kind != "planned":
                step.state, step.ended_at = event.kind, event.at

    def close(self) -> None:
        """Mark the steps that still run when the run has ended as failed: they were interrupted."""
        with self._lock:
            for step in self.steps.values():
                if step.state == "started":
                    step.state, step.ended_at = "failed", time.time()

    def lines(self) -> list[StageLine]:
        """The twelve stages as they are now."""
        now = time.time()
        with self._lock:
            return [_line(stage, [s for s in self.steps.values() if s.stage == stage], now) for stage in Stage]

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.time() - self.started_at


def _line(stage: Stage, steps: list[StepState], now: float) -> StageLine:
    has_kept = any(s.state == "kept" for s in steps)
    steps = [s for s in steps if s.state != "kept"]
    states = [s.state for s in steps]
    state: Literal["none", "waiting", "running", "done", "failed", "skipped", "kept"] = "running"
    if not steps:
        state = "kept" if has_kept else "none"
    elif "failed" in states:
        state = "failed"
    elif all(s == "planned" for s in states):
        state = "waiting"
    elif all(s == "done" for s in states):
        state = "done"
    elif all(s in ("done", "skipped") for s in states):
        state = "skipped"
    return StageLine(
        stage=stage,
        state=state,
        done=states.count("done"),
        total=len(steps),
        rows=sum(s.rows for s in steps) if any(s.has_rows for s in steps) else None,
        seconds=sum(s.seconds(now) for s in steps),
        running=tuple(s.asset for s in steps if s.state == "started"),
        began_at=min((s.started_at for s in steps if s.started_at is not None), default=None),
    )
