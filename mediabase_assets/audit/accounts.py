"""The accounts: where the facts of the legacy table went, table by table and column by column.

facts_read = kept + merged + repaired + quarantined + archived. The left side is counted from the legacy values as they
are (`fact_counts`, `legacy_rows`), the right side from what the fact relations made of them; kept + repaired is also
the number of rows of the table. Both must agree, or the release does not happen.
"""

from dataclasses import dataclass
from typing import Any

from psycopg import sql

from mediabase_assets.model.errors import UnknownDamageError
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.reasons import QUARANTINE_REASONS, REPAIR_REASONS
from mediabase_assets.model.tables import Table
from mediabase_assets.postgres.sql_files import Connection, count

CHECK_ACCOUNT = "every_fact_is_accounted_for"


@dataclass(frozen=True)
class Account:
    """One line of an account.

    Attributes:
        legacy_column: Column of the legacy table.
        fact_kind: What a fact of this line is.
        is_primary: Whether the fact counts here for its column (other tables may read it too).
        facts_read: Facts that the legacy table holds.
        kept: First of their kind, unchanged.
        merged: A duplicate of a fact that is already kept.
        repaired: First of their kind, changed.
        quarantined: Kept aside, with a reason.
        archived: Without a target; in the backup.
    """

    legacy_column: str
    fact_kind: str
    is_primary: bool
    facts_read: int
    kept: int
    merged: int
    repaired: int
    quarantined: int
    archived: int

    @property
    def balance(self) -> int:
        """Facts that are unaccounted for (negative: accounted for twice); 0 in a balanced account.

        >>> Account("drugs", "drug", True, 10, 4, 3, 2, 1, 0).balance
        0
        """
        return self.facts_read - self.kept - self.merged - self.repaired - self.quarantined - self.archived

    def as_row(self) -> dict[str, Any]:
        """The line with its balance, for a report."""
        return {**self.__dict__, "unaccounted": self.balance}


def account_of(conn: Connection, query: sql.SQL) -> list[Account]:
    """The lines that an account query selects."""
    return conn.rows(Account, query)


def write_account(conn: Connection, migration_id: str, asset: str, accounts: list[Account]) -> None:
    """Record an asset's account, replacing what an earlier attempt of the same migration wrote."""
    conn.execute("delete from row_account where migration_id = %s and asset = %s", (migration_id, asset))
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into row_account (migration_id, asset, legacy_column, fact_kind, is_primary, facts_read, kept,
                 merged, repaired, quarantined, archived) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (migration_id, asset, a.legacy_column, a.fact_kind, a.is_primary, a.facts_read, a.kept, a.merged, a.repaired,
                 a.quarantined, a.archived)
                for a in accounts
            ],
        )  # fmt: skip


def check_account(conn: Connection, table: Table, accounts: list[Account]) -> Finding:
    """Read equals kept + merged + repaired + quarantined + archived, and kept + repaired equals the table's rows."""
    rows = count(conn, table.name)
    accounted_rows = rows_told(table, accounts)
    unbalanced = [a.as_row() for a in accounts if a.balance]
    if accounted_rows != rows:
        unbalanced.append(
            {"fact_kind": "rows of the table", "rows": rows, "kept_and_repaired": accounted_rows, "unaccounted": rows - accounted_rows}
        )
    examined = {"rows": rows, "account": [a.as_row() for a in accounts]}
    return Finding(CHECK_ACCOUNT, not unbalanced, examined, len(unbalanced), tuple(unbalanced[:10]))


def rows_told(table: Table, accounts: list[Account]) -> int:
    """Rows that the table has by its account."""
    return sum(a.kept + a.repaired for a in accounts if table.row_kind in (None, a.fact_kind))


def clear_records(conn: Connection, migration_id: str, asset: str) -> None:
    """Delete what an earlier attempt of the same migration recorded for an asset."""
    for table in ("quarantine", "repairs", "reason_account"):
        conn.execute(
            sql.SQL("delete from {} where migration_id = %s and asset = %s").format(sql.Identifier(table)),
            (migration_id, asset),
        )


def sum_reasons(conn: Connection, migration_id: str, asset: str) -> dict[str, dict[str, int]]:
    """Count an asset's quarantine and repairs by reason, record the counts, and return them by outcome.

    Raises:
        UnknownDamageError: A reason code is not in the model: a kind of damage that no rule knows.
    """
    conn.execute(
        """insert into reason_account (migration_id, asset, legacy_column, outcome, reason, facts)
           select migration_id, asset, legacy_column, 'quarantined', reason, sum(fact_count) from quarantine
           where migration_id = %(id)s and asset = %(asset)s group by 1, 2, 3, 5
           union all
           select migration_id, asset, legacy_column, 'repaired', reason, sum(fact_count) from repairs
           where migration_id = %(id)s and asset = %(asset)s group by 1, 2, 3, 5""",
        {"id": migration_id, "asset": asset},
    )
    rows = conn.execute(
        """select outcome, reason, sum(facts)::bigint from reason_account
           where migration_id = %s and asset = %s group by 1, 2 order by 1, 3 desc""",
        (migration_id, asset),
    ).fetchall()
    counts: dict[str, dict[str, int]] = {"quarantined": {}, "repaired": {}}
    known = {"quarantined": {r.code for r in QUARANTINE_REASONS}, "repaired": {r.code for r in REPAIR_REASONS}}
    for outcome, reason, facts in rows:
        if reason not in known[outcome]:
            raise UnknownDamageError(
                f"{counted(int(facts), 'fact was', 'facts were')} {outcome} for the unknown reason {reason!r}.",
                where=asset,
                next_step="Add the reason to mediabase_assets/model/reasons.py with the sentence that a curator reads.",
            )
        counts[outcome][reason] = int(facts)
    return counts
