"""What becomes of prerequisites that are missing: one error with all problems and next steps. The checks are in `prerequisites`."""

from collections.abc import Iterable, Iterator, Sequence

from mediabase_assets.legacy import prerequisites
from mediabase_assets.model.errors import PrerequisiteError
from mediabase_assets.model.finding import Finding
from mediabase_assets.postgres.connection import Session
from mediabase_assets.settings.load import Settings


def require(conn: Session, settings: Settings, left_out: Sequence[str | None] = ()) -> None:
    """Raise if a prerequisite is missing; nothing is written.

    Args:
        conn: A session of any kind.
        settings: The settings.
        left_out: Transcripts whose rows are not migrated at all; None for rows without an id.

    Raises:
        PrerequisiteError: What is missing, and what to do next.
    """
    refuse(prerequisites.look(conn, settings, left_out=left_out)[1], settings)


def refuse(findings: Iterable[Finding], settings: Settings, more: str = "") -> None:
    """Raise if any of the findings failed.

    Args:
        findings: What was found.
        settings: Which table.
        more: What follows the next steps.

    Raises:
        PrerequisiteError: All problems and next steps together.
    """
    wrong = list(problems(findings))
    if wrong:
        raise PrerequisiteError(
            " ".join(problem for problem, _ in wrong),
            where=f"{settings.database.source_schema}.{settings.database.legacy_table}",
            next_step=" ".join(step for _, step in wrong) + more,
        )


def problems(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """What is wrong and what to do next, for every finding that failed."""
    for finding in findings:
        if not finding.passed:
            yield str(finding.examined.get("problem", finding.check)), str(finding.examined.get("next step", ""))
