"""The results of the suites of the validation as Dagster shows them: check results, a table, and a summary.

Contains translations only; results are judged in `validation.suites`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from mediabase_assets.model.quantities import BREAK, counted
from mediabase_assets.model.release_checks import CHECKS, Outcome, ReleaseCheck, Severity
from mediabase_assets.runs.results import PROBLEM, UNCHECKED, check_result, rows_table
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.headline import wrapped
from mediabase_assets.validation.suites.judging import Result, plain


def check_specs(key: dg.AssetKey, names: Iterable[str]) -> list[dg.AssetCheckSpec]:
    """The checks of the suites as those of an asset; the ones that stop a release block it."""
    return [
        dg.AssetCheckSpec(c.name, asset=key, blocking=c.stops, description=_described(c), metadata={"suite": c.suite})
        for c in (CHECKS[name] for name in names)
    ]


def _described(check: ReleaseCheck) -> str:
    """What a check measures, when it passes, and what it means when it does not."""
    meaning = "A failure counts in the verdict" if check.severity is Severity.ERROR else "It warns"
    key = check.setting if "." in check.setting else f"validation.{check.setting}"
    setting = f" (setting {key})" if check.setting else ""
    rule = f"Passes where the value is {check.bound} {plain(check.threshold)} {check.unit}{setting}."
    return f"Suite {check.suite}: {check.meaning} {rule} {'A failure stops the release' if check.stops else meaning}."


def check_results(key: dg.AssetKey, results: Iterable[Result], settings: Settings) -> list[dg.AssetCheckResult]:
    """The results as those of checks of an asset."""
    return [_check_result(key, result, settings) for result in results]


def _check_result(key: dg.AssetKey, result: Result, settings: Settings) -> dg.AssetCheckResult:
    finding = result.finding
    if result.outcome is Outcome.SKIPPED:
        finding = replace(finding, examined={**finding.examined, UNCHECKED: result.explanation})
    elif result.is_bad:
        next_step = "" if is_allowed(result, settings) else f" {result.check.next_step}"
        finding = replace(finding, examined={**finding.examined, PROBLEM: f"{result.explanation}{next_step}"})
    shown = check_result(key, finding, severity_of(result, settings))
    return shown if result.is_bad else shown._replace(description=_passed(result))


def _passed(result: Result) -> str:
    if result.outcome is Outcome.SKIPPED:
        return f"Nothing was measured. {result.explanation}"
    return result.explanation


def is_allowed(result: Result, settings: Settings) -> bool:
    """Whether a check that would stop a release only warns, since strict validation is off."""
    return result.check.stops and not settings.validation.enable_strict_validation


def severity_of(result: Result, settings: Settings) -> dg.AssetCheckSeverity:
    """Failed checks stop a release, unless strict validation is off; everything else warns."""
    stops = result.outcome is Outcome.FAILED and not is_allowed(result, settings)
    return dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN


def table(results: Iterable[Result]) -> dg.TableMetadataValue:
    """One row per check: outcome, measured value, threshold, and the sentence with the numbers."""
    return rows_table(
        [
            {
                "suite": r.check.suite, "check": r.check.name.replace("_", " "), "outcome": str(r.outcome),
                "measured": "" if r.measured is None else plain(r.measured), "threshold": f"{r.check.bound} {plain(r.threshold)}",
                "unit": r.check.unit, "explanation": r.explanation,
                "if it fails": "stops the release" if r.check.stops else str(r.check.severity),
            }
            for r in results
        ]
    )  # fmt: skip


def summary(results: Sequence[Result]) -> str:
    """How many checks ended how, and those that did not pass, as Markdown."""
    numbers = Counter(str(r.outcome) for r in results)
    counts = ", ".join(f"{numbers[str(outcome)]} {outcome}" for outcome in Outcome)
    bad = [f"- **{r.outcome}** {r.check.name.replace('_', ' ')}:{BREAK}  {wrapped(r.explanation, '  ')}" for r in results if r.is_bad]
    return "\n".join([f"**{counted(len(results), 'check')}**: {counts}", "", *(bad or ["Every check passed."])])


def numbers(results: Iterable[Result]) -> dict[str, Any]:
    """How many checks ended how, for Dagster's plots."""
    counts = Counter(str(r.outcome) for r in results)
    return {f"checks {outcome}": counts[str(outcome)] for outcome in Outcome}
