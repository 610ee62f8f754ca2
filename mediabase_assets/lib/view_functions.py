"""The functions of schema v0.3.0 in the live schema: created with the release, changed only where their text did.

A function's text and the schema that it looks into are digested into its comment, so that a changed one is noticed.
"""

from hashlib import md5

import psycopg
from psycopg import sql

from mediabase_assets.lib.statements import Connection, looking_in, read
from mediabase_assets.lib.views import QUERIES
from mediabase_assets.model.views import FUNCTIONS

_OF_THAT_NAME = """
    select p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc'),
      array(select pg_get_userbyid(a.grantee) from aclexplode(p.proacl) as a where a.grantee not in (0, p.proowner) order by 1)
    from pg_proc as p where p.proname = %s and p.pronamespace = to_regnamespace(quote_ident(%s)) order by 1
"""


def bring(conn: Connection, live_schema: str) -> None:
    """Create the functions in the live schema, or bring them up to date; what is the same stays untouched."""
    # pg_temp comes last, or whoever calls a function could put a table of his own in the place of ours
    with looking_in(conn, live_schema, "pg_temp"):
        for name, description in FUNCTIONS.items():
            text = read(QUERIES / "functions" / f"{name}.sql")
            digest = md5(f"{live_schema}\0{text}".encode(), usedforsecurity=False).hexdigest()[:12]
            comment = f"{description} (definition {digest})"
            there = conn.execute(_OF_THAT_NAME, (name, live_schema)).fetchall()
            if [found[1] for found in there] != [comment]:
                _create(conn, name, text, there)
                conn.execute(sql.SQL("comment on function {} is {}").format(sql.Identifier(name), sql.Literal(comment)))


def _create(conn: Connection, name: str, text: str, there: list[tuple[str, str | None, list[str]]]) -> None:
    """Create or replace a function; one of an old version may return other columns, and has to go first."""
    statement = sql.SQL(text)
    try:
        with conn.transaction():
            conn.execute(statement)
            if len(conn.execute(_OF_THAT_NAME, (name, _schema(conn))).fetchall()) == 1:
                return
            raise psycopg.errors.InvalidFunctionDefinition("another function of the same name takes other arguments")
    except psycopg.errors.InvalidFunctionDefinition:
        for signature, _, _ in there:
            conn.execute(sql.SQL("drop function {}").format(sql.SQL(signature)))
        conn.execute(statement)
        for role in sorted({role for _, _, roles in there for role in roles}):
            conn.execute(sql.SQL("grant execute on function {} to {}").format(sql.Identifier(name), sql.Identifier(role)))


def _schema(conn: Connection) -> str:
    row = conn.execute("select current_schema()").fetchone()
    return str(row[0]) if row else ""
