"""The account of the legacy table by its columns, over all tables of a migration, and its headline."""

import json
from pathlib import Path
from typing import Any

from psycopg import sql

from mediabase_assets.audit.checks import failing_rows
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.legacy import Fate, legacy_column
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.postgres.sql_files import Connection, read, run
from mediabase_assets.settings.model import Settings
from mediabase_assets.validation import headline

_SQL = Path(__file__).parent / "sql"
#: The files that take the account and check it.
FILES = (_SQL / "column_account.sql", _SQL / "columns_unaccounted.sql")


def write(conn: Connection, settings: Settings, migration_id: str) -> None:
    """Take the account of every column of the legacy table and record it, replacing what an earlier attempt recorded."""
    database = settings.database
    legacy = describe_legacy_table(conn, database.source_schema, database.legacy_table)
    columns = []
    for name in legacy.columns or {}:
        known = legacy_column(name)
        fate, why = (known.fate, known.why) if known else (Fate.ARCHIVED, "a column that no schema version of MEDIABASE had")
        columns.append({"name": name, "fate": str(fate), "why": why})
    conn.execute("select set_config('mediabase.legacy_columns', %s, true)", (json.dumps(columns),))
    conn.execute("delete from column_account where migration_id = %s", (migration_id,))
    run(conn, FILES[0])


def rows(conn: Connection, migration_id: str) -> list[dict[str, Any]]:
    """The recorded account, one row per column of the legacy table, by name."""
    return conn.rows(
        dict,
        """select legacy_column, fate, facts_read, kept, merged, repaired, quarantined, archived, explanation
           from column_account where migration_id = %s order by 1""",
        migration_id,
    )


def check(conn: Connection, name: str, columns: int) -> Finding:
    """Whether the account of every column balances."""
    return failing_rows(conn, name, sql.SQL(read(FILES[1])), {"columns": columns})


def headline_of(conn: Connection, account: list[dict[str, Any]]) -> str:
    """The headline of the migration as Markdown: outcomes of the facts, reasons, and rows by table."""
    reasons = conn.execute(sql.SQL(read(_SQL / "headline_reasons.sql"))).fetchall()
    conn.execute("select set_config('mediabase.headline_relations', %s, true)", (",".join(r.name for r in RELATIONS),))
    counted = conn.execute(sql.SQL(read(_SQL / "headline_rows.sql"))).fetchall()
    return headline.text(account, reasons, counted)
