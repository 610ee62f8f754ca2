"""The functions of schema v0.3.0 in the live schema: created with the release, changed only where their text did.

A digest of a function's text and of the schema that it reads is in its comment, so that a changed one is noticed.
"""

from hashlib import md5
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from mediabase_assets.model.views import FUNCTIONS
from mediabase_assets.postgres.sql_files import Connection, looking_in, read
from mediabase_assets.views.definition import QUERIES

_OF_THAT_NAME = """
    select p.oid::regprocedure::text as signature, obj_description(p.oid, 'pg_proc') as comment,
      array(select pg_get_userbyid(a.grantee) from aclexplode(p.proacl) as a where a.grantee not in (0, p.proowner) order by 1) as roles
    from pg_proc as p where p.proname = %s and p.pronamespace = to_regnamespace(quote_ident(%s)) order by 1
"""


class _Existing(NamedTuple):
    """A function that has the name of one of ours: its signature, its comment, and the roles that may execute it beside its owner."""

    signature: str
    comment: str | None
    roles: list[str]


def bring(conn: Connection, live_schema: str) -> None:
    """Create the functions in the live schema, or bring them up to date; what is the same stays untouched."""
    # pg_temp comes last, or the caller of a function could put a table of his own in the place of ours
    with looking_in(conn, live_schema, "pg_temp"):
        for name in FUNCTIONS:
            existing = conn.rows(_Existing, _OF_THAT_NAME, name, live_schema)
            comment = _comment(name, live_schema)
            if [function.comment for function in existing] != [comment]:
                _create(conn, name, _text(name), existing)
                conn.execute(sql.SQL("comment on function {} is {}").format(sql.Identifier(name), sql.Literal(comment)))


def missing_functions(conn: Connection, live_schema: str) -> list[str]:
    """The functions that are not in the live schema, or not as they are defined here."""
    return [
        name
        for name in FUNCTIONS
        if [function.comment for function in conn.rows(_Existing, _OF_THAT_NAME, name, live_schema)] != [_comment(name, live_schema)]
    ]


def _text(name: str) -> LiteralString:
    return read(QUERIES / "functions" / f"{name}.sql")


def _comment(name: str, live_schema: str) -> str:
    digest = md5(f"{live_schema}\0{_text(name)}".encode(), usedforsecurity=False).hexdigest()[:12]
    return f"{FUNCTIONS[name]} (definition {digest})"


def _create(conn: Connection, name: str, text: LiteralString, existing: list[_Existing]) -> None:
    """Create or replace a function; one of an old version may return other columns, and has to be dropped first."""
    statement = sql.SQL(text)
    try:
        with conn.transaction():
            conn.execute(statement)
            if len(conn.rows(_Existing, _OF_THAT_NAME, name, _schema(conn))) == 1:
                return
            raise psycopg.errors.InvalidFunctionDefinition("another function of the same name takes other arguments")
    except psycopg.errors.InvalidFunctionDefinition:
        for function in existing:
            conn.execute(sql.SQL("drop function {}").format(sql.SQL(function.signature)))
        conn.execute(statement)
        for role in sorted({role for function in existing for role in function.roles}):
            conn.execute(sql.SQL("grant execute on function {} to {}").format(sql.Identifier(name), sql.Identifier(role)))


def _schema(conn: Connection) -> str:
    return str(conn.value("select current_schema()") or "")
