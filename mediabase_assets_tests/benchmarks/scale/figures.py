"""What follows from what was measured: unions of intervals, seconds per stage and asset, the exponent of growth.

Here belongs arithmetic on values alone; nothing reads a clock, a file or a database. Seconds everywhere.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mediabase_assets.model.stages import Stage

Interval = tuple[float, float]

#: What proves and tells after the result is there; everything else is the core of a migration.
ROUND_TRIP, QUERY_BENCHMARK, ACCOUNT = "validation/round_trip", "validation/query_benchmark", "validation/column_account"
NOT_CORE = frozenset({ROUND_TRIP, QUERY_BENCHMARK, ACCOUNT})


@dataclass(frozen=True)
class Work:
    """One step of a migration as its journal has it.

    Attributes:
        asset: The asset; two names joined by `+` where one step makes both.
        stage: Number of the owner's stage.
        start: When it began, in seconds since the epoch.
        end: When it ended.
        build: Seconds of the SQL that builds; None where that was not noted.
        audit: Seconds of the SQL that audits; None where that was not noted.
        rows: What it made.
    """

    asset: str
    stage: int
    start: float
    end: float
    build: float | None = None
    audit: float | None = None
    rows: int | None = None

    @property
    def seconds(self) -> float:
        """From beginning to end."""
        return self.end - self.start

    @property
    def rest(self) -> float | None:
        """Connecting, journal, telling, orchestration; None where the other two were not noted."""
        if self.build is None and self.audit is None:
            return None
        return max(0.0, self.seconds - (self.build or 0.0) - (self.audit or 0.0))

    def as_row(self) -> dict[str, Any]:
        """The same for JSON."""
        return {**asdict(self), "seconds": self.seconds, "rest": self.rest}


def covered(intervals: Iterable[Interval]) -> float:
    """Length of the union of intervals.

    >>> covered([(0, 2), (1, 3), (5, 6)]), covered([])
    (4, 0)
    """
    total: float = 0
    reached = -math.inf
    for start, end in sorted(intervals):
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total


def joined(works: Sequence[Work]) -> list[Work]:
    """Steps that the journal has twice, because they make two assets, once: they began at the same moment."""
    found: dict[tuple[float, int], Work] = {}
    for work in works:
        key = (work.start, work.stage)
        if (before := found.get(key)) is None:
            found[key] = work
            continue
        name = f"{before.asset} + {work.asset.rpartition('/')[2]}"
        rows = (before.rows or 0) + (work.rows or 0)
        found[key] = Work(name, work.stage, work.start, max(before.end, work.end), before.build, before.audit, rows)
    return list(found.values())


def shares_of(works: Sequence[Work], wall: float) -> dict[str, float]:
    """What the seconds of a migration went to.

    Intervals overlap, since two assets are built beside each other. `orchestration` is the time in which no asset is
    worked on; `work` is the time in which any asset of the core is; `core` is both.
    """
    orchestration = max(0.0, wall - covered((w.start, w.end) for w in works))
    work = covered((w.start, w.end) for w in works if w.asset not in NOT_CORE)
    apart = {w.asset: w.seconds for w in works if w.asset in NOT_CORE}
    return {
        "wall": wall,
        "core": work + orchestration,
        "work": work,
        "orchestration": orchestration,
        "round_trip": apart.get(ROUND_TRIP, 0.0),
        "query_benchmark": apart.get(QUERY_BENCHMARK, 0.0),
        "column_account": apart.get(ACCOUNT, 0.0),
        "build": sum(w.build or 0.0 for w in works),
        "audit": sum(w.audit or 0.0 for w in works),
        "rest": sum(w.rest or 0.0 for w in works),
    }


def stages_of(works: Sequence[Work]) -> dict[str, float]:
    """Seconds in which each stage was worked on, by `number title`."""
    numbers = sorted({w.stage for w in works})
    return {f"{n} {Stage(n).title}": covered((w.start, w.end) for w in works if w.stage == n) for n in numbers}


@dataclass(frozen=True)
class Growth:
    """Seconds = factor * rows ** exponent."""

    exponent: float
    factor: float

    def at(self, rows: float) -> float:
        """The seconds that the fit says."""
        return self.factor * rows**self.exponent


def growth(points: Sequence[tuple[float, float]]) -> Growth | None:
    """Least squares of log(seconds) against log(rows); None for fewer than two sizes.

    >>> growth([(10, 2), (100, 20), (1000, 200)])
    Growth(exponent=1.0, factor=0.2)
    """
    logs = [(math.log(rows), math.log(seconds)) for rows, seconds in points if rows > 0 and seconds > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    mean_x, mean_y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in logs)
    exponent = sum((x - mean_x) * (y - mean_y) for x, y in logs) / spread
    return Growth(round(exponent, 6), round(math.exp(mean_y - exponent * mean_x), 12))
