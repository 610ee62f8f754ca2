"""Builds one extraction relation: its SQL file, run in the build schema.

Its definition is in `model.extraction`, its asset and its records are in `runs.factories.extraction`.
"""

from pathlib import Path

from psycopg import sql

from mediabase_assets.audit.accounts import Account, account_of
from mediabase_assets.curation.marks import mark
from mediabase_assets.extraction.rules import EXTRACTION
from mediabase_assets.extraction.snapshot import analyze
from mediabase_assets.extraction.views import without_views
from mediabase_assets.model.extraction import EXTRACTION_VIEWS, EXTRACTIONS, Extraction, ExtractionCheck, made_with
from mediabase_assets.postgres.sql_files import Connection, read, run

#: Relations of facts: one row per fact of a value.
_OF_FACTS = frozenset(e.name for e in EXTRACTIONS if e.records == "facts")


def build(conn: Connection, name: str) -> None:
    """Rebuild a relation in the first schema of the search_path."""
    with without_views(conn, [name]):
        conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(name)))
        run(conn, EXTRACTION / f"{name}.sql")
        mark(conn, name, of_facts=name in _OF_FACTS)
        analyze(conn, name)


def account_of_remaining(conn: Connection) -> list[Account]:
    """The account of the JSON keys that have no target."""
    return account_of(conn, sql.SQL(read(EXTRACTION / "remaining_facts_account.sql")))


def check_path(check: ExtractionCheck) -> Path:
    """The file of a check."""
    return EXTRACTION / "checks" / f"{check.name}.sql"


def other_paths(extraction: Extraction) -> list[Path]:
    """The files of checks, quarantine and repairs, views and account, beside that of the relation."""
    paths = [check_path(check) for check in extraction.checks]
    paths += [EXTRACTION / "records" / f"{extraction.records}.sql"] if extraction.records else []
    paths += [EXTRACTION / f"{view}.sql" for view in EXTRACTION_VIEWS if made_with(view) == extraction.name]
    return paths + ([EXTRACTION / "remaining_facts_account.sql"] if extraction.name == "remaining_facts" else [])
