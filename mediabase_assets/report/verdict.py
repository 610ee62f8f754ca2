"""The verdict on what is live, with its checks and what was released: for the command line and the report. Reads only."""

from dataclasses import dataclass
from typing import Any

from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.suites import counts, records
from mediabase_assets.validation.suites.records import CheckRow
from mediabase_assets.validation.verdict import Decided, read_verdict


@dataclass(frozen=True)
class Judgement:
    """What is known about how good a migration is.

    Attributes:
        migration_id: Which one; empty if nothing was released.
        verdict: Its verdict; None if there is none.
        checks: Its checks, in the order of the suites.
    """

    migration_id: str
    verdict: Decided | None
    checks: tuple[CheckRow, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        verdict: dict[str, Any] = self.verdict.as_json() if self.verdict else {"migration_id": self.migration_id or None, "verdict": None}
        return {**verdict, "checks": [{**c.__dict__} for c in self.checks]}


def newest_verdict(conn: Connection) -> Decided | None:
    """The verdict on the newest release that was not rolled back; None if there is none, or this role may not read it."""
    if not all(_may_read(conn, name) for name in ("releases", "verdicts")):
        return None
    release = counts.newest_release(conn, conn.workspace.operations)
    return read_verdict(conn, release) if release else None


def _may_read(conn: Connection, name: str) -> bool:
    return bool(conn.value("select coalesce(has_table_privilege(to_regclass(quote_ident(%s)), 'select'), false)", name))


def live_verdict(settings: Settings) -> Decided | None:
    """The same, in a session of its own.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase status") as conn:
        return newest_verdict(conn)


def read_judgement(settings: Settings, migration_id: str = "") -> Judgement:
    """The verdict and the checks of a migration, by default of the newest release that was not rolled back.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase verdict") as conn:
        if not exists(conn, "releases"):
            return Judgement("", None, ())
        wanted = migration_id or counts.newest_release(conn, conn.workspace.operations) or ""
        return Judgement(wanted, read_verdict(conn, wanted), tuple(records.rows(conn, wanted)))
