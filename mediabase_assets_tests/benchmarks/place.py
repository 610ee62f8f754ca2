"""Where benchmarks run: a server of their own in a temporary folder, with a legacy table in it; gone afterwards."""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mediabase_assets.demo.build import build_demo
from mediabase_assets.lib import server
from mediabase_assets.lib.database import connect
from mediabase_assets.lib.legacy_files import load_legacy_file
from mediabase_assets.lib.legacy_table import add_keys_and_indexes
from mediabase_assets.lib.settings import Settings, load_settings

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
def place() -> Iterator[tuple[Settings, Path]]:
    """A server of its own, and a folder for Dagster."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-benchmark-"))
    parent.chmod(0o755)
    os.environ["MEDIABASE_HOME"] = str(parent / "home")
    settings = load_settings()
    (parent / "dagster").mkdir()
    try:
        yield settings, parent / "dagster"
    finally:
        server.remove(settings.home)
        shutil.rmtree(parent, ignore_errors=True)


def load(settings: Settings, options: argparse.Namespace) -> float:
    """Bring the legacy table with its keys and indexes; returns the seconds."""
    started = time.monotonic()
    with connect(settings) as conn:
        if options.legacy_from:
            load_legacy_file(conn, options.legacy_from)
        else:
            build_demo(conn, schema="public", transcripts=options.transcripts)
            add_keys_and_indexes(conn, "public", "cancer_transcript_base")
    with connect(settings, autocommit=True) as conn:
        conn.execute("vacuum analyze cancer_transcript_base")
        conn.execute("checkpoint")
    return round(time.monotonic() - started, 2)
