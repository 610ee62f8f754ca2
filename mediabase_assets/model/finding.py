"""What one check found, and how it is written in a message.

Contains values only; what is checked is in `audit`, and what a failure means is decided where the check is run.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mediabase_assets.model.quantities import counted, row_text

#: Sample rows shown with a failed check.
SAMPLE_ROWS = 10


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: Its name: the sentence that is true when it passes.
        passed: Whether it is true.
        examined: What was examined, as numbers and words.
        failures: How many rows or cases fail.
        sample: Up to `SAMPLE_ROWS` of them.
    """

    check: str
    passed: bool
    examined: dict[str, Any]
    failures: int = 0
    sample: tuple[dict[str, Any], ...] = field(default=())


#: Rows of a sample that a message shows.
_SHOWN = 3


def failure_lines(failed: Iterable[Finding]) -> list[str]:
    """The findings that did not pass, each with rows that show it, as lines of a message.

    >>> failure_lines([Finding("every_key_is_unique", False, {}, 1, ({"gene_id": "ENSG1"},))])
    ['  every_key_is_unique: 1 failure', '    gene_id ENSG1']
    """
    lines = []
    for finding in failed:
        lines.append(f"  {finding.check}: {counted(finding.failures, 'failure')}")
        lines += [f"    {row_text(row)}" for row in finding.sample[:_SHOWN]]
    return lines


def failure_text(what: str, failed: Iterable[Finding], next_step: str) -> str:
    """The message of an asset that did not pass, with rows that show it.

    Args:
        what: What failed, and what that means for what is live.
        failed: The findings that did not pass.
        next_step: What to do.

    >>> print(failure_text("genes did not pass its audit.", [Finding("model", False, {}, 2)], "correct the rows."))
    genes did not pass its audit.
      model: 2 failures
      next:  correct the rows.
    """
    return "\n".join([what, *failure_lines(failed), f"  next:  {next_step}"])


def in_short(failed: Iterable[Finding]) -> str:
    """The same in one line, each finding with the first row of its sample.

    >>> in_short([Finding("every_key_is_unique", False, {}, 2, ({"gene_id": "ENSG1"},)), Finding("model", False, {}, 1)])
    'every_key_is_unique: 2 failures, such as gene_id ENSG1; model: 1 failure, such as …'
    """
    return "; ".join(f"{f.check}: {counted(f.failures, 'failure')}, such as {row_text(f.sample[0]) if f.sample else '…'}" for f in failed)
