"""All asset checks at a glance: the last outcome of each, since when it has that outcome, what it examined, and rows that show a failure.

Read from Dagster's event log, so that runs of the command line, of the web UI and of schedules count alike. Contains the reading
and Dagster's metadata; the table in the terminal is in `cli.checks`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import dagster as dg

from mediabase_assets.model.check_texts import CHECK_TEXTS
from mediabase_assets.model.quantities import BREAK, counted, moment
from mediabase_assets.runs.patients.partitions import GROUP as PATIENTS_GROUP
from mediabase_assets.runs.results import UNCHECKED, rows_table
from mediabase_assets.validation.headline import wrapped

KEY = dg.AssetKey(["validation", "check_overview"])
#: Evaluations of a check that are read, the newest first.
HISTORY = 50
#: Metadata of a check that could examine nothing, with the reason.
NOTHING_EXAMINED = (UNCHECKED, "not proved")

#: Time and result of one evaluation.
Evaluation = tuple[datetime, dg.AssetCheckEvaluation]


class Outcome(StrEnum):
    """How a check ended last."""

    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"
    PASSED = "passed"
    NEVER = "not run yet"


@dataclass(frozen=True)
class CheckLine:
    """One check.

    Attributes:
        asset: `layer/relation`.
        check: Its name.
        outcome: How it ended last; skipped if it could examine nothing.
        since: When the unbroken series of evaluations with that outcome began, within `HISTORY`; None if it was never run.
        checked_at: When it was evaluated last.
        examined: How many rows or facts it examined; None if it does not say.
        failures: How many of them failed.
        description: Its result, in a sentence; the description of the check, if it was never run.
        sample: Rows that show the failure.
    """

    asset: str
    check: str
    outcome: Outcome
    since: datetime | None = None
    checked_at: datetime | None = None
    examined: int | None = None
    failures: int = 0
    description: str = ""
    sample: tuple[dict[str, Any], ...] = ()

    @property
    def needs_attention(self) -> bool:
        """Whether it failed or warned."""
        return self.outcome in (Outcome.FAILED, Outcome.WARNED)

    @property
    def problem(self) -> str:
        """What is wrong, in a sentence that is shorter than the description."""
        return CHECK_TEXTS[self.check].failed(self.failures, self.asset.rpartition("/")[2])

    def as_row(self) -> dict[str, Any]:
        """As a row of a table, and as JSON."""
        return {
            "asset": self.asset, "check": self.check, "outcome": str(self.outcome), "since": moment(self.since),
            "checked": moment(self.checked_at), "examined": self.examined, "failures": self.failures,
            "description": self.description, "sample": list(self.sample),
        }  # fmt: skip


def specs_of(graph: Any) -> list[dg.AssetCheckSpec]:
    """The checks of all assets, from the asset graph of definitions or of a repository, whose class is not public in Dagster.

    Those of patients are left out: their samples stay in the patient's own partition.
    """
    return [graph.get_check_spec(key) for key in graph.asset_check_keys if key.asset_key.path[0] != PATIENTS_GROUP]


def read_overview(instance: dg.DagsterInstance, specs: Iterable[dg.AssetCheckSpec]) -> list[CheckLine]:
    """Every check, those that failed first, then those that warned.

    Args:
        instance: Where Dagster keeps its events.
        specs: The checks.
    """
    lines = [_line(spec, evaluations(instance, spec.key, HISTORY)) for spec in specs]
    order = list(Outcome)
    return sorted(lines, key=lambda line: (order.index(line.outcome), line.asset, line.check))


def newest_evaluation(instance: dg.DagsterInstance, specs: Iterable[dg.AssetCheckSpec]) -> int:
    """A number that grows with every evaluation of one of the checks; 0 before the first."""
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key([spec.key for spec in specs])
    return max((record.id for record in latest.values()), default=0)


def evaluations(instance: dg.DagsterInstance, key: dg.AssetCheckKey, limit: int) -> list[Evaluation]:
    """The evaluations of a check in its newest runs, the newest first; without those that a run planned and did not make."""
    newest_first = []
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=limit):
        event = record.event.dagster_event if record.event else None
        if event is not None and event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            assert record.event is not None
            newest_first.append((datetime.fromtimestamp(record.event.timestamp, UTC), event.asset_check_evaluation_data))
    return newest_first


def _line(spec: dg.AssetCheckSpec, history: Sequence[Evaluation]) -> CheckLine:
    """A check from its evaluations, the newest first."""
    asset = spec.asset_key.to_user_string()
    if not history:
        return CheckLine(asset, spec.name, Outcome.NEVER, description=spec.description or "")
    when, newest = history[0]
    outcome = _outcome(newest)
    since = when
    for earlier, evaluation in history:
        if _outcome(evaluation) is not outcome:
            break
        since = earlier
    values = {name: getattr(value, "value", None) for name, value in newest.metadata.items()}
    sample = newest.metadata.get("sample")
    return CheckLine(
        asset, spec.name, outcome, since, when, _examined(values), int(values.get("failures") or 0), newest.description or "",
        tuple(dict(r.data) for r in sample.records) if isinstance(sample, dg.TableMetadataValue) else (),
    )  # fmt: skip


def _outcome(evaluation: dg.AssetCheckEvaluation) -> Outcome:
    if any(name in evaluation.metadata for name in NOTHING_EXAMINED):
        return Outcome.SKIPPED
    if evaluation.passed:
        return Outcome.PASSED
    return Outcome.WARNED if evaluation.severity is dg.AssetCheckSeverity.WARN else Outcome.FAILED


def _examined(values: dict[str, Any]) -> int | None:
    """How much was examined: the number that the check names first, by its usual names."""
    numbers = {n: v for n, v in values.items() if isinstance(v, int) and not isinstance(v, bool) and n != "failures"}
    named = [numbers[n] for n in ("rows", "facts", "leaves", "columns", "relations") if n in numbers]
    return next(iter([*named, *numbers.values()]), None)


def counts(lines: Iterable[CheckLine]) -> dict[str, int]:
    """How many checks have each outcome."""
    number = Counter(line.outcome for line in lines)
    return {str(outcome): number[outcome] for outcome in Outcome}


def summary(lines: Sequence[CheckLine]) -> str:
    """The counts in a sentence.

    >>> summary([CheckLine("a/b", "c", Outcome.PASSED), CheckLine("a/b", "d", Outcome.WARNED)])
    '2 checks: 0 failed, 1 warned, 0 skipped, 1 passed, 0 not run yet.'
    """
    return f"{counted(len(lines), 'check')}: " + ", ".join(f"{n} {outcome}" for outcome, n in counts(lines).items()) + "."


def report(instance: dg.DagsterInstance, specs: Iterable[dg.AssetCheckSpec]) -> list[CheckLine]:
    """Report the overview as a materialization of its asset, with counts that Dagster plots."""
    lines = read_overview(instance, specs)
    layers = sorted({line.asset.partition("/")[0] for line in lines})
    attention = [line for line in lines if line.needs_attention]
    failed = Counter(line.asset.partition("/")[0] for line in attention)
    columns = ("outcome", "check", "asset", "failures", "examined", "since", "checked")  # the first ones are seen without scrolling
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            KEY,
            metadata={
                "summary": dg.MetadataValue.md(_markdown(lines, attention)),
                "checks": rows_table([{**{n: r[n] for n in columns}, "sample": r["sample"][:3]} for r in (x.as_row() for x in lines)]),
                **counts(lines),
                **{f"{layer}: failed or warned": failed[layer] for layer in layers},
                "dagster/row_count": len(lines),
            },
        )
    )
    return lines


def _markdown(lines: Sequence[CheckLine], attention: Sequence[CheckLine]) -> str:
    """The headline, and the checks that need attention."""
    shown = [f"- **{line.outcome}** {line.asset}:{BREAK}  {wrapped(line.problem, '  ')}" for line in attention[:8]]
    more = [f"- and {len(attention) - 8} more"] if len(attention) > 8 else []
    return "\n".join([f"**{summary(lines).replace(': ', f'**{BREAK}')}", "", *(shown or ["Nothing needs attention."]), *more])
