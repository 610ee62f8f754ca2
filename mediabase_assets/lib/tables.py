"""Building one normalized table in the build schema: its definition, its rows, its keys, its comments.

Here belong the steps; in which order an asset takes them, and what a failed check means, is in `table_asset.py`. The
definitions are the versioned files of the schema layer, the comments come from the Pandera models.
"""

from pathlib import Path

from psycopg import sql

from mediabase_assets.lib.content_hash import ContentHash, content_hash
from mediabase_assets.lib.statements import NORMALIZED, VERSION_FOLDERS, Connection, run
from mediabase_assets.model.tables import TABLES, Relation, Table
from mediabase_assets.model.views import VIEWS

#: The schema version that this code deploys, and the folder of its files.
SCHEMA_VERSION = "v1.0.0"
VERSION = VERSION_FOLDERS / "v1_0_0"


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
    """Drop the views of the build schema that show a table which is built anew (they are built after it)."""
    for view in VIEWS:
        if table.name in view.parents:
            keyword = sql.SQL("materialized view" if view.is_materialized else "view")
            conn.execute(sql.SQL("drop {} if exists {}").format(keyword, sql.Identifier(conn.workspace.build, view.name)))
    for other in TABLES:
        if other.is_view and table.name in other.parents:
            conn.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(conn.workspace.build, other.name)))


def create(conn: Connection, table: Table) -> None:
    """Create a table's relations, empty and without keys, in the first schema of the search_path."""
    run(conn, VERSION / "tables" / f"{table.name}.sql")


def fill(conn: Connection, table: Table) -> None:
    """Insert all rows from the extraction relations."""
    run(conn, NORMALIZED / f"{table.name}.sql")
    for relation in table.relations:
        conn.execute(sql.SQL("analyze {}").format(sql.Identifier(relation.name)))


def add_keys(conn: Connection, table: Table) -> None:
    """Add primary keys, unique constraints and indexes."""
    run(conn, VERSION / "keys" / f"{table.name}.sql")


def create_view(conn: Connection, table: Table) -> None:
    """Create the view that shows a table which is stored otherwise, in the first schema of the search_path."""
    if table.is_view:
        run(conn, VERSION / "views" / f"{table.name}.sql")


def add_references(conn: Connection, table: Table) -> None:
    """Add the foreign keys; the parents must be there."""
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


def types_of(conn: Connection, name: str) -> dict[str, str]:
    """The SQL types of a relation's columns."""
    query = "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = %s::regclass and attnum > 0"
    return dict(conn.execute(query, (name,)).fetchall())


def bytes_of(conn: Connection, table: Table) -> int:
    """Bytes of a table's relations on disk, with indexes and TOAST."""
    row = conn.execute(
        "select coalesce(sum(pg_total_relation_size(to_regclass(quote_ident(n)))), 0)::bigint from unnest(%s::text[]) as n",
        ([r.name for r in table.relations],),
    ).fetchone()
    return int(row[0]) if row else 0


def record_built(
    conn: Connection, *, asset: str, schema: str, relations: tuple[Relation, ...], snapshot_id: str,
    migration_id: str, code_version: str,
) -> str:  # fmt: skip
    """Hash what was built, note it in `built_relations`, and return one hash over all of the relations."""
    digests = []
    for relation in relations:
        found = content_hash(conn, schema, relation.name)
        digests.append(found.digest)
        note_built(
            conn, relation.name, found, asset=asset, snapshot_id=snapshot_id, migration_id=migration_id, code_version=code_version
        )  # fmt: skip
    return "-".join(digests) if len(digests) > 1 else digests[0]


def note_built(
    conn: Connection, name: str, found: ContentHash, *, asset: str, snapshot_id: str, migration_id: str, code_version: str
) -> None:
    """Note in `built_relations` what was built, from which snapshot, with which content."""
    conn.execute(
        """insert into built_relations (
             relation, asset, snapshot_id, migration_id, row_count, content_hash, code_version, is_live)
           values (%(relation)s, %(asset)s, %(snapshot)s, %(migration)s, %(rows)s, %(digest)s, %(code)s, false)
           on conflict (relation) do update set asset = excluded.asset, snapshot_id = excluded.snapshot_id,
             migration_id = excluded.migration_id, row_count = excluded.row_count, content_hash = excluded.content_hash,
             code_version = excluded.code_version, built_at = now(), is_live = false""",
        {"relation": name, "asset": asset, "snapshot": snapshot_id, "migration": migration_id, "rows": found.rows,
         "digest": found.digest, "code": code_version},
    )  # fmt: skip


def definition_paths(table: Table) -> list[Path]:
    """The files that define a table."""
    name = f"{table.name}.sql"
    folders = ("tables", "keys", "foreign_keys", "views")
    return [NORMALIZED / name, *(p for f in folders if (p := VERSION / f / name).exists())]
