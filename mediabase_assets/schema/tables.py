"""The definition of one normalized table by the versioned files: columns, keys, foreign keys, the view of a table stored otherwise.

Comments come from the Pandera models. The rows are those of `normalized.tables`; the version as a whole is in `versions`.
"""

from pathlib import Path

from psycopg import sql

from mediabase_assets.model.tables import Table
from mediabase_assets.normalized.tables import NORMALIZED
from mediabase_assets.postgres.sql_files import Connection, run

#: Where the versions are, a folder each.
VERSION_FOLDERS = Path(__file__).parent / "sql"
#: The schema version that this code deploys, and the folder of its files.
SCHEMA_VERSION = "v1.0.0"
VERSION = VERSION_FOLDERS / "v1_0_0"


def create(conn: Connection, table: Table) -> None:
    """Create a table's relations, empty and without keys, in the first schema of the search_path."""
    run(conn, VERSION / "tables" / f"{table.name}.sql")


def add_keys(conn: Connection, table: Table) -> None:
    """Add primary keys, unique constraints and indexes."""
    run(conn, VERSION / "keys" / f"{table.name}.sql")


def create_view(conn: Connection, table: Table) -> None:
    """Create the view that shows a table which is stored otherwise, in the first schema of the search_path."""
    if table.is_view:
        run(conn, VERSION / "views" / f"{table.name}.sql")


def add_references(conn: Connection, table: Table) -> None:
    """Add the foreign keys; the parents must exist."""
    path = VERSION / "foreign_keys" / f"{table.name}.sql"
    if path.exists():
        run(conn, path)


def add_comments(conn: Connection, table: Table) -> None:
    """Say in the database what the table and each of its columns hold."""
    for relation in table.relations:
        _comment(conn, "table", relation.name, relation.comment, relation.columns)


def add_view_comments(conn: Connection, table: Table) -> None:
    """The same for the view of a table that is stored otherwise."""
    if table.is_view:
        _comment(conn, "view", table.name, table.description, table.columns)


def _comment(conn: Connection, kind: str, name: str, text: str, columns: dict[str, str]) -> None:
    keyword = sql.SQL("table") if kind == "table" else sql.SQL("view")
    statements = [
        sql.SQL("comment on {} {} is {}").format(keyword, sql.Identifier(name), sql.Literal(text)),
        *(
            sql.SQL("comment on column {}.{} is {}").format(sql.Identifier(name), sql.Identifier(c), sql.Literal(d))
            for c, d in columns.items()
        ),
    ]
    conn.execute(sql.SQL("; ").join(statements))


def definition_paths(table: Table) -> list[Path]:
    """The files that define a table."""
    name = f"{table.name}.sql"
    folders = ("tables", "keys", "foreign_keys", "views")
    return [NORMALIZED / name, *(p for f in folders if (p := VERSION / f / name).exists())]
