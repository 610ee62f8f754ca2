"""How long a step may take: past its limit, what it does on the server is cancelled, and it fails with a next step.

A transaction that is cancelled is rolled back, that of the release among them. Python's own work ends at its next statement.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import psycopg

from mediabase_assets.model.errors import TimeLimitError
from mediabase_assets.model.quantities import duration
from mediabase_assets.postgres.connection import cancel_work_of
from mediabase_assets.settings.load import Settings

#: Seconds between two attempts to cancel; a statement may begin right after one.
AGAIN = 1.0
#: The layer whose steps wait for programs of PostgreSQL, and these.
_BACKUP, _PROGRAMS = "backup", ("pg_dump", "pg_restore", "psql")


class TimeLimit:
    """The limit of one step.

    Attributes:
        seconds: How long it may take.
        is_exceeded: Whether it took longer.
    """

    def __init__(self, asset: str, seconds: float) -> None:
        self.asset, self.seconds = asset, seconds
        self.is_exceeded = False

    def error(self) -> TimeLimitError:
        """What the step fails with if it is exceeded."""
        return TimeLimitError(
            f"The step took longer than {duration(self.seconds)} and was cancelled; what it did is rolled back.",
            where=self.asset,
            next_step="Raise stage_timeout_minutes (of layer validation also validation.validation_timeout, of a self-test "
            "testing.test_timeout), or see what the server waited for, then run again: it continues here.",
        )


@contextmanager
def time_limit(settings: Settings, asset: str) -> Iterator[TimeLimit]:
    """Cancel what this thread's sessions do, again and again, once the body has taken longer than a step may.

    Args:
        settings: Say how long.
        asset: The asset, `layer/relation`.
    """
    layer = asset.partition("/")[0]
    limit, thread, is_over = TimeLimit(asset, settings.step_seconds(layer)), threading.current_thread(), threading.Event()

    def watch() -> None:
        if is_over.wait(limit.seconds):
            return
        limit.is_exceeded = True
        while True:
            with suppress(psycopg.Error):  # a session that has just ended
                cancel_work_of(thread)
            if layer == _BACKUP:
                end_programs()
            if is_over.wait(AGAIN):
                return

    watcher = threading.Thread(target=watch, name=f"mediabase limit {asset}", daemon=True)
    watcher.start()
    try:
        yield limit
    finally:
        is_over.set()
        watcher.join()


def end_programs() -> None:
    """End the programs of PostgreSQL that steps of this process wait for."""
    with suppress(psutil.Error):
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if child.name() in _PROGRAMS:
                    child.terminate()
