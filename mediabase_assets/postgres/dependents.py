"""What other people built on a view, and the privileges on it, taken along when the view is replaced.

PostgreSQL cannot change the query of a materialized view; it has to be dropped, together with every view that selects from
it. Contains dropping those views in order and creating them again, with owner, privileges, options, comments and
indexes, in the transaction that replaces the view. What cannot be created again stops the replacement.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import sql

from mediabase_assets.postgres.sql_files import Connection, looking_in

_DEPENDENTS = """
    with recursive above (oid, depth) as (
      select c.oid, 0 from pg_class as c where c.oid = %s::regclass
      union all
      select r.ev_class, a.depth + 1
      from above as a
      join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = a.oid and d.classid = 'pg_rewrite'::regclass
      join pg_rewrite as r on r.oid = d.objid and r.ev_class <> a.oid
    )
    select oid, max(depth) from above where depth > 0 group by oid order by 2, 1
"""
_FACTS = """
    select n.nspname as schema, c.relname as name, c.relkind::text as kind, pg_get_viewdef(c.oid) as query,
      coalesce(c.reloptions, '{}') as options, pg_get_userbyid(c.relowner) as owner, c.relispopulated as is_populated,
      obj_description(c.oid, 'pg_class') as comment,
      (select coalesce(jsonb_object_agg(a.attname, col_description(c.oid, a.attnum)), '{}') from pg_attribute as a
       where a.attrelid = c.oid and a.attnum > 0 and col_description(c.oid, a.attnum) is not null) as column_comments,
      array(select pg_get_indexdef(x.indexrelid) from pg_index as x where x.indrelid = c.oid order by x.indexrelid) as indexes
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace where c.oid = %s
"""
_GRANTS = """
    select case when a.grantee = 0 then null else pg_get_userbyid(a.grantee) end as role, a.privilege_type as privilege, a.is_grantable
    from pg_class as c cross join aclexplode(c.relacl) as a
    where c.oid = %s::regclass and a.grantee <> c.relowner order by 1 nulls first, 2
"""


@dataclass(frozen=True)
class Grant:
    """A privilege on a relation; without a role it is granted to public."""

    role: str | None
    privilege: str
    is_grantable: bool


@dataclass(frozen=True)
class Dependent:
    """A view that is based on another one, as it has to be created again."""

    schema: str
    name: str
    kind: str
    query: str
    options: list[str]
    owner: str
    is_populated: bool
    comment: str | None
    column_comments: dict[str, str]
    indexes: list[str]
    grants: tuple[Grant, ...] = field(default=())

    @property
    def relation(self) -> sql.Identifier:
        """Its name in SQL."""
        return sql.Identifier(self.schema, self.name)

    @property
    def keyword(self) -> sql.SQL:
        """What it is in SQL."""
        return sql.SQL("materialized view") if self.kind == "m" else sql.SQL("view")


def grants_on(conn: Connection, schema: str, name: str) -> tuple[Grant, ...]:
    """The privileges that others than the owner have on a relation."""
    text = sql.Identifier(schema, name).as_string(conn)
    return tuple(conn.rows(Grant, _GRANTS, text))


def give(conn: Connection, schema: str, name: str, grants: tuple[Grant, ...]) -> None:
    """Grant privileges on a relation."""
    for grant in grants:
        conn.execute(
            sql.SQL("grant {} on {} to {}{}").format(
                sql.SQL(_known(grant.privilege)),
                sql.Identifier(schema, name),
                sql.SQL("public") if grant.role is None else sql.Identifier(grant.role),
                sql.SQL(" with grant option" if grant.is_grantable else ""),
            )
        )


def _known(privilege: str) -> Any:
    """A privilege's keyword; PostgreSQL's own word, never text from elsewhere."""
    assert privilege.isalpha(), privilege
    return privilege


def take_down(conn: Connection, schema: str, name: str) -> list[Dependent]:
    """Drop the views that are based on a view, the topmost first, and return them in the order in which to create them again.

    Args:
        conn: A session in a transaction.
        schema: Schema of the view.
        name: The view that is to be replaced.
    """
    text = sql.Identifier(schema, name).as_string(conn)
    dependents = [_dependent(conn, oid) for oid in conn.values(_DEPENDENTS, text)]
    for dependent in reversed(dependents):
        conn.execute(sql.SQL("drop {} {}").format(dependent.keyword, dependent.relation))
    return dependents


def _dependent(conn: Connection, oid: int) -> Dependent:
    with looking_in(conn):
        view = conn.row(Dependent, _FACTS, oid)
    assert view is not None
    return replace(view, query=view.query.rstrip().rstrip(";"), grants=grants_on(conn, view.schema, view.name))


def put_up(conn: Connection, dependents: list[Dependent]) -> None:
    """Create the views again that `take_down` dropped."""
    for dependent in dependents:
        conn.execute(
            sql.SQL("create {keyword} {relation}{options} as {query}{data}").format(
                keyword=dependent.keyword,
                relation=dependent.relation,
                options=sql.SQL(f" with ({', '.join(dependent.options)})") if dependent.options else sql.SQL(""),
                query=sql.SQL(dependent.query),  # PostgreSQL's own text of the definition
                data=sql.SQL(" with no data") if dependent.kind == "m" and not dependent.is_populated else sql.SQL(""),
            )
        )
        for index in dependent.indexes:
            conn.execute(sql.SQL(index))  # PostgreSQL's own text again
        _describe(conn, dependent)
        give(conn, dependent.schema, dependent.name, dependent.grants)


def _describe(conn: Connection, dependent: Dependent) -> None:
    conn.execute(sql.SQL("alter {} {} owner to {}").format(dependent.keyword, dependent.relation, sql.Identifier(dependent.owner)))
    if dependent.comment is not None:
        text = sql.Literal(dependent.comment)
        conn.execute(sql.SQL("comment on {} {} is {}").format(dependent.keyword, dependent.relation, text))
    for column, comment in dependent.column_comments.items():
        conn.execute(sql.SQL("comment on column {}.{} is {}").format(dependent.relation, sql.Identifier(column), sql.Literal(comment)))
