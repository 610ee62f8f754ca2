"""The rows in which a table differs from another relation with the same columns, and the statements that make it equal.

Contains the comparison by a key and, without one, as multisets. Which columns count, and in which order tables are
changed, is decided by the callers.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import LiteralString

from psycopg import sql

from mediabase_assets.postgres.connection import Session

# rows of one relation beyond as many equal ones as the other has: a difference of multisets
_SURPLUS: LiteralString = """from (
    select x.*, x.ctid, md5({one_row}::text) as mediabase_digest,
      row_number() over (partition by md5({one_row}::text)) as mediabase_number from {one} as x) as m
  left join (select md5({other_row}::text) as mediabase_digest, count(*) as mediabase_count from {other} as y group by 1) as o
    using (mediabase_digest)
  where mediabase_number > coalesce(mediabase_count, 0)"""


class RowDifference:
    """The changes that make a table hold the rows of another relation; each returns the number of rows that it touched.

    Args:
        conn: A session in a transaction.
        table: The table that is changed.
        wanted: The relation with the rows that it shall hold.
        key: Columns that identify a row; empty for a table without a key, which is compared as a multiset.
        columns: Columns that both have and that count.
        as_text: Columns that are compared by their text; None for whole rows as text, which every type allows.
        stamp: Column that an update sets to the time of the transaction; None for none.
    """

    def __init__(
        self, conn: Session, table: sql.Composable, wanted: sql.Composable, key: Sequence[str], columns: Sequence[str], *,
        as_text: Collection[str] | None = None, stamp: str | None = None,
    ) -> None:  # fmt: skip
        self._conn = conn
        self._key, self._columns, self._as_text = key, columns, as_text
        self._rest = [c for c in columns if c not in key]
        assignments = [sql.SQL("{0} = w.{0}").format(sql.Identifier(c)) for c in self._rest]
        if stamp is not None:
            assignments.append(sql.SQL("{} = now()").format(sql.Identifier(stamp)))
        self._parts: dict[str, sql.Composable] = {
            "table": table,
            "wanted": wanted,
            "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
            "match": matching(key, "w", "t"),
            "assignments": sql.SQL(", ").join(assignments),
            "new": self._row("w", self._rest),
            "old": self._row("t", self._rest),
        }

    def insert(self) -> int:
        """Insert the rows that are missing."""
        if self._key:
            return self._run(
                "insert into {table} ({columns}) overriding system value select {columns} from {wanted} as w"
                " where not exists (select from {table} as t where {match})"
            )
        surplus = self._surplus(self._parts["wanted"], self._parts["table"])
        return self._run("insert into {table} ({columns}) overriding system value select {columns} {surplus}", surplus=surplus)

    def update(self) -> int:
        """Give the rows of the same key their content."""
        if not (self._key and self._rest):
            return 0
        return self._run("update {table} as t set {assignments} from {wanted} as w where {match} and {new} is distinct from {old}")

    def delete(self) -> int:
        """Delete the rows that the other relation does not hold."""
        if self._key:
            return self._run("delete from {table} as t where not exists (select from {wanted} as w where {match})")
        surplus = self._surplus(self._parts["table"], self._parts["wanted"])
        return self._run("delete from {table} where ctid in (select ctid {surplus})", surplus=surplus)

    def count(self) -> tuple[int, int, int]:
        """How many rows `insert`, `update` and `delete` would touch; nothing is changed."""
        if not self._key:
            missing = self._surplus(self._parts["wanted"], self._parts["table"])
            extra = self._surplus(self._parts["table"], self._parts["wanted"])
            return self._number("{surplus}", surplus=missing), 0, self._number("{surplus}", surplus=extra)
        changed = self._number("from {wanted} as w join {table} as t on {match} where {new} is distinct from {old}") if self._rest else 0
        return (
            self._number("from {wanted} as w where not exists (select from {table} as t where {match})"),
            changed,
            self._number("from {table} as t where not exists (select from {wanted} as w where {match})"),
        )

    def copy_old(self, copy: sql.Composable) -> int:
        """Copy the rows that `delete` and `update` will touch, with the word for it in a column before theirs; returns their number."""
        if not self._key:
            surplus = self._surplus(self._parts["table"], self._parts["wanted"])
            return self._run("insert into {copy} select 'deleted', t.* from {table} as t where ctid in (select ctid {surplus})",
                             copy=copy, surplus=surplus)  # fmt: skip
        deleted = self._run(
            "insert into {copy} select 'deleted', t.* from {table} as t where not exists (select from {wanted} as w where {match})",
            copy=copy,
        )
        if not self._rest:
            return deleted
        return deleted + self._run(
            "insert into {copy} select 'changed', t.* from {table} as t join {wanted} as w on {match} where {new} is distinct from {old}",
            copy=copy,
        )

    def _number(self, source: LiteralString, **more: sql.Composable) -> int:
        return int(self._conn.value(sql.SQL("select count(*) " + source).format(**self._parts, **more)))

    def _surplus(self, one: sql.Composable, other: sql.Composable) -> sql.Composed:
        rows = {"one_row": self._row("x", self._columns), "other_row": self._row("y", self._columns)}
        return sql.SQL(_SURPLUS).format(one=one, other=other, **rows)

    def _row(self, alias: str, columns: Sequence[str]) -> sql.Composed:
        if self._as_text is None:
            return sql.SQL("row({})::text").format(compared(columns, (), alias))
        return sql.SQL("row({})").format(compared(columns, self._as_text, alias))

    def _run(self, query: LiteralString, **more: sql.Composable) -> int:
        return self._conn.execute(sql.SQL(query).format(**self._parts, **more)).rowcount


def matching(key: Iterable[str], one: str, other: str) -> sql.Composed:
    """The condition that rows of two aliases have the same key.

    >>> matching(["gene_id", "n"], "w", "t").as_string()
    '"w"."gene_id" = "t"."gene_id" and "w"."n" = "t"."n"'
    """
    return sql.SQL(" and ").join(sql.SQL("{} = {}").format(sql.Identifier(one, k), sql.Identifier(other, k)) for k in key)


def compared(columns: Iterable[str], as_text: Collection[str], alias: str) -> sql.Composed:
    """Columns of an alias as they are compared: some of them by their text.

    >>> compared(["gene_id", "score"], {"score"}, "t").as_string()
    '"t"."gene_id", "t"."score"::text'
    """
    return sql.SQL(", ").join(sql.SQL("{}::text" if c in as_text else "{}").format(sql.Identifier(alias, c)) for c in columns)


def columns_by_text(conn: Session, schema: str, name: str) -> frozenset[str]:
    """The columns of a relation that have to be compared by their text: 1.50 equals 1.5 as numeric, and json has no equality."""
    columns = conn.values(
        """select attname::text from pg_attribute where attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
           and attnum > 0 and not attisdropped and atttypid in ('numeric'::regtype, 'json'::regtype)""",
        schema, name,
    )  # fmt: skip
    return frozenset(columns)
