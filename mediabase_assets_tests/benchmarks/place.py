"""Where benchmarks run: a server of their own in a temporary folder, with a legacy table in it; gone afterwards."""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from mediabase_assets.demo.build import build_demo
from mediabase_assets.legacy.files import load_legacy_file
from mediabase_assets.legacy.table import add_keys_and_indexes
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.runs.runner import prepare_dagster_home
from mediabase_assets.settings.load import Settings, load_settings

#: Run configuration under which Dagster's events stay off the terminal.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--transcripts", type=int, default=20_000)
    found.add_argument("--legacy-from", type=Path)
    found.add_argument("--json", type=Path, help="write the figures there too")
    return found


@contextmanager
def place(inside: Path | None = None, *, keeps: bool = False) -> Iterator[tuple[Settings, Path]]:
    """A server of its own, and a folder beside it; no setting of the person who measures reaches them.

    Args:
        inside: The folder in which the temporary one is made.
        keeps: Whether the folder stays; the server is stopped anyway.
    """
    parent = Path(tempfile.mkdtemp(prefix="mediabase-benchmark-", dir=inside))
    parent.chmod(0o755)
    with _environment(MEDIABASE_HOME=str(parent / "home")):
        settings = load_settings()
        (parent / "work").mkdir()
        try:
            yield settings, parent / "work"
        finally:
            if keeps:
                server.stop(settings.home)
            else:
                server.remove(settings.home)
                shutil.rmtree(parent, ignore_errors=True)


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """The environment without any variable that leads to a server, and with these; afterwards as it was."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("MB_", "PG", "MEDIABASE_")):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def instance_of(settings: Settings) -> dg.DagsterInstance:
    """What `mediabase migrate` notes its runs in: the same server, by the project's own storage."""
    prepare_dagster_home(settings)
    return dg.DagsterInstance.get()


def load(settings: Settings, *, transcripts: int, legacy_from: Path | None = None) -> float:
    """Bring the legacy table with its keys and indexes, from a file if one is named; returns the seconds."""
    started = time.monotonic()
    with connect(settings) as conn:
        if legacy_from:
            load_legacy_file(conn, legacy_from)
        else:
            build_demo(conn, schema="public", transcripts=transcripts)
            add_keys_and_indexes(conn, "public", "cancer_transcript_base")
    with connect(settings, autocommit=True) as conn:
        conn.execute("vacuum analyze cancer_transcript_base")
        conn.execute("checkpoint")
    return round(time.monotonic() - started, 2)
