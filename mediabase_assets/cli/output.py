"""Where terminal output goes, and how an error is printed: what, where, what to do next; never a traceback.

Contains the two consoles and the exit codes. How a command ends is in `exit`.
"""

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from rich.console import Console
from rich.markup import escape

from mediabase_assets.model.errors import ConfigurationError, MediabaseError

_FILE_WIDTH = 132
#: Why standard output could not be written, if it could not.
LOST_OUTPUT: list[OSError] = []


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130


class Outlet(io.TextIOWrapper):
    """A file that is written to; once that fails, the main thread ends with the error, and other threads continue without output.

    A run must not fail because its progress is no longer read.
    """

    def write(self, text: str) -> int:
        """Write a text."""
        self._try(lambda: super(Outlet, self).write(text))
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        self._try(super().flush)

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            LOST_OUTPUT.append(error)
            if threading.current_thread() is threading.main_thread():
                raise


def terminal(*, stderr: bool = False) -> Console:
    """A console on this process's output, or on its errors.

    It keeps a descriptor of its own, so that Dagster's redirection of stdout during a run does not garble it. Files and
    pipes get lines of a fixed width and no control sequences.
    """
    stream = sys.stderr if stderr else sys.stdout
    try:
        number = stream.fileno()
    except (OSError, ValueError, AttributeError):  # a test's stream
        return Console(file=stream, width=_FILE_WIDTH, highlight=False)
    file = Outlet(os.fdopen(os.dup(number), "wb"), encoding=stream.encoding or "utf-8", errors="replace")
    width = None if stream.isatty() else _FILE_WIDTH
    return Console(file=file, width=width, highlight=False, soft_wrap=not stream.isatty())


def is_interactive(console: Console) -> bool:
    """Whether progress may redraw itself: a terminal, and no continuous integration."""
    return console.is_terminal and not console.is_dumb_terminal and not os.environ.get("CI")


def print_error(console: Console, error: MediabaseError) -> Exit:
    """Print an error and return the exit code that it means."""
    console.print(f"[bold red]Error:[/] {escape(error.what)}", soft_wrap=True)
    if error.where:
        console.print(f"  where: {escape(error.where)}", soft_wrap=True)
    if error.next_step:
        console.print(f"  next:  {escape(error.next_step)}", soft_wrap=True)
    return Exit.USAGE if isinstance(error, ConfigurationError) else Exit.FAILED


@contextmanager
def waiting(console: Console, text: str) -> Iterator[None]:
    """Say what is being waited for: a spinner on a terminal, one line elsewhere."""
    if is_interactive(console):
        with console.status(text):
            yield
        return
    console.print(text)
    yield
