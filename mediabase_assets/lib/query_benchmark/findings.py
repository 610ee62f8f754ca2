"""What the benchmark's checks find: the same answers, no slower query, storage within its goal.

Here belongs the judgement of results; taking them is in `measuring` and `storage`.
"""

from collections.abc import Sequence
from typing import Any

from mediabase_assets.lib.audit import SAMPLE_ROWS, Finding
from mediabase_assets.lib.query_benchmark.measuring import Result
from mediabase_assets.lib.query_benchmark.storage import TABLES_GOAL, VIEWS_GOAL, Group, RelationSize, share, summary

SAME_ANSWER = "both_sides_give_the_same_answer"
NONE_SLOWER = "no_query_is_slower"
STORAGE_GOAL = "storage_is_within_its_goal"
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


def none_slower(results: Sequence[Result]) -> Finding:
    """No query takes longer from the views, but for noise."""
    timed = [(r, r.legacy.seconds, r.views.seconds) for r in results if r.legacy.seconds is not None and r.views.seconds is not None]
    slower = [(r, mine, theirs) for r, mine, theirs in timed if (theirs - mine) * 1000 > NOISE_MS]
    sample = [
        {"query": r.pair.name, "legacy ms": milliseconds(mine), "views ms": milliseconds(theirs), "times slower": round(theirs / mine, 2)}
        for r, mine, theirs in sorted(slower, key=lambda s: s[1] - s[2])
    ]
    examined = {
        "pairs timed on both sides": len(timed),
        "difference that is noise": f"{NOISE_MS} ms",
        "at least 10 times faster": sum(mine >= 10 * theirs for _, mine, theirs in timed),
    }
    return Finding(NONE_SLOWER, not slower, examined, len(slower), tuple(sample[:SAMPLE_ROWS]))


def storage_goal(sizes: Sequence[RelationSize]) -> Finding:
    """Tables, and tables with views, take no more of the legacy table's size than they may."""
    goals: tuple[tuple[str, tuple[Group, ...], float], ...] = (
        ("tables", ("tables",), TABLES_GOAL),
        ("tables and views", ("tables", "views"), VIEWS_GOAL),
    )
    found = [(name, share(sizes, *groups), goal) for name, groups, goal in goals]
    missed = [(name, part, goal) for name, part, goal in found if part is not None and part > goal]
    examined = {
        "sizes": summary(sizes),
        "goals": {name: "unknown: no legacy table" if part is None else f"{part:.1%} of at most {goal:.0%}" for name, part, goal in found},
    }
    sample: list[dict[str, Any]] = [{"relations": name, "share": f"{part:.1%}", "goal": f"{goal:.0%}"} for name, part, goal in missed]
    largest = sorted((s for s in sizes if s.group != "legacy table"), key=lambda s: -s.total_bytes)[: SAMPLE_ROWS - len(sample)]
    if missed:
        sample += [{"relations": s.relation, "total MB": round(s.total_bytes / 1e6, 1)} for s in largest]
    return Finding(STORAGE_GOAL, not missed, examined, len(missed), tuple(sample))
