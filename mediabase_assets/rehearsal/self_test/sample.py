"""The sample of a self-test: legacy rows that show every kind of damage of the whole table, in a table like it.

Contains copying; `sample.sql` chooses the rows.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import run
from mediabase_assets.settings.load import Settings

SQL = Path(__file__).parent / "sample.sql"
#: Genes that are taken whatever they show, and genes or rows of every kind of damage.
GENES, SHOWN = 100, 3


@dataclass(frozen=True)
class Kind:
    """A kind of damage: what becomes of it, why, in which column, and how many facts of the whole table show it."""

    outcome: str
    reason: str
    column: str
    facts: int = 0

    def __str__(self) -> str:
        return f"{self.outcome} for {self.reason} in {self.column}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What distinguishes it from others."""
        return (self.outcome, self.reason, self.column)


@dataclass(frozen=True)
class Sample:
    """What was taken: the kinds of damage of the whole table, rows of the table and of the sample."""

    kinds: tuple[Kind, ...]
    rows: int
    of: int


def take_sample(scanned: Settings, *, genes: int = GENES, shown: int = SHOWN) -> Sample:
    """Copy the sample into a table with the columns, keys and indexes of the legacy table.

    Args:
        scanned: Settings of the workspace that holds the extraction of the whole table.
        genes: Genes that are taken whatever they show.
        shown: Genes or rows of every kind of damage.
    """
    with build_session(scanned, migration_id="", asset="self-test sample") as conn:
        for name, value in (("sample_genes", genes), ("sample_shown", shown)):
            conn.execute("select set_config(%s, %s, true)", (f"mediabase.{name}", str(value)))
        run(conn, SQL)
        source = sql.Identifier(scanned.database.source_schema, scanned.database.legacy_table)
        target = sql.Identifier(conn.workspace.legacy, scanned.database.legacy_table)
        conn.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(conn.workspace.legacy)))
        conn.execute(
            sql.SQL(
                "create table {} (like {} including defaults including constraints including indexes including storage including comments)"
            ).format(target, source)
        )
        copied = conn.execute(
            sql.SQL(
                'insert into {} select l.* from {} as l join sample_rows as s on s.transcript_id = l.transcript_id::text collate "C"'
            ).format(target, source)
        ).rowcount
        conn.execute(sql.SQL("analyze {}").format(target))
        kinds = conn.rows(Kind, "select outcome, reason, legacy_column as column, facts from sample_kinds order by 1, 2, 3")
        whole = conn.value("select row_count from legacy_snapshot")
    return Sample(tuple(kinds), copied, int(whole or 0))


def missing_kinds(sampled: Settings, kinds: Collection[Kind]) -> list[Kind]:
    """Kinds of damage of the whole table that the migration of the sample did not find, by outcome, reason and column."""
    with build_session(sampled, migration_id="", asset="self-test sample") as conn:
        migrated = conn.rows(Kind, "select distinct outcome, reason, legacy_column as column from reason_account where facts > 0")
    found = {kind.key for kind in migrated}
    return [kind for kind in kinds if kind.key not in found]
