"""A measured value against its threshold: whether it passes, in words with the numbers.

Contains the judgement only; what is measured is in the modules beside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from mediabase_assets.model.finding import SAMPLE_ROWS, Finding
from mediabase_assets.model.release_checks import CHECKS, Bound, Outcome, ReleaseCheck, Severity
from mediabase_assets.settings.load import Settings

#: Smallest number of rows of which a share is judged in the suites of `SHARES`; of fewer, one odd row would decide.
FEWEST_ROWS = 50
SHARES = ("duplicates", "formats", "completeness", "coverage")


@dataclass(frozen=True)
class Measure:
    """What was measured for a check.

    Attributes:
        check: Its name.
        value: The value, in the unit of the check; None if there was nothing to measure.
        of: How many things it was measured of; None where it is not a share.
        failures: How many of them are not as they should be.
        why_not: Why nothing was measured.
        explanation: What was measured, where that is more than a share; a sentence.
        examined: What else is told of it.
        sample: Things that are not as they should be.
    """

    check: str
    value: float | None = None
    of: int | None = None
    failures: int = 0
    why_not: str = ""
    explanation: str = ""
    examined: dict[str, Any] = field(default_factory=dict)
    sample: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Result:
    """A check with its outcome.

    Attributes:
        check: The check.
        outcome: How it ended.
        measured: The value; None if it was skipped.
        threshold: The threshold in force.
        explanation: A sentence with the numbers.
        measure: What was measured.
    """

    check: ReleaseCheck
    outcome: Outcome
    measured: float | None
    threshold: float
    explanation: str
    measure: Measure

    @property
    def is_bad(self) -> bool:
        """Whether it failed or warned."""
        return self.outcome in (Outcome.FAILED, Outcome.WARNED)

    @property
    def finding(self) -> Finding:
        """The same as a finding, for those who show findings of checks."""
        numbers = {} if self.measured is None else {"measured": self.measured}
        examined = {
            "suite": self.check.suite, **numbers, "threshold": self.threshold, "unit": self.check.unit,
            "rule": f"{self.check.bound} {plain(self.threshold)} {self.check.unit}", "what is measured": self.check.meaning,
            **self.measure.examined,
        }  # fmt: skip
        if self.measure.of is not None:
            examined["rows"] = self.measure.of
        return Finding(self.check.name, not self.is_bad, examined, self.measure.failures, self.measure.sample)


def share(check: str, total: int, counted: int, *, are_bad: bool = False, **more: Any) -> Measure:
    """The measure of a share, in per cent.

    Args:
        check: The check.
        total: How many there are.
        counted: How many of them were counted.
        are_bad: Whether those that were counted are the ones that are not as they should be.
        more: Other attributes of the measure.
    """
    if not total:
        return Measure(check, why_not="There is nothing of that kind.", **more)
    value = 100 * counted / total
    return Measure(check, value, total, counted if are_bad else total - counted, **more)


def threshold_of(check: ReleaseCheck, settings: Settings) -> float:
    """The threshold in force, in the unit of the check.

    >>> from mediabase_assets.settings.load import load_settings
    >>> threshold_of(CHECKS["few_genes_share_a_symbol"], load_settings(validation={"max_duplicate_rate": 0.02}))
    2.0
    """
    if not check.setting:
        return check.threshold
    section, _, name = check.setting.rpartition(".")
    return round(float(getattr(getattr(settings, section or "validation"), name)) * check.scale, 9)


def passes(bound: Bound, value: float, threshold: float) -> bool:
    """Whether a value is on the right side of its threshold.

    >>> passes(Bound.AT_LEAST, 99.0, 99.0), passes(Bound.AT_MOST, 5.1, 5.0), passes(Bound.BELOW, 5.0, 5.0)
    (True, False, False)
    """
    if bound is Bound.AT_LEAST:
        return value >= threshold
    return value <= threshold if bound is Bound.AT_MOST else value < threshold


def judge(measure: Measure, settings: Settings) -> Result:
    """Judge one measure."""
    check = CHECKS[measure.check]
    threshold = threshold_of(check, settings)
    if measure.of is not None and measure.of < FEWEST_ROWS and check.suite in SHARES:
        measure = replace(measure, value=None, why_not=f"Of {measure.of} a share says too little; {FEWEST_ROWS} are needed.")
    if measure.value is None:
        return Result(check, Outcome.SKIPPED, None, threshold, measure.why_not, measure)
    if passes(check.bound, measure.value, threshold):
        return Result(check, Outcome.PASSED, measure.value, threshold, _sentence(check, measure, threshold), measure)
    outcome = Outcome.FAILED if check.severity is Severity.ERROR else Outcome.WARNED
    measure = replace(measure, sample=measure.sample[:SAMPLE_ROWS])
    return Result(check, outcome, measure.value, threshold, _sentence(check, measure, threshold), measure)


def in_order(results: Iterable[Result]) -> list[Result]:
    """Results in the order of the table of checks."""
    order = list(CHECKS)
    return sorted(results, key=lambda r: order.index(r.check.name))


def plain(value: float) -> str:
    """A number for people: as many digits as tell it from its neighbours, never 100 for what is less.

    >>> plain(99.99), plain(99.99999), plain(2.0), plain(0.0123456), plain(0.0), plain(12345.0)
    ('99.99', '99.99999', '2', '0.01', '0', '12,345')
    """
    for digits in range(2, 10):
        text = f"{value:,.{digits}f}".rstrip("0").rstrip(".")
        if text != "100" or value == 100:
            break
    return text if text != "0" or not value else f"{value:.1g}"


def _sentence(check: ReleaseCheck, measure: Measure, threshold: float) -> str:
    """What was measured and what the threshold is.

    >>> from mediabase_assets.settings.load import load_settings
    >>> print(judge(share("genes_have_drugs", 1000, 24), load_settings()).explanation)
    Genes with at least one drug: 24 of 1,000, 2.4 % of genes; expected at least 5 %.
    """
    if measure.explanation:
        return measure.explanation
    assert measure.value is not None
    expected = "allowed" if check.bound is not Bound.AT_LEAST else "expected"
    if measure.of is None or not check.unit.startswith("%"):
        return f"{_subject(check)}: {plain(measure.value)} {check.unit}; {expected} {check.bound} {plain(threshold)}."
    good = measure.failures if check.bound is not Bound.AT_LEAST else measure.of - measure.failures
    numbers = f"{good:,} of {measure.of:,}, {plain(measure.value)} {check.unit}"
    return f"{_subject(check)}: {numbers}; {expected} {check.bound} {plain(threshold)} %."


def _subject(check: ReleaseCheck) -> str:
    """What is measured, without the full stop; only its first part."""
    return check.meaning.split(";")[0].rstrip(".")
