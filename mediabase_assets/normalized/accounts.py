"""The account of one normalized table, taken from the extraction relations by its SQL."""

import json
from pathlib import Path

from psycopg import sql

from mediabase_assets.audit.accounts import Account, account_of
from mediabase_assets.model.tables import Table
from mediabase_assets.normalized.tables import NORMALIZED
from mediabase_assets.postgres.sql_files import Connection, read

ACCOUNTS = NORMALIZED / "accounts"


def take_account(conn: Connection, table: Table) -> list[Account]:
    """The account of a table that was just built, from the extraction relations of the session's search_path."""
    own = ACCOUNTS / f"{table.name}.sql"
    if own.exists():
        return account_of(conn, sql.SQL(read(own)))
    facts = sql.SQL(read(ACCOUNTS / "facts" / f"{table.name}.sql"))
    conn.execute("drop view if exists pg_temp.account_facts")
    conn.execute(sql.SQL("create temporary view account_facts as {}").format(facts))
    conn.execute("select set_config('mediabase.counted', %s, false)", (json.dumps(table.counted),))
    accounts = account_of(conn, sql.SQL(read(ACCOUNTS / "of_facts.sql")))
    conn.execute("drop view pg_temp.account_facts")
    return accounts


def account_paths(table: Table) -> list[Path]:
    """The files that a table's account is taken by."""
    own = ACCOUNTS / f"{table.name}.sql"
    return [own] if own.exists() else [ACCOUNTS / "facts" / f"{table.name}.sql", ACCOUNTS / "of_facts.sql"]
