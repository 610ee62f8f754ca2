"""Builds one extraction relation: its SQL file, run in the build schema.

Its asset, checks and records are in `runs.factories.extraction`.
"""

from psycopg import sql

from mediabase_assets.audit.accounts import Account, account_of
from mediabase_assets.extraction.rules import EXTRACTION
from mediabase_assets.extraction.snapshot import PAYLOADS_VIEW, UNDER_THE_VIEW, analyze, restore_payloads_view
from mediabase_assets.postgres.sql_files import Connection, read, run


def build(conn: Connection, name: str) -> None:
    """Rebuild a relation in the first schema of the search_path."""
    if name in UNDER_THE_VIEW:
        conn.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(PAYLOADS_VIEW)))
    conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(name)))
    run(conn, EXTRACTION / f"{name}.sql")
    analyze(conn, name)
    if name in UNDER_THE_VIEW:
        restore_payloads_view(conn)


def account_of_remaining(conn: Connection) -> list[Account]:
    """The account of the JSON keys that have no target."""
    return account_of(conn, sql.SQL(read(EXTRACTION / "remaining_facts_account.sql")))
