"""A child process of the web UI: its start, its log, whether it runs, its end.

Which processes there are, and what they serve, is in `ui`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mediabase_assets.cli import attended
from mediabase_assets.cli.error_details import without_secrets
from mediabase_assets.model.errors import ServerError

#: Seconds that a child has to end after TERM.
STOP_TIMEOUT = 15.0
#: Bytes at which a log of a child is set aside; one older one is kept.
LARGEST_LOG = 10_000_000


@dataclass(frozen=True)
class Child:
    """A child process, and where its output goes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def child(name: str, arguments: list[str], logs: Path, *, finishes: bool = False) -> Iterator[Child]:
    """A process in a session of its own, stopped at the end by TERM, by KILL if that is not enough.

    Args:
        name: What it is called, in messages and for its log.
        arguments: The module that it runs, and what that is given.
        logs: Folder of the logs.
        finishes: If this process is killed, the child may finish what it is at; any other has `STOP_TIMEOUT`.
    """
    module, *rest = arguments
    log = logs / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            attended.command(module, *rest, seconds=0 if finishes else STOP_TIMEOUT),
            stdin=subprocess.PIPE,  # never written to; the child ends when it is closed
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Child(name, process, log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdin is not None
        process.stdin.close()


def require_alive(children: Iterable[Child]) -> None:
    """Check that all of them run.

    Raises:
        ServerError: One ended by itself.
    """
    for one in children:
        code = one.process.poll()
        if code is not None:
            raise ServerError(
                f"Dagster's {one.name} ended by itself with code {code}: {last_words(one.log)}",
                where=str(one.log),
                next_step="Read the end of that file, then start `mediabase ui` again.",
            )


def last_words(log: Path) -> str:
    """The last line of a log that is not part of a stack."""
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip() and not line.startswith((" ", "Traceback"))]
    except OSError:
        lines = []
    return without_secrets(lines[-1].strip()) if lines else "its log is empty."


def set_large_logs_aside(children: Iterable[Child]) -> None:
    """Copy a log that has grown large and empty it: its process continues to append to the same file."""
    for one in children:
        if one.log.stat().st_size > LARGEST_LOG:
            shutil.copyfile(one.log, one.log.with_suffix(".1.log"))
            os.truncate(one.log, 0)
