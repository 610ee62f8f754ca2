"""The tables of records in `mediabase_ops`: their definition, and how they are brought up to date.

`journal` and `built` write into them.
"""

import re
from pathlib import Path

from psycopg import sql

from mediabase_assets.postgres.sql_files import Connection, code_version, looking_in, read, run
from mediabase_assets.postgres.target import record_target

_SQL = Path(__file__).parent / "sql"
#: The files that create the tables of records.
RECORDS = (_SQL / "deploy.sql", _SQL / "target.sql", _SQL / "monitoring.sql")


def has_operations(conn: Connection) -> bool:
    """Whether the schema of the records exists."""
    return bool(conn.value("select to_regnamespace(quote_ident(%s)) is not null", conn.workspace.operations))


def prepare_schemas(conn: Connection, live_schema: str) -> None:
    """Create the build schema, and the operations schema with its tables; does nothing where they are up to date.

    Args:
        conn: A session that may write.
        live_schema: The target of these records.

    Raises:
        ConfigurationError: The records are those of another target.
    """
    build, operations = conn.workspace.build, conn.workspace.operations
    comment = f"What the migrations of MEDIABASE know about themselves (definition {code_version(*RECORDS)})"
    tables_of_records = [name for path in RECORDS for name in re.findall(r"^create table if not exists (\w+)", read(path), re.M)]
    row = conn.execute(
        """select to_regnamespace(quote_ident(%s)) is not null, obj_description(to_regnamespace(quote_ident(%s)), 'pg_namespace'),
             (select bool_and(to_regclass(quote_ident(%s) || '.' || n) is not null) from unnest(%s::text[]) as n)""",
        (build, operations, operations, tables_of_records),
    ).fetchone()
    if row == (True, comment, True):
        record_target(conn, conn.workspace, live_schema)
        return
    for name in (build, operations):
        conn.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(name)))
    with looking_in(conn, operations):
        for path in RECORDS:
            run(conn, path)
    record_target(conn, conn.workspace, live_schema)
    conn.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(operations), sql.Literal(comment)))
