"""Simulates a week and prints each day: `python -m mediabase_assets_tests.week`. It makes its own server and removes it."""

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path

from mediabase_assets.postgres.embedded import server
from mediabase_assets_tests.pipeline.stored import stored
from mediabase_assets_tests.week.afterwards import problems
from mediabase_assets_tests.week.simulation import FAULTS, RETENTION, Week


def main() -> int:
    """Simulate; 1 if something does not hold afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7)
    days = parser.parse_args().days
    parent = Path(tempfile.mkdtemp(prefix="mediabase-week-"))
    parent.chmod(0o755)
    logging.disable(logging.WARNING)  # what runs say is in Dagster's events
    try:
        with stored(parent / "home", parent, retention=RETENTION, temp_dir=parent / "scratch") as project:
            week = Week(project, lambda text: print(text, flush=True))
            assert project.migrate().success
            week.live([FAULTS[n % len(FAULTS)] for n in range(days)])
            found = problems(week)
    finally:
        server.remove(parent / "home")
        shutil.rmtree(parent, ignore_errors=True)
    print("\n".join(found) or "Views are fresh; no orphan run, no leftover; logs and tables of events are bounded.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
