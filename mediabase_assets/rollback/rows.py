"""Loading the rows of a table from the archive into a temporary table beside it, so that only what differs is changed.

The change itself is a `RowDifference`: values are compared as their text, timestamps included, so that a row that was
touched comes back as it was. What other people's tables refer to is checked before anything is deleted.
"""

from collections.abc import Callable
from contextlib import ExitStack

from psycopg import sql

from mediabase_assets.backup import BackupManifest, RelationName
from mediabase_assets.backup.archive import Entry, stream_rows
from mediabase_assets.model.errors import RollbackError
from mediabase_assets.postgres.sql_files import Connection

Counts = tuple[int, int, int]
"""Rows inserted, updated, deleted."""


class Loader:
    """Takes the rows of an archive into tables of the session, by COPY.

    Attributes:
        columns: For each table that was loaded the columns that the archive holds.
    """

    def __init__(self, conn: Connection, targets: dict[RelationName, sql.Identifier]) -> None:
        self.columns: dict[RelationName, tuple[str, ...]] = {}
        self._conn = conn
        self._targets = {str(name): (name, target) for name, target in targets.items()}
        self._open = ExitStack()

    def load(self, manifest: BackupManifest, entries: dict[str, list[Entry]]) -> None:
        """Copy the rows of the targets out of the archives."""
        for file, of_file in entries.items():
            with self._open:
                stream_rows(manifest.folder / file, of_file, self._start)
        for name, _ in self._targets.values():
            if name not in self.columns:
                raise RollbackError("The archive holds no rows of a table that the manifest lists.", where=str(name))

    def _start(self, table: str, columns: tuple[str, ...]) -> Callable[[bytes], None] | None:
        self._open.close()
        if table not in self._targets:
            return None
        name, target = self._targets[table]
        self.columns[name] = columns
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        copy = sql.SQL("copy {} ({}) from stdin").format(target, names) if columns else sql.SQL("copy {} from stdin").format(target)
        cursor = self._open.enter_context(self._conn.cursor())
        return self._open.enter_context(cursor.copy(copy)).write


def beside(number: int) -> sql.Identifier:
    """The name of the temporary table that holds what a table shall hold."""
    return sql.Identifier("pg_temp", f"restore_{number}")


def make_beside(conn: Connection, name: RelationName, target: sql.Identifier, number: int) -> None:
    """Create the temporary table; it is gone with the transaction."""
    conn.execute(
        sql.SQL("create temporary table {} (like {}) on commit drop").format(sql.Identifier(f"restore_{number}"), sql.Identifier(*name))
    )
    query = "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and attnotnull and not attisdropped"
    for column in conn.values(query, target.as_string(conn)):  # a generated column is not in the archive
        conn.execute(sql.SQL("alter table {} alter column {} drop not null").format(target, sql.Identifier(column)))


def key_of(conn: Connection, name: RelationName) -> tuple[str, ...]:
    """The columns of the primary key; none if there is no key."""
    columns = conn.values(
        """select a.attname from pg_index as i cross join unnest(i.indkey) with ordinality as k (number, position)
           join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
           where i.indrelid = format('%%I.%%I', %s::text, %s::text)::regclass and i.indisprimary order by k.position""",
        *name,
    )
    return tuple(columns)
