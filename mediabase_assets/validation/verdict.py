"""The verdict on a released migration: excellent, good, acceptable or needs attention, computed from its checks and explained.

Contains the rule, the sentences, and the access to `verdicts`; the checks are in `suites`.

NOTE: the rule is the owner's, made exact. Excellent: nothing failed and nothing warned. Good: nothing failed, at most two checks warned.
Acceptable: at most two checks failed, none of them one that stops a release. Needs attention: everything else. Skipped checks count for
nothing and are told.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mediabase_assets.model.quantities import counted
from mediabase_assets.model.release_checks import CHECKS
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.validation.suites.records import CheckRow

#: How many checks may warn for `GOOD`, and fail for `ACCEPTABLE`.
MOST_WARNED, MOST_FAILED = 2, 2


class Verdict(StrEnum):
    """How good a migration is."""

    EXCELLENT = "excellent"
    GOOD = "good"
    ACCEPTABLE = "acceptable"
    NEEDS_ATTENTION = "needs attention"


@dataclass(frozen=True)
class Decided:
    """A verdict with its reasons.

    Attributes:
        migration_id: The released migration.
        verdict: The verdict.
        explanation: `sentences`, `counts` by outcome, and `costs`: the checks that cost it something, each with what to do.
        decided_at: When it was decided; None before it is recorded.
    """

    migration_id: str
    verdict: Verdict
    explanation: Mapping[str, Any]
    decided_at: datetime | None = None

    @property
    def sentences(self) -> list[str]:
        """The explanation, sentence by sentence."""
        return [str(sentence) for sentence in self.explanation.get("sentences", ())]

    @property
    def costs(self) -> list[dict[str, Any]]:
        """The checks that failed or warned, the worst first."""
        return list(self.explanation.get("costs", ()))

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"migration_id": self.migration_id, "verdict": str(self.verdict), "decided_at": self.decided_at, **self.explanation}


def decide(migration_id: str, rows: Sequence[CheckRow]) -> Decided:
    """Decide the verdict of a migration from its checks."""
    failed = [r for r in rows if r.outcome == "failed"]
    warned = [r for r in rows if r.outcome == "warned"]
    stopping = [r for r in failed if r.check_name in CHECKS and CHECKS[r.check_name].stops]
    verdict = _verdict(len(failed), len(warned), len(stopping))
    numbers = Counter(r.outcome for r in rows)
    counts = {outcome: numbers[outcome] for outcome in ("passed", "warned", "failed", "skipped")}
    costs = [_cost(row) for row in (*failed, *warned)]
    sentences = [
        _headline(verdict, counts),
        *(f"{c['explanation']} {c['next step']}" for c in costs),
        _better(verdict, failed, warned, stopping),
    ]
    return Decided(migration_id, verdict, {"sentences": [s for s in sentences if s], "counts": counts, "costs": costs})


def _verdict(failed: int, warned: int, stopping: int) -> Verdict:
    """The rule.

    >>> _verdict(0, 0, 0), _verdict(0, 2, 0), _verdict(0, 3, 0), _verdict(2, 9, 0)
    (<Verdict.EXCELLENT: 'excellent'>, <Verdict.GOOD: 'good'>, <Verdict.ACCEPTABLE: 'acceptable'>, <Verdict.ACCEPTABLE: 'acceptable'>)
    >>> _verdict(3, 0, 0), _verdict(1, 0, 1)
    (<Verdict.NEEDS_ATTENTION: 'needs attention'>, <Verdict.NEEDS_ATTENTION: 'needs attention'>)
    """
    if not failed:
        return Verdict.EXCELLENT if not warned else Verdict.GOOD if warned <= MOST_WARNED else Verdict.ACCEPTABLE
    return Verdict.ACCEPTABLE if failed <= MOST_FAILED and not stopping else Verdict.NEEDS_ATTENTION


def _cost(row: CheckRow) -> dict[str, Any]:
    """A check that cost something, with what to do."""
    known = CHECKS.get(row.check_name)
    return {
        "check": row.check_name, "suite": row.suite, "outcome": row.outcome, "measured": row.measured, "threshold": row.threshold,
        "unit": row.unit, "explanation": row.explanation, "next step": known.next_step if known else "",
    }  # fmt: skip


def _headline(verdict: Verdict, counts: Mapping[str, int]) -> str:
    """The numbers behind a verdict.

    >>> _headline(Verdict.GOOD, {"passed": 38, "warned": 1, "failed": 0, "skipped": 1})
    'Good: of 40 checks 38 passed, 1 warned, 0 failed and 1 had nothing to measure.'
    """
    total = counted(sum(counts.values()), "check")
    numbers = f"{counts['passed']} passed, {counts['warned']} warned, {counts['failed']} failed"
    return f"{str(verdict).capitalize()}: of {total} {numbers} and {counts['skipped']} had nothing to measure."


def _better(verdict: Verdict, failed: Sequence[CheckRow], warned: Sequence[CheckRow], stopping: Sequence[CheckRow]) -> str:
    """What stands between this verdict and a better one."""
    if verdict is Verdict.GOOD:
        return f"Without {'this warning' if len(warned) == 1 else 'these two warnings'} it would be excellent."
    if verdict is Verdict.ACCEPTABLE:
        blame = f"{counted(len(failed), 'check')} failed" if failed else f"{counted(len(warned), 'check')} warned"
        return f"It is not good because {blame}; good allows none that fails and at most {MOST_WARNED} that warn."
    if verdict is Verdict.NEEDS_ATTENTION:
        if stopping:
            return f"{counted(len(stopping), 'check')} would have stopped the release; validation.enable_strict_validation is off."
        return f"{counted(len(failed), 'check')} failed; at most {MOST_FAILED} may in a release that is acceptable."
    return ""


def record(conn: Connection, decided: Decided) -> None:
    """Record a verdict, replacing an earlier one of the migration."""
    conn.execute(
        """insert into verdicts (migration_id, verdict, explanation) values (%s, %s, %s::jsonb)
           on conflict (migration_id) do update set verdict = excluded.verdict, explanation = excluded.explanation,
             decided_at = clock_timestamp()""",
        (decided.migration_id, str(decided.verdict), json.dumps(decided.explanation)),
    )


def read_verdict(conn: Connection, migration_id: str) -> Decided | None:
    """The verdict of a migration; None if there is none, also where an earlier version migrated."""
    if not exists(conn, "verdicts"):
        return None
    row = conn.row(dict, "select migration_id, verdict, explanation, decided_at from verdicts where migration_id = %s", migration_id)
    return Decided(row["migration_id"], Verdict(row["verdict"]), row["explanation"], row["decided_at"]) if row else None
