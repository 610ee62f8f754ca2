"""Bringing the rows of a table back: those of the archive beside it, then only what differs is changed.

Values are compared as their text, timestamps included, so that a row that was touched comes back as it was. What other
people's tables refer to is checked before anything is deleted.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

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
    nullable = conn.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and attnotnull and not attisdropped",
        (target.as_string(conn),),
    ).fetchall()
    for (column,) in nullable:  # a generated column is not in the archive
        conn.execute(sql.SQL("alter table {} alter column {} drop not null").format(target, sql.Identifier(column)))


def key_of(conn: Connection, name: RelationName) -> tuple[str, ...]:
    """The columns of the primary key; none if there is no key."""
    rows = conn.execute(
        """select a.attname from pg_index as i cross join unnest(i.indkey) with ordinality as k (number, position)
           join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
           where i.indrelid = format('%%I.%%I', %s::text, %s::text)::regclass and i.indisprimary order by k.position""",
        tuple(name),
    ).fetchall()
    return tuple(column for (column,) in rows)


class Difference:
    """The changes that make a table hold what the table beside it holds."""

    def __init__(self, conn: Connection, name: RelationName, target: sql.Identifier, columns: Iterable[str]) -> None:
        self._conn = conn
        self._key = key_of(conn, name)
        columns = tuple(columns)
        rest = [c for c in columns if c not in self._key]
        self._has_rest = bool(rest)
        self._parts: dict[str, sql.Composable] = {
            "live": sql.Identifier(*name),
            "beside": target,
            "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
            "match": sql.SQL(" and ").join(sql.SQL("s.{0} = l.{0}").format(sql.Identifier(k)) for k in self._key),
            "wanted": _row("s", columns),
            "found": _row("l", columns),
            "assign": sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(c)) for c in rest),
        }

    def insert(self) -> int:
        """Insert the rows that are missing."""
        if self._key:
            which = "from {beside} as s where not exists (select from {live} as l where {match})"
        else:
            which = _SURPLUS.format(mine="{beside}", my_row="{wanted}", mine_as="s", other="{live}", other_row="{found}", other_as="l")
        return self._run("insert into {live} ({columns}) overriding system value select {columns} " + which)

    def update(self) -> int:
        """Give the rows of the same key their content."""
        if not (self._key and self._has_rest):
            return 0
        return self._run("update {live} as l set {assign} from {beside} as s where {match} and {wanted} is distinct from {found}")

    def delete(self) -> int:
        """Delete the rows that were not there."""
        if self._key:
            return self._run("delete from {live} as l where not exists (select from {beside} as s where {match})")
        which = _SURPLUS.format(mine="{live}", my_row="{found}", mine_as="l", other="{beside}", other_row="{wanted}", other_as="s")
        return self._run("delete from {live} where ctid in (select ctid " + which + ")")  # noqa: S608  # names come in below

    def _run(self, query: Any) -> int:
        return self._conn.execute(sql.SQL(query).format(**self._parts)).rowcount


# rows of one side beyond as many equal ones as the other side has: a difference of multisets
_SURPLUS = """from (
    select {mine_as}.*, {mine_as}.ctid, md5({my_row}) as restore_digest,
      row_number() over (partition by md5({my_row})) as restore_number from {mine} as {mine_as}) as m
  left join (select md5({other_row}) as restore_digest, count(*) as restore_count from {other} as {other_as} group by 1) as o
    using (restore_digest)
  where restore_number > coalesce(restore_count, 0)"""


def _row(alias: str, columns: Iterable[str]) -> sql.Composable:
    return sql.SQL("row({})::text").format(sql.SQL(", ").join(sql.Identifier(alias, c) for c in columns))
