"""Runs that somebody cancelled while their steps are at work in threads, which no signal reaches."""

_interrupted: set[str] = set()


def interrupt(run_id: str) -> None:
    """Note that a run is cancelled: what fails in it from now on was stopped on purpose."""
    _interrupted.add(run_id)


def is_interrupted(run_id: str) -> bool:
    """Whether a run of this process is cancelled."""
    return run_id in _interrupted


def forget(run_id: str) -> None:
    """A run has ended."""
    _interrupted.discard(run_id)
