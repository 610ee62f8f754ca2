"""The file with every event of a run: a run needs it to begin; a disk that is full later does not stop the run.

What is written is decided in `mediabase_assets.runs.runner`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TextIO

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import moment

#: Bytes that have to fit at the beginning: a file can be created on a disk without free space.
_TRIAL = 4096


def begin_log(folder: Path, name: str) -> Path:
    """Create the file of a run, empty.

    Raises:
        ConfigurationError: It cannot be written.
    """
    file = folder / name
    with _log_at(file):
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\n" * _TRIAL)
        file.write_bytes(b"")
    return file


def make_log_folder(folder: Path) -> Path:
    """Create the folder of the logs.

    Raises:
        ConfigurationError: It cannot be created.
    """
    with _log_at(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _log_at(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"The log cannot be written: {error.strerror}.",
            where=str(place),
            next_step="Free space there, or set MEDIABASE_HOME to a folder that you may write to.",
        ) from error


class RunLog:
    """The file, open for writing; text that does not fit is lost, and `problem` says so.

    Attributes:
        problem: What went wrong, in a sentence; empty if everything was written.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._file: TextIO | None = None
        self.problem = ""

    def __enter__(self) -> Self:
        with self._collecting_problem():
            self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with self._collecting_problem():
                self._file.close()

    def write(self, text: str) -> None:
        """Write, as long as that works."""
        if self._file is not None and not self.problem:
            with self._collecting_problem():
                self._file.write(text)

    def flush(self) -> None:
        """Flush to the operating system, as long as that works."""
        if self._file is not None and not self.problem:
            with self._collecting_problem():
                self._file.flush()

    @contextmanager
    def _collecting_problem(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.problem = self.problem or f"The log {self._path} is not complete: {error.strerror}. Free space on its disk."


class UtcFormatter(logging.Formatter):
    """A line of a log with its time in UTC, the logger's name and the message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's name
        """The time of the record with its zone."""
        return moment(record.created)


class QuietHandler(logging.FileHandler):
    """A log file that does not print errors of a full disk between the lines of the progress."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, encoding="utf-8")
        self.setFormatter(UtcFormatter())

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Do nothing: the run goes on, and its event reader reports that the log is not complete."""

    def close(self) -> None:
        """Close the file, also where the rest of the buffer does not fit."""
        try:
            super().close()
        except OSError:
            self.stream = None
