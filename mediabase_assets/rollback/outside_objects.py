"""What other people built on relations that a rollback drops or empties: listed before it is lost, dropped only on request.

Rows of other people's tables are never deleted: a foreign key that cannot stay is dropped, its table keeps every row.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from mediabase_assets.backup import RelationName
from mediabase_assets.model.errors import RollbackError
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.rollback.plan import DROP, Plan

_VIEWS = """
    with recursive above (oid) as (
      select c.oid from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      where (n.nspname, c.relname) in (select * from unnest(%s::text[], %s::text[]))
      union
      select r.ev_class from above as a
      join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = a.oid and d.classid = 'pg_rewrite'::regclass
      join pg_rewrite as r on r.oid = d.objid and r.ev_class <> a.oid
    )
    select n.nspname as schema, c.relname as name from above join pg_class as c using (oid) join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm') order by 1, 2
"""
_FOREIGN_KEYS = """
    select cn.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid), pn.nspname, p.relname,
      array(select a.attname::text from unnest(k.conkey) with ordinality as u (number, position)
            join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.number order by u.position),
      array(select a.attname::text from unnest(k.confkey) with ordinality as u (number, position)
            join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.number order by u.position)
    from pg_constraint as k
    join pg_class as c on c.oid = k.conrelid join pg_namespace as cn on cn.oid = c.relnamespace
    join pg_class as p on p.oid = k.confrelid join pg_namespace as pn on pn.oid = p.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and (pn.nspname, p.relname) in (select * from unnest(%s::text[], %s::text[]))
    order by 1, 2, 3
"""


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key: of which table, onto which, as PostgreSQL prints it."""

    child: RelationName
    name: str
    definition: str
    parent: RelationName
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"the foreign key {self.name} of {self.child} onto {self.parent}"

    def drop(self, conn: Connection) -> None:
        """Drop the constraint; every row stays."""
        conn.execute(sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(*self.child), sql.Identifier(self.name)))

    def add(self, conn: Connection) -> None:
        """Add the constraint again, if it is missing."""
        query = "select 1 from pg_constraint where conname = %s and conrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))"
        if conn.value(query, self.name, *self.child) is None:
            conn.execute(
                sql.SQL("alter table {} add constraint {} {}").format(
                    sql.Identifier(*self.child), sql.Identifier(self.name), sql.SQL(self.definition)
                )  # PostgreSQL's own text
            )

    def rows_referring(self, conn: Connection, kept: sql.Composable | None) -> int:
        """Rows of the child that refer to a row of the parent which is not among the kept ones.

        Args:
            conn: A session.
            kept: A relation with the rows that the parent will have; None if the parent is dropped.
        """
        present = sql.SQL(" and ").join(sql.SQL("c.{} is not null").format(sql.Identifier(c)) for c in self.columns)
        query = sql.SQL("select count(*) from {} as c where {}").format(sql.Identifier(*self.child), present)
        if kept is not None:
            pairs = zip(self.columns, self.parent_columns, strict=True)
            match = sql.SQL(" and ").join(sql.SQL("s.{} = c.{}").format(sql.Identifier(p), sql.Identifier(c)) for c, p in pairs)
            query += sql.SQL(" and not exists (select from {} as s where {})").format(kept, match)
        return int(conn.value(query))


def foreign_keys_onto(conn: Connection, names: Iterable[RelationName]) -> list[ForeignKey]:
    """The foreign keys onto relations, ours and those of other people."""
    names = list(names)
    rows = conn.execute(_FOREIGN_KEYS, ([n.schema for n in names], [n.name for n in names])).fetchall()
    keys = [
        ForeignKey(
            RelationName(schema, child), name, definition, RelationName(parent_schema, parent), tuple(columns), tuple(parent_columns)
        )
        for schema, child, name, definition, parent_schema, parent, columns, parent_columns in rows
    ]
    return [key for key in keys if key.child != key.parent]


def views_above(conn: Connection, names: Iterable[RelationName]) -> list[RelationName]:
    """The views on relations, however deep, and the relations themselves where they are views."""
    names = list(names)
    return conn.rows(RelationName, _VIEWS, [n.schema for n in names], [n.name for n in names])


@dataclass(frozen=True)
class Lost:
    """What other people would lose: views, and foreign keys with the number of rows that use them."""

    views: tuple[RelationName, ...]
    keys: tuple[tuple[ForeignKey, int], ...]

    def lines(self) -> list[str]:
        """Each in words."""
        views = [f"the view {view}" for view in self.views]
        return views + [f"{key}, which {counted(rows, 'row uses', 'rows use')} (the table and its rows stay)" for key, rows in self.keys]


def lost_with(conn: Connection, plan: Plan, build_schema: str) -> Lost:
    """What other people would lose with the relations that are dropped. Our own build schema counts as ours."""
    dropped = [i.relation for i in plan.of(DROP)]
    ours = plan.names
    views = [v for v in views_above(conn, dropped) if v not in ours and v.schema != build_schema]
    keys = [k for k in foreign_keys_onto(conn, dropped) if k.child not in ours and k.child.schema != build_schema]
    return Lost(tuple(views), tuple((k, k.rows_referring(conn, None)) for k in keys))


def require_permission(lost: Lost, *, with_dependents: bool, where: str) -> None:
    """Refuse to go on when other people would lose something, unless that was requested.

    Raises:
        RollbackError: They would, and it was not requested.
    """
    lines = lost.lines()
    if lines and not with_dependents:
        raise RollbackError(
            f"Other people would lose what they built on the relations that are dropped: {'; '.join(lines)}.",
            where=where,
            next_step="Drop or change these first, or give --with-dependents (with_dependents in the job) to have them dropped.",
        )
