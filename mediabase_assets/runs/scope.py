"""What this process holds for each run that it works on: one object, which ends with the run.

A run whose steps are executed beside each other, in threads, lasts longer than each of its steps. No signal reaches a step that is
at work in a thread, so that its run says whether it was canceled. The lock of a run is in `records.lock`.
"""

import threading
from dataclasses import dataclass, field


@dataclass
class Run:
    """What is known of one run, and what works for it.

    Attributes:
        guard: Several steps may begin at the same time.
        migration_id: The migration that it works for; empty before its first step.
        policy: The policy for symbols of several genes that it keeps from the live release; None where the settings say it.
        beneath: What is rebuilt beneath its assets, with the reasons; None before its record is opened.
        planned: The assets of its plan, where it is not one of selected assets.
        crew: What builds ahead in it, of `builders`, which imports this module.
        sampler: What measures it, of `monitoring`; None before its first step, and where nothing is measured.
        is_threaded: Whether its steps are executed beside each other, so that it lasts until `end`.
        is_interrupted: Whether it is canceled: what fails in it from then on was stopped on purpose.
        is_noted: Whether Dagster knows which process works on it.
    """

    guard: threading.RLock = field(default_factory=threading.RLock)
    migration_id: str = ""
    policy: str | None = None
    beneath: dict[str, str] | None = None
    planned: frozenset[str] | None = None
    crew: object | None = None
    sampler: object | None = None
    is_threaded: bool = False
    is_interrupted: bool = False
    is_noted: bool = False


_runs: dict[str, Run] = {}


def run_of(run_id: str) -> Run:
    """What this process holds for a run; nothing yet where no step of it has begun."""
    return _runs.setdefault(run_id, Run())


def begin(run_id: str) -> None:
    """The steps of a run are executed beside each other from now on; what the run holds is kept until `end`."""
    run_of(run_id).is_threaded = True


def interrupt(run_id: str) -> None:
    """Note that a run is canceled."""
    run_of(run_id).is_interrupted = True


def is_interrupted(run_id: str) -> bool:
    """Whether a run is canceled."""
    return run_id in _runs and run_of(run_id).is_interrupted


def end(run_id: str) -> None:
    """The run has ended."""
    _runs.pop(run_id, None)
