"""The rows of one normalized table in the build schema, its column types and its size.

Its definition, keys and comments are in `schema.tables`; in which order an asset takes the steps is in `runs.factories.table`.
"""

from pathlib import Path

from psycopg import sql

from mediabase_assets.model.tables import TABLES, Table
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.sql_files import Connection, run

#: Where the SQL of the layer is.
NORMALIZED = Path(__file__).parent / "sql"


def table_named(name: str) -> Table:
    """The table of that name."""
    return next(t for t in TABLES if t.name == name)


def drop_built(conn: Connection, table: Table) -> None:
    """Drop what an earlier attempt left of a table in the build schema."""
    _drop_dependents(conn, table)
    if table.is_view:
        conn.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(conn.workspace.build, table.name)))
    for relation in reversed(table.relations):
        conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(conn.workspace.build, relation.name)))


def _drop_dependents(conn: Connection, table: Table) -> None:
    """Drop the views of the build schema that show a table which is rebuilt (they are built after it)."""
    for view in VIEWS:
        if table.name in view.parents:
            keyword = sql.SQL("materialized view" if view.is_materialized else "view")
            conn.execute(sql.SQL("drop {} if exists {}").format(keyword, sql.Identifier(conn.workspace.build, view.name)))
    for other in TABLES:
        if other.is_view and table.name in other.parents:
            conn.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(conn.workspace.build, other.name)))


def fill(conn: Connection, table: Table) -> None:
    """Insert all rows from the extraction relations."""
    run(conn, NORMALIZED / f"{table.name}.sql")
    for relation in table.relations:
        conn.execute(sql.SQL("analyze {}").format(sql.Identifier(relation.name)))


def types_of(conn: Connection, name: str) -> dict[str, str]:
    """The SQL types of a relation's columns."""
    query = "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = %s::regclass and attnum > 0"
    return dict(conn.execute(query, (name,)).fetchall())


def bytes_of(conn: Connection, table: Table) -> int:
    """Bytes of a table's relations on disk, with indexes and TOAST."""
    query = "select coalesce(sum(pg_total_relation_size(to_regclass(quote_ident(n)))), 0)::bigint from unnest(%s::text[]) as n"
    return int(conn.value(query, [r.name for r in table.relations]))
