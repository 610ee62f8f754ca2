"""How the records of one migration are read: each question in a transaction of its own, tables of other versions left out and named.

Contains the session's wrapper and the plain values that JSON holds; which questions are asked is in the modules beside it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.settings.load import Settings

Row = dict[str, Any]
#: Characters of a value that the page shows; what is longer is cut, and says how long it was.
LONGEST = 180


@dataclass
class Reader:
    """The records of one migration.

    Attributes:
        conn: A session in which everything is read from one snapshot.
        settings: The settings.
        migration_id: Which migration.
        missing: Tables of records that this database does not have, or has in another version, with the reason.
    """

    conn: Connection
    settings: Settings
    migration_id: str
    missing: dict[str, str] = field(default_factory=dict)

    def rows(self, table: str, query: LiteralString | sql.Composed, schema: str = "", **named: object) -> list[Row]:
        """The rows of a query on a table of records; none where that table is missing or of another version.

        Args:
            table: The table of records that the query reads.
            query: With the parameter `id` for the migration.
            schema: Where the table is, if not among the records.
            named: Other parameters.
        """
        if not is_there(self.conn, schema or self.conn.workspace.operations, table):
            self.missing[table] = "the database was migrated by a version that did not record this"
            return []
        try:
            with self.conn.transaction():
                rows = self.conn.rows(dict, query, **{"id": self.migration_id, **named})
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable):
            self.missing[table] = "it was recorded by another version"
            return []
        except psycopg.errors.InsufficientPrivilege:
            self.missing[table] = "this role may not read it"
            return []
        return [{name: plain(value) for name, value in row.items()} for row in rows]

    def one(self, table: str, query: LiteralString | sql.Composed, schema: str = "", **named: object) -> Row:
        """The first row of a query; an empty one if there is none."""
        rows = self.rows(table, query, schema, **named)
        return rows[0] if rows else {}


@contextmanager
def one_snapshot(conn: Connection) -> Iterator[None]:
    """Read everything as it was at one moment, and write nothing; the session has autocommit."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        yield


def plain(value: Any) -> Any:
    """A value as JSON has it.

    >>> plain(Decimal("3")), plain(Decimal("0.5")), plain([datetime(2026, 1, 2, tzinfo=UTC)])
    (3, 0.5, ['2026-01-02T00:00:00Z'])
    """
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def text_of(value: Any) -> str:
    """A raw value as people read it: a text as it is, anything else as JSON; a long one cut.

    >>> text_of("TP53"), text_of({"a": 1}), text_of(None)
    ('TP53', '{"a": 1}', '')
    >>> text_of("x" * 1000)[-20:]
    '… (1,000 characters)'
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({counted(len(text), 'character')})"
