"""The runs that this process executes in threads: that they last longer than each of their steps, and whether one was canceled.

No signal reaches a step that is at work in a thread.
"""

_threaded: set[str] = set()
_interrupted: set[str] = set()


def begin(run_id: str) -> None:
    """The steps of a run are executed beside each other from now on; what the run holds is kept until `end`."""
    _threaded.add(run_id)


def is_threaded(run_id: str) -> bool:
    """Whether the steps of a run are executed beside each other."""
    return run_id in _threaded


def interrupt(run_id: str) -> None:
    """Note that a run is cancelled: what fails in it from now on was stopped on purpose."""
    _interrupted.add(run_id)


def is_interrupted(run_id: str) -> bool:
    """Whether a run is cancelled."""
    return run_id in _interrupted


def end(run_id: str) -> None:
    """The run has ended."""
    _threaded.discard(run_id)
    _interrupted.discard(run_id)
