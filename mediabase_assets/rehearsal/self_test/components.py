"""What a self-test checked, component by component, and how that is read from a run's events.

Contains the values, and reading them from Dagster's events and the journal of the workspace.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import counted
from mediabase_assets.runs.failures import Failure

if TYPE_CHECKING:
    from mediabase_assets.rehearsal.instance import Made
    from mediabase_assets.runs.runner import Outcome


@dataclass(frozen=True)
class Component:
    """One thing that a self-test checked.

    Attributes:
        name: Which.
        passed: Whether it does what it should; None if it could not be checked, for the reason in `detail`.
        seconds: How long it took.
        detail: What was checked, or what is wrong.
        failures: What failed, with samples.
    """

    name: str
    passed: bool | None
    seconds: float
    detail: str
    failures: tuple[Failure, ...] = ()


@dataclass
class Report:
    """A self-test.

    Attributes:
        components: What was checked, in order.
        log_files: Every event of its runs.
        file: The report for programs; None if none is wanted.
    """

    components: list[Component] = field(default_factory=list)
    log_files: list[Path] = field(default_factory=list)
    file: Path | None = None

    @property
    def passed(self) -> bool:
        """Whether every component passed that could be checked; before one that was not reached there is one that failed."""
        return bool(self.components) and all(c.passed is not False for c in self.components)

    @contextmanager
    def component(self, name: str) -> Iterator[Callable[[bool | None, str], None]]:
        """Check a component; what is yielded takes whether it passed, and what was checked. A `MediabaseError` fails it."""
        began = time.monotonic()
        results: list[tuple[bool | None, str]] = []
        failures: tuple[Failure, ...] = ()
        try:
            yield lambda passed, detail: results.append((passed, detail))
        except MediabaseError as error:
            results.append((False, error.what))
            failures = (Failure("", "", str(error)),)
        passed, detail = results[-1] if results else (False, "nothing was reported")
        self.components.append(Component(name, passed, round(time.monotonic() - began, 3), detail, failures))


def as_json(report: Report) -> dict[str, Any]:
    """A report as JSON values; the rows of samples stay in the log."""
    components = [{"name": c.name, "passed": c.passed, "seconds": c.seconds, "detail": c.detail} for c in report.components]
    return {"passed": report.passed, "components": components, "log_files": [str(path) for path in report.log_files]}


#: Steps of a migration in their order, as components: name, layer, whether each of its assets is one.
_LAYERS = (
    ("prerequisites of the sample", "legacy", False),
    ("backup, verified", "backup", False),
    ("schema", "schema", False),
    ("extraction", "extraction", False),
    ("table", "normalized", True),
    ("view", "views", True),
    ("", "validation", True),
    ("release", "release", False),
)


def components_of(made: dict[str, "Made"], outcome: "Outcome") -> Iterator[Component]:
    """The components of a migration, from what its run did to every asset."""
    for title, layer, is_each in _LAYERS:
        assets = {name: m for name, m in made.items() if name.split("/")[0] == layer}
        failed = {name: m for name, m in assets.items() if not m.is_done}
        whole = {} if is_each else {name: m for name, m in assets.items() if name not in failed}
        if whole:
            yield _component(title, whole, outcome)
        for name, one in assets.items():
            if name not in whole:
                yield _component(_named(title, name, is_alone=not is_each and len(assets) == 1), {name: one}, outcome)


def _named(title: str, asset: str, *, is_alone: bool) -> str:
    """The name of a component that is one asset.

    >>> _named("table", "normalized/go_terms", is_alone=False), _named("", "validation/round_trip", is_alone=False)
    ('table go_terms', 'round trip')
    >>> _named("release", "release/current_release", is_alone=True)
    'release'
    """
    if is_alone:
        return title
    relation = asset.split("/")[1]
    return f"{title} {relation}" if title else relation.replace("_", " ")


def _component(title: str, made: dict[str, "Made"], outcome: "Outcome") -> Component:
    failures = tuple(f for f in outcome.failures if f.asset in made and not f.is_warning)
    seconds = round(sum(m.seconds for m in made.values()), 3)
    if not all(m.is_reached for m in made.values()):
        return Component(title, None, seconds, "not reached: one of its inputs failed")
    rows, checks = sum(m.rows or 0 for m in made.values()), sum(m.checks for m in made.values())
    numbers = ((len(made), "asset"), (rows, "row"), (checks, "check"))
    parts = [counted(n, word) for n, word in numbers if n and (n, word) != (1, "asset")]
    if failures:
        return Component(title, False, seconds, failures[-1].message.splitlines()[0], failures)
    return Component(title, all(m.is_done for m in made.values()), seconds, ", ".join(parts) or "done", failures)


def findings_text(findings: Iterable[tuple[str, bool]]) -> tuple[bool, str]:
    """Whether all findings passed, and their names in words.

    >>> findings_text([("rows_match", True), ("hash_matches", False)])
    (False, 'failed: hash matches')
    >>> findings_text([("rows_match", True), ("hash_matches", True)])
    (True, '2 checks: rows match, hash matches')
    """
    checks = [(name.replace("_", " "), passed) for name, passed in findings]
    wrong = [name for name, passed in checks if not passed]
    names = ", ".join(name for name, _ in checks)
    return not wrong, f"failed: {', '.join(wrong)}" if wrong else f"{counted(len(checks), 'check')}: {names}"
