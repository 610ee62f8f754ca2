"""What the benchmark finds: whether both sides give the same answer, as a check; speed and storage, as numbers.

Contains the judgement of results; `measuring` and `storage` take them.
"""

from collections.abc import Sequence
from statistics import median
from typing import Any

from mediabase_assets.model.finding import SAMPLE_ROWS, Finding
from mediabase_assets.validation.benchmark.measuring import Result
from mediabase_assets.validation.benchmark.storage import SHARE, RelationSize, summary

SAME_ANSWER = "both_sides_give_the_same_answer"
#: Milliseconds by which two medians may differ by chance.
NOISE_MS = 0.2


def milliseconds(seconds: float | None) -> float | None:
    """Seconds as milliseconds with three digits behind the point.

    >>> milliseconds(0.0123456), milliseconds(None)
    (12.346, None)
    """
    return None if seconds is None else round(seconds * 1000, 3)


def same_answer(results: Sequence[Result]) -> Finding:
    """Every pair whose answers can be compared has the same."""
    wrong = [r for r in results if r.is_same is False]
    sample = [{"query": r.pair.name, "only in": d.side, **d.row} for r in wrong for d in r.unexplained[:SAMPLE_ROWS]]
    examined: dict[str, Any] = {
        "pairs compared": sum(r.is_same is not None for r in results),
        "the same as they are": sum(r.compared == "the same" for r in results),
        "the same without quarantined rows": [r.pair.name for r in results if r.compared == "the same without quarantined rows"],
        "rows explained by damage": {r.pair.name: r.explained for r in results if r.explained},
        "not compared": {r.pair.name: r.compared for r in results if r.is_same is None},
    }
    shown = [row for r in wrong for row in sample if row["query"] == r.pair.name][:SAMPLE_ROWS]
    return Finding(SAME_ANSWER, not wrong, examined, len(wrong), tuple(shown))


def slower(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Queries that take longer from the views, by more than noise; those that lose most first."""
    timed = [(r, r.legacy.seconds, r.views.seconds) for r in results if r.legacy.seconds is not None and r.views.seconds is not None]
    slow = [(r, mine, theirs) for r, mine, theirs in timed if (theirs - mine) * 1000 > NOISE_MS]
    return [
        {"query": r.pair.name, "legacy ms": milliseconds(mine), "views ms": milliseconds(theirs), "times slower": round(theirs / mine, 2)}
        for r, mine, theirs in sorted(slow, key=lambda s: s[1] - s[2])
    ]


def slow(results: Sequence[Result], threshold_ms: int) -> list[dict[str, Any]]:
    """Queries that take longer from the views than a threshold, the slowest first."""
    timed = [(r, r.views.seconds * 1000) for r in results if r.views.seconds is not None]
    return [
        {"query": r.pair.name, "views ms": round(ms, 3), "threshold ms": threshold_ms}
        for r, ms in sorted(timed, key=lambda each: (-each[1], each[0].pair.name))
        if ms > threshold_ms
    ]


def numbers(results: Sequence[Result], sizes: Sequence[RelationSize]) -> dict[str, int | float]:
    """Speed-ups and storage, which Dagster plots over time. None of them is a check, since timings vary with the load of the machine."""
    timed = [t for r in results if (t := r.times_faster) is not None]
    values: dict[str, int | float] = {"questions slower from the views": len(slower(results))}
    if timed:
        values["median times faster"] = round(median(timed), 2)
        values["% of questions at least 10 times faster"] = round(100 * sum(t >= 10 for t in timed) / len(timed), 1)
    for group in summary(sizes):
        part = group[SHARE]
        if group["relations"] in ("tables", "tables and views") and not isinstance(part, str):
            values[f"{group['relations']}, {SHARE}"] = part
    return values
