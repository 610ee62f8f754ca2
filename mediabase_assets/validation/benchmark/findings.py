"""What the benchmark finds: whether both sides answer the same, which is checked, and how fast and how large, which are numbers.

Here belongs the judgement of results; taking them is in `measuring` and `storage`.
"""

from collections.abc import Sequence
from statistics import median
from typing import Any

from mediabase_assets.model.finding import SAMPLE_ROWS, Finding
from mediabase_assets.validation.benchmark.measuring import Result
from mediabase_assets.validation.benchmark.storage import SHARE, RelationSize, summary

SAME_ANSWER = "both_sides_give_the_same_answer"
#: Milliseconds by which two medians may differ without a meaning.
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
    told: dict[str, Any] = {
        "pairs compared": sum(r.is_same is not None for r in results),
        "the same as they are": sum(r.compared == "the same" for r in results),
        "the same without quarantined rows": [r.pair.name for r in results if r.compared == "the same without quarantined rows"],
        "rows explained by damage": {r.pair.name: r.explained for r in results if r.explained},
        "not compared": {r.pair.name: r.compared for r in results if r.is_same is None},
    }
    shown = [row for r in wrong for row in sample if row["query"] == r.pair.name][:SAMPLE_ROWS]
    return Finding(SAME_ANSWER, not wrong, told, len(wrong), tuple(shown))


def slower(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Queries that take longer from the views, but for noise; those that lose most first."""
    timed = [(r, r.legacy.seconds, r.views.seconds) for r in results if r.legacy.seconds is not None and r.views.seconds is not None]
    found = [(r, mine, theirs) for r, mine, theirs in timed if (theirs - mine) * 1000 > NOISE_MS]
    return [
        {"query": r.pair.name, "legacy ms": milliseconds(mine), "views ms": milliseconds(theirs), "times slower": round(theirs / mine, 2)}
        for r, mine, theirs in sorted(found, key=lambda s: s[1] - s[2])
    ]


def numbers(results: Sequence[Result], sizes: Sequence[RelationSize]) -> dict[str, int | float]:
    """What is worth a curve over time: speed-ups and storage. Timings differ with the load of a machine, so none of them is a check."""
    timed = [t for r in results if (t := r.times_faster) is not None]
    found: dict[str, int | float] = {"questions slower from the views": len(slower(results))}
    if timed:
        found["median times faster"] = round(median(timed), 2)
        found["% of questions at least 10 times faster"] = round(100 * sum(t >= 10 for t in timed) / len(timed), 1)
    for group in summary(sizes):
        part = group[SHARE]
        if group["relations"] in ("tables", "tables and views") and not isinstance(part, str):
            found[f"{group['relations']}, {SHARE}"] = part
    return found
