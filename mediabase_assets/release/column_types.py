"""Columns of live tables whose type another version of the project declares otherwise, brought to the type that was built.

PostgreSQL refuses to change the type of a column that a view shows: those views are dropped and created again, with
owner, privileges, comments and indexes, in the transaction of the release. The rows are the release's matter.
"""

from typing import LiteralString

from psycopg import sql

from mediabase_assets.postgres import dependents
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.release.views import patiently

_DIFFERING: LiteralString = """
    select n.attname, format_type(n.atttypid, n.atttypmod)
    from pg_attribute as n
    join pg_attribute as l on l.attrelid = format('%%I.%%I', %(live)s::text, %(name)s::text)::regclass and l.attname = n.attname
    where n.attrelid = format('%%I.%%I', %(build)s::text, %(name)s::text)::regclass and n.attnum > 0 and not n.attisdropped
      and n.attgenerated = '' and (n.atttypid, n.atttypmod) <> (l.atttypid, l.atttypmod)
    order by n.attnum"""


def bring_types(conn: Connection, name: str, live_schema: str) -> list[str]:
    """Give the columns of a live table the types of the table just built; returns which were changed.

    Readers of the table and of what shows it are locked out until the release ends, so it happens only where a type differs.

    Raises:
        ReleaseError: Readers never left for a moment, or a view is based on the table that cannot be created again.
    """
    rows = conn.execute(_DIFFERING, {"build": conn.workspace.build, "live": live_schema, "name": name}).fetchall()
    if not rows:
        return []
    changes = sql.SQL(", ").join(
        sql.SQL("alter column {0} type {1} using {0}::{1}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in rows
    )

    def all_at_once() -> None:
        above = dependents.take_down(conn, live_schema, name)
        conn.execute(sql.SQL("alter table {} {}").format(sql.Identifier(live_schema, name), changes))
        dependents.put_up(conn, above)

    patiently(conn, all_at_once, schema=live_schema, names=[name])
    return [str(column) for column, _ in rows]
