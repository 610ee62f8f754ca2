"""A process that migrates and kills itself at a point: before a statement of an asset, or when its transaction was committed.

The statements are counted in that process only, by the application name of their session. A run that records tells how
many there are, which is where the points come from.
"""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.pq import TransactionStatus

from mediabase_assets_tests.benchmarks.place import QUIET
from mediabase_assets_tests.pipeline import harness

#: Sessions that work for an asset without bearing its name.
OTHER_SESSIONS = ("prerequisites", "backup choice", "backup")
RELEASE = "release/current_release"


@dataclass(frozen=True, order=True)
class Point:
    """Where a process dies.

    Attributes:
        place: The asset, or what its session is called.
        when: `at` a statement, just before it is sent, or `after` a commit, before Dagster is told.
        number: Which one, from 1.
    """

    place: str
    when: Literal["at", "after"]
    number: int

    def __str__(self) -> str:
        return f"{self.place} {self.when} {self.number}"


class Watch:
    """Counts what the sessions of this process do, and calls `act` at each point."""

    def __init__(self, act: Callable[[Point], None]) -> None:
        self.act = act
        self.counts: Counter[tuple[str, Literal["at", "after"]]] = Counter()
        self._lock = threading.Lock()

    def note(self, conn: Any, when: Literal["at", "after"]) -> None:
        place = (conn.info.parameter_status("application_name") or "").removeprefix("mediabase ")
        if "/" not in place and place not in OTHER_SESSIONS:
            return
        with self._lock:
            self.counts[place, when] += 1
            number = self.counts[place, when]
        self.act(Point(place, when, number))

    def install(self) -> None:
        """Watch every session of this process from now on; there is no way back."""
        execute, leave, note = psycopg.Cursor.execute, psycopg.Transaction.__exit__, self.note

        def watched_execute(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            note(cursor.connection, "at")
            return execute(cursor, *args, **kwargs)

        def watched_leave(transaction: Any, kind: Any, *args: Any) -> Any:
            result = leave(transaction, kind, *args)
            if kind is None and transaction.connection.info.transaction_status == TransactionStatus.IDLE:
                note(transaction.connection, "after")
            return result

        psycopg.Cursor.execute = watched_execute  # type: ignore[method-assign]
        psycopg.Transaction.__exit__ = watched_leave  # type: ignore[method-assign]


def run_until(this: harness.Project, point: Point) -> bool:
    """Migrate in another process until that point kills it; False if the run ended without coming there."""

    def die(found: Point) -> None:
        if found == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return os.WIFSIGNALED(_in_child(this, Watch(die)))


def recorded(this: harness.Project, file: Path) -> list[Point]:
    """Migrate in another process to the end; returns the points that it came by."""
    status = _in_child(this, Watch(lambda _: None), file)
    assert status == 0, status
    return sorted(Point(place, when, number + 1) for place, when, count in json.loads(file.read_text()) for number in range(count))


def _in_child(this: harness.Project, watch: Watch, file: Path | None = None) -> int:
    """Fork, since what the definitions take to load would be paid at each point; returns the status of the child."""
    from mediabase_assets.definitions import defs

    job = defs().resolve_job_def("migrate")
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = 1
    try:  # the child; it never gets back to whoever called
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        watch.install()
        folder = this.settings.backup_dir.parent / "dagster"
        with this.environed(), harness.instance_in(folder) as instance:
            result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET)
        if file is not None:
            file.write_text(json.dumps([[place, when, count] for (place, when), count in watch.counts.items()]))
        code = 0 if result.success else 3
    finally:
        os._exit(code)
