"""Which process works on a run: how it is recorded, and whether it is still alive.

A process is identified by its machine (host, boot, namespace of process numbers), its number, and the second in which it began,
so that it is not confused with another process of that number, or one in another container.
"""

import contextlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import psutil

#: Run tag that people read: "process 123 on host". Earlier releases wrote the content of `RECORD_TAG` into it.
WORKER_TAG = "mediabase/worker"
#: Run tag with the whole record as JSON. Dagster's UI does not list tags that begin with `.dagster/`; a re-execution
#: inherits it, therefore it names the run.
RECORD_TAG = ".dagster/mediabase_worker"
#: Seconds by which the start of a process may seem to move when the clock is set.
CLOCK = 2.0


class Life(StrEnum):
    """Whether a process is alive, as far as this machine can know."""

    ALIVE = "alive"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Worker:
    """A process that works on a run.

    Attributes:
        run_id: The run.
        host: Name of the machine.
        boot: Changes when the machine starts; with the namespace of process numbers, where the system has them.
        pid: Number of the process.
        began: When it began, in seconds since the epoch.
    """

    run_id: str
    host: str
    boot: str
    pid: int
    began: float

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def life(self) -> Life:
        """Whether it is alive."""
        if self.host != socket.gethostname():
            return Life.ELSEWHERE
        here = _boot()
        if self.boot != here:  # the machine was restarted; or another container of the same name, whose processes cannot be seen
            return Life.DEAD if self.boot.split()[0] != here.split()[0] else Life.ELSEWHERE
        try:
            process = psutil.Process(self.pid)
            is_it = abs(process.create_time() - self.began) <= CLOCK and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return Life.DEAD
        except psutil.AccessDenied:
            return Life.ALIVE
        return Life.ALIVE if is_it else Life.DEAD

    def as_tags(self) -> dict[str, str]:
        """The tags of its run: one for people, one for `worker_of`."""
        return {WORKER_TAG: str(self), RECORD_TAG: json.dumps(asdict(self))}


def this_worker(run_id: str) -> Worker:
    """The current process as the worker of a run."""
    return Worker(run_id, socket.gethostname(), _boot(), os.getpid(), psutil.Process().create_time())


def worker_of(run_id: str, tags: Mapping[str, str]) -> Worker | None:
    """The process that the tags of a run name; None if they do not name one, or name that of the run which this one repeats."""
    for tag in (RECORD_TAG, WORKER_TAG):  # the second for runs that an earlier release began
        with contextlib.suppress(ValueError, TypeError):
            worker = Worker(**json.loads(tags.get(tag, "")))
            if worker.run_id == run_id:
                return worker
    return None


def _boot() -> str:
    """Identifies this boot of the machine, and the namespace of its process numbers."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{int(psutil.boot_time()) // 60} -"
