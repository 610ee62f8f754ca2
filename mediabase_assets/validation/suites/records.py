"""The results of the suites in `release_checks`: one row per migration and check. Contains the access to those rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

from mediabase_assets.model.release_checks import AFTER, BEFORE
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.validation.suites import counts
from mediabase_assets.validation.suites.floors import STOPS, WARNS
from mediabase_assets.validation.suites.judging import Result

_COPY: LiteralString = """
    insert into release_checks (migration_id, suite, check_name, severity, outcome, measured, threshold, unit, explanation)
    select %(to)s, suite, check_name, severity, outcome, measured, threshold, unit, explanation
    from release_checks where migration_id = %(from)s and check_name = any(%(names)s)
    on conflict (migration_id, check_name) do update set outcome = excluded.outcome, measured = excluded.measured,
      threshold = excluded.threshold, explanation = excluded.explanation"""


@dataclass(frozen=True)
class CheckRow:
    """A row of `release_checks`."""

    suite: str
    check_name: str
    severity: str
    outcome: str
    measured: float | None
    threshold: float
    unit: str
    explanation: str

    @property
    def is_bad(self) -> bool:
        """Whether it failed or warned."""
        return self.outcome in ("failed", "warned")


def write(conn: Connection, migration_id: str, results: Sequence[Result], names: Iterable[str]) -> None:
    """Replace the rows of a migration that have these names."""
    conn.execute("delete from release_checks where migration_id = %s and check_name = any(%s)", (migration_id, [*names]))
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into release_checks (migration_id, suite, check_name, severity, outcome, measured, threshold, unit, explanation)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (migration_id, r.check.suite, r.check.name, str(r.check.severity), str(r.outcome), r.measured, r.threshold, r.check.unit,
                 r.explanation)
                for r in results
            ],
        )  # fmt: skip


def take_over_floors(conn: Connection, migration_id: str) -> None:
    """Where nothing new is to be released, the floors are as they were when what is live was released."""
    release = counts.newest_release(conn, conn.workspace.operations)
    if release not in (None, migration_id):
        conn.execute(_COPY, {"from": release, "to": migration_id, "names": [STOPS, WARNS]})


def take_over(conn: Connection, release: str, newest: str) -> None:
    """Give a release the results of a later evaluation of the same content, but for its floors."""
    if release != newest:
        names = [name for name in BEFORE if name not in (STOPS, WARNS)]
        conn.execute(_COPY, {"from": newest, "to": release, "names": names})


def rows(conn: Connection, migration_id: str) -> list[CheckRow]:
    """The rows of a migration, in the order of the table of checks; none where an earlier version has migrated."""
    if not exists(conn, "release_checks"):
        return []
    found = conn.rows(
        CheckRow,
        """select suite, check_name, severity, outcome, measured, threshold, unit, explanation
           from release_checks where migration_id = %s""",
        migration_id,
    )
    order = {name: n for n, name in enumerate((*BEFORE, *AFTER))}
    return sorted(found, key=lambda r: (order.get(r.check_name, len(order)), r.check_name))
