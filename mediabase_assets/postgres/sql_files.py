"""SQL files: how they are read and run.

SQL of any size is in `.sql` files in the folder `sql` of the package that runs it. Names of schemas are not in them: they resolve by the
session's search_path. Settings that a file reads are session settings `mediabase.…` (see `session.py`).
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from mediabase_assets.postgres.connect import Session

Connection = Session

#: Whether another session works on a relation, or has a snapshot from before what was written last.
_IN_THE_WAY = """select exists (
      select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and age(backend_xmin) > 0)
    or exists (
      select from pg_locks where relation = to_regclass(format('%%I.%%I', %s::text, %s::text)) and pid <> pg_backend_pid() and granted
        and mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock'))"""


@cache
def read(path: Path) -> LiteralString:
    """The text of a packaged SQL file."""
    return path.read_text(encoding="utf-8")  # our own file, as literal as the code beside it


def run(conn: psycopg.Connection[Any], path: Path) -> int:
    """Run every statement of a file; returns the rows that the last one touched."""
    return max(conn.execute(sql.SQL(read(path))).rowcount, 0)


def vacuum(conn: Session, schema: str, changed: Iterable[str], *, analyzes: bool = False) -> None:
    """Reclaim what changed rows left behind, and mark pages as visible to all, so that index-only scans need no heap.

    Readers do not wait for it (giving pages back to the disk would lock them out). What another session works on, or reads as it was
    before, is vacuumed again, twice at most, since that mostly is autovacuum for a moment; then it is left to autovacuum.

    Args:
        conn: A session outside a transaction.
        schema: Where the relations are.
        changed: Tables and materialized views whose rows were written.
        analyzes: Whether to count anew what the planner knows of them.
    """
    left = list(changed)
    for pause in (0, 0.3, 0.7):
        time.sleep(pause if left else 0)
        left = [name for name in left if _vacuum_one(conn, schema, name, analyzes=analyzes)]


def _vacuum_one(conn: Session, schema: str, name: str, *, analyzes: bool) -> bool:
    """Vacuum one relation; returns whether another session was in the way."""
    is_in_the_way = conn.value(_IN_THE_WAY, schema, name)
    options = sql.SQL("skip_locked, truncate false, analyze") if analyzes else sql.SQL("skip_locked, truncate false")
    conn.execute(sql.SQL("vacuum ({}) {}").format(options, sql.Identifier(schema, name)))
    return bool(is_in_the_way)


def code_version(*paths: Path, values: Iterable[str] = ()) -> str:
    """A short digest of SQL files, and of values that make the same of them: what Dagster calls the version of an asset's code."""
    digest = md5(usedforsecurity=False)
    for path in sorted(paths):
        digest.update(path.name.encode())
        digest.update(read(path).encode())
    for value in values:
        digest.update(value.encode())
    return digest.hexdigest()[:12]


@contextmanager
def looking_in(conn: Connection, *schemas: str) -> Iterator[None]:
    """Another search_path for some statements of the transaction that is open; an error leaves it, for the transaction is over.

    Args:
        conn: A session in a transaction.
        schemas: Where names are looked up; without any, the server prints every name with its schema.
    """
    before = conn.value("show search_path")
    path = sql.SQL(", ").join(map(sql.Identifier, schemas)).as_string(conn)
    conn.execute("select set_config('search_path', %s, true)", (path,))
    yield
    conn.execute("select set_config('search_path', %s, true)", (before,))


@contextmanager
def looking_as_people(conn: Connection) -> Iterator[None]:
    """The search_path of a new session for some statements of the transaction that is open.

    Functions that users created may call others without their schema; checks, generated columns and indexes call such functions.
    """
    before = conn.value("show search_path")
    conn.execute("select set_config('search_path', reset_val, true) from pg_settings where name = 'search_path'")
    yield
    conn.execute("select set_config('search_path', %s, true)", (before,))


def exists(conn: Connection, name: str) -> bool:
    """Whether a relation of that name is found along the search_path."""
    return bool(conn.value("select to_regclass(quote_ident(%s)) is not null", name))


def is_there(conn: Connection, schema: str, name: str) -> bool:
    """Whether a schema holds a relation of that name."""
    return bool(conn.value("select to_regclass(format('%%I.%%I', %s::text, %s::text)) is not null", schema, name))


def count(conn: Connection, name: str) -> int:
    """Rows of a relation found along the search_path."""
    return int(conn.value(sql.SQL("select count(*) from {}").format(sql.Identifier(name))))


def has_rows(conn: Connection, name: str) -> bool:
    """Whether a relation found along the search_path holds anything."""
    return bool(conn.value(sql.SQL("select exists (select from {})").format(sql.Identifier(name))))
