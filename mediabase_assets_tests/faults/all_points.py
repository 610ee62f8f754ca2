"""Kills a migration at every point and continues it: `python -m mediabase_assets_tests.faults.all_points --outcomes FILE`.

Not run by pytest, for it takes hours. It makes its own server in a temporary folder. What is in the file of outcomes is not
done again, so that it can be stopped and given again. Exit code 0 if every point ended well, else 1.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mediabase_assets_tests.benchmarks.place import place
from mediabase_assets_tests.faults.killing import Point, recorded
from mediabase_assets_tests.faults.places import Content, planted, uninterrupted
from mediabase_assets_tests.faults.points import chosen, die_and_go_on, sample
from mediabase_assets_tests.pipeline import copies, harness


def main() -> int:
    """Record, kill at each point, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--outcomes", type=Path, default=Path("fault-outcomes.json"), help="outcomes so far, added to")
    options.add_argument("--sample", type=int, help="only so many points, of every kind")
    options.add_argument("--seed", type=int, default=4)
    options.add_argument("--only", default="", help="only points whose name begins so")
    options.add_argument("--minutes", type=float, default=1e9, help="begin no further point after so long")
    given = options.parse_args()
    outcomes: dict[str, str] = json.loads(given.outcomes.read_text()) if given.outcomes.exists() else {}
    end = time.monotonic() + 60 * given.minutes
    with place() as (settings, folder), harness.project(settings.home, demo=None) as template:
        planted(template)
        with copies.copy_of(template, settings.home) as first:
            points = [p for p in chosen(recorded(first, folder / "points.json")) if str(p).startswith(given.only)]
        if not points:
            options.error(f"no point's name begins with {given.only!r}")
        points = sample(points, given.sample, given.seed) if given.sample else points
        with uninterrupted(template, settings.home) as expected:
            for point in points:
                if str(point) not in outcomes and time.monotonic() < end:
                    outcomes[str(point)] = _outcome(template, settings.home, point, expected)
                    given.outcomes.write_text(json.dumps(outcomes, indent=1))
                    Console(stderr=True).print(f"{len(outcomes)}/{len(points)} {point}: {outcomes[str(point)]}", markup=False)
    _show(outcomes, points)
    return 0 if all(str(p) in outcomes and not outcomes[str(p)].startswith("FAILED") for p in points) else 1


def _outcome(template: harness.Project, home: Path, point: Point, expected: Content) -> str:
    try:
        return die_and_go_on(template, home, point, expected)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the outcome
        return f"FAILED: {type(error).__name__}: {str(error)[:500]}"


def _show(outcomes: dict[str, str], points: list[Point]) -> None:
    table = Table("point", "outcome", title="Killed and continued")
    for point in points:
        table.add_row(str(point), outcomes.get(str(point), "not done"))
    Console().print(table)
    counts = Counter(outcomes.get(str(p), "not done").partition(":")[0] for p in points)
    Console().print(f"{len(points)} points: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))


if __name__ == "__main__":
    sys.exit(main())
