"""The statements of a query pair: as they are timed, as they are compared, and on which rows.

Contains how a pair's SQL files become statements. In the files the legacy table has its usual name, so that they can be pasted
into psql; in the statements it is the configured table or, for answers that differ, the rows of it that the migration kept.
"""

import re
from pathlib import Path

from psycopg import sql

from mediabase_assets.model.legacy import LEGACY_TABLE
from mediabase_assets.model.query_pairs import QueryPair
from mediabase_assets.model.reasons import QUARANTINE_REASONS, REPAIR_REASONS
from mediabase_assets.postgres.sql_files import Connection, read

SQL = Path(__file__).parents[1] / "sql"
PAIRS = SQL / "query_benchmark"
#: The only value of a transcript itself that questions are about and that may be quarantined without its row.
_FOLD_CHANGE = sql.SQL("case when f.transcript_id is null then l.expression_fold_change end as expression_fold_change")
#: Columns that every legacy query reads.
_IDENTITY = ("transcript_id", "gene_id", "gene_symbol")


def path_of(pair: QueryPair, side: str) -> Path:
    """The SQL file of one side, `legacy` or `views`."""
    return PAIRS / f"{pair.name}.{side}.sql"


def selected(pair: QueryPair, side: str, legacy: sql.Composable) -> sql.Composed:
    """What one side selects, with `legacy` in the place of the legacy table."""
    text = "".join(line for line in read(path_of(pair, side)).splitlines(keepends=True) if not line.startswith("--"))
    parts: list[sql.Composable] = []
    for i, part in enumerate(re.split(rf"\b{LEGACY_TABLE}\b", text)):
        parts += [legacy] * (i > 0) + [sql.SQL(part)]
    return sql.Composed(parts)


def timed(pair: QueryPair, side: str, legacy: sql.Composable) -> sql.Composed:
    """What is timed: the query, or the count over it."""
    query = selected(pair, side, legacy)
    return sql.SQL("select count(*) from ({}) as answer").format(query) if pair.is_counted else query


def kept_rows(pair: QueryPair, legacy: sql.Composable) -> sql.Composed:
    """The legacy rows that the migration kept, under the ids that it gave them, as a subquery."""
    columns = sql.SQL(", ").join(_FOLD_CHANGE if c == "expression_fold_change" else sql.Identifier("l", c) for c in pair.columns)
    return sql.SQL("({})").format(sql.SQL(read(SQL / "kept_legacy_rows.sql")).format(legacy=legacy, columns=columns))


def genes_read_otherwise(conn: Connection, pair: QueryPair) -> dict[str, list[str]]:
    """Genes whose facts in the pair's columns the migration repaired or quarantined, with the reasons."""
    reasons = sorted({r.code for r in (*QUARANTINE_REASONS, *REPAIR_REASONS) if r.changes_reading})
    parameters = {"columns": [*pair.columns, *_IDENTITY], "reasons": reasons}
    return dict(conn.execute(sql.SQL(read(SQL / "damaged_genes.sql")), parameters).fetchall())
