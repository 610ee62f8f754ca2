"""A project of its own for the tests of the command line: the real program, a real server, a folder that goes away."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from mediabase_assets.postgres import connect as database
from mediabase_assets.postgres.embedded import server
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import clean_environment, forget_environment


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


class Project:
    """A MEDIABASE_HOME, and the command in it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def environment(self) -> dict[str, str]:
        kept = clean_environment()
        return kept | {"MEDIABASE_HOME": str(self.home), "COLUMNS": "200"}

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "mediabase_assets.cli", *arguments]
        return subprocess.Popen(
            command, env=self.environment | environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # a shell that starts the tests in the background has Ctrl-C ignored, and what it starts inherits that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def run(self, *arguments: str, **environment: str) -> Done:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in out + err
        return Done(process.returncode, out, err)

    def migrate(self, *arguments: str) -> Done:
        return self.run("migrate", "--skip-confirmation", *arguments)

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return database.connect(load_settings(home=self.home, database={"host": None}), autocommit=True)

    def value(self, query: str, *values: object) -> object:
        with self.connect() as conn:
            row = conn.execute(query, values or None).fetchone()  # type: ignore[call-overload]
            return row[0]

    def interrupt_when(self, is_time: Callable[[], bool], number: signal.Signals, *arguments: str) -> Done:
        """Start a command and send it a signal as soon as something is so."""
        process = self.start(*arguments)
        end = time.monotonic() + 120
        while not is_time() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in out + err
        return Done(process.returncode, out, err)


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    """A project without anything in it; the tests of a module share it."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-cli-"))
    parent.chmod(0o755)
    try:
        yield Project(parent / "home")
    finally:
        server.remove(parent / "home")
        shutil.rmtree(parent)


@pytest.fixture(autouse=True)
def _embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_environment(monkeypatch)
