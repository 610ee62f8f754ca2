"""The versioned schema: deploy, verify, revert; and the record of which version is live.

A version is a folder of SQL files: `tables`, `keys`, `foreign_keys`, `views`, one file per table; the views that people
query are based on it. It is deployed into whatever schema the session sees first. `schema_version` is read in all of its three old layouts.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from psycopg import sql

from mediabase_assets.model.errors import SchemaError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.tables import TABLES, Relation
from mediabase_assets.model.views import FUNCTIONS, VIEWS, View
from mediabase_assets.postgres.sql_files import Connection, looking_in
from mediabase_assets.schema import tables
from mediabase_assets.views import definition, functions

DESCRIPTION = "Normalized schema: twelve tables of the owner's document and three for the PharmGKB payload"


class VersionRecord(NamedTuple):
    """A row of `schema_version`, whatever its layout."""

    version: str
    applied_at: str | None
    description: str | None


def deploy(conn: Connection) -> None:
    """Create all tables with keys, foreign keys, views, functions and comments in the first schema of the search_path."""
    for table in TABLES:
        tables.create(conn, table)
        tables.add_keys(conn, table)
        tables.add_comments(conn, table)
    for table in TABLES:
        tables.add_references(conn, table)
        tables.create_view(conn, table)
        tables.add_view_comments(conn, table)
    schema = _first_schema(conn)
    for view in VIEWS:
        definition.create(conn, view, schema)
        definition.finish(conn, view, schema)
    functions.bring(conn, schema)


def _first_schema(conn: Connection) -> str:
    return str(conn.value("select current_schema()") or "")


def verify(conn: Connection, schema: str) -> list[str]:
    """How what is deployed in a schema differs from the model; empty if it does not.

    Checks the columns of every relation and view, their order, all comments, keys, unique sets, foreign keys, and indexes of views.
    """
    wrong = []
    for table in TABLES:
        expected = {r.name: (r.columns, r.comment) for r in table.relations}
        expected |= {table.name: (table.columns, table.description)} if table.is_view else {}
        for name, (columns, comment) in expected.items():
            actual = _columns(conn, schema, name)
            named = {c: text for c, text in actual.items() if c not in ("created_at", "updated_at")}
            if list(named) != list(columns):
                wrong.append(f"{name}: columns are {list(named)}, the model says {list(columns)}")
            elif named != columns or _comment(conn, schema, name) != comment:
                wrong.append(f"{name}: comments differ from the model")
        for relation in table.relations:
            wrong += _wrong_keys(conn, schema, relation)
    for view in VIEWS:
        wrong += _wrong_view(conn, schema, view)
    return wrong


def _wrong_view(conn: Connection, schema: str, view: View) -> list[str]:
    columns, described = _columns(conn, schema, view.name), definition.describe(conn, schema, view.name)
    if described is None:
        return [f"{view.name}: is not there"]
    wrong = []
    if list(columns) != list(view.columns):
        wrong.append(f"{view.name}: columns are {list(columns)}, the model says {list(view.columns)}")
    elif columns != view.columns or _comment(conn, schema, view.name) != view.description:
        wrong.append(f"{view.name}: comments differ from the model")
    wanted = sorted(i.name_on(view.name) for i in view.all_indexes)
    if sorted(described.indexes) != wanted:
        wrong.append(f"{view.name}: indexes are {sorted(described.indexes)}, the model says {wanted}")
    return wrong


def _columns(conn: Connection, schema: str, name: str) -> dict[str, Any]:
    rows = conn.execute(
        """select attname, col_description(attrelid, attnum) from pg_attribute
           where attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text)) and attnum > 0 and not attisdropped order by attnum""",
        (schema, name),
    ).fetchall()
    return dict(rows)


def _comment(conn: Connection, schema: str, name: str) -> str | None:
    comment: str | None = conn.value("select obj_description(to_regclass(format('%%I.%%I', %s::text, %s::text)), 'pg_class')", schema, name)
    return comment


def _wrong_keys(conn: Connection, schema: str, relation: Relation) -> list[str]:
    name, references = relation.name, len(relation.references + relation.later_references)
    row = conn.execute(
        """select (select array_agg(a.attname::text order by k.position) from pg_constraint c
             cross join unnest(c.conkey) with ordinality as k (number, position)
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number
             where c.conrelid = r.oid and c.contype = 'p'),
             (select count(*) from pg_constraint c where c.conrelid = r.oid and c.contype = 'f'),
             (select count(*) from pg_index i where i.indrelid = r.oid and i.indisunique and not i.indisprimary)
           from (select to_regclass(format('%%I.%%I', %s::text, %s::text)) as oid) as r""",
        (schema, name),
    ).fetchone()
    assert row is not None
    key, foreign_keys, unique_sets = row
    wrong = []
    if tuple(key or ()) != relation.key:
        wrong.append(f"{name}: primary key is {key}, the model says {list(relation.key)}")
    if foreign_keys != references:
        wrong.append(f"{name}: {foreign_keys} foreign keys, the model says {references}")
    if unique_sets != len(relation.unique):
        wrong.append(f"{name}: {unique_sets} unique sets beside the key, the model says {len(relation.unique)}")
    return wrong


def revert(conn: Connection) -> None:
    """Drop everything that `deploy` created, children first; never other people's objects."""
    for name in FUNCTIONS:
        conn.execute(sql.SQL("drop function {}").format(sql.Identifier(name)))
    for view in VIEWS:
        definition.drop(conn, _first_schema(conn), view.name, "m" if view.is_materialized else "v")
    for table in reversed(TABLES):
        if table.is_view:
            conn.execute(sql.SQL("drop view {}").format(sql.Identifier(table.name)))
    names = sql.SQL(", ").join(sql.Identifier(r.name) for t in reversed(TABLES) for r in t.relations)
    conn.execute(sql.SQL("drop table {}").format(names))


def rehearse(conn: Connection, examine: Callable[[str], None] = lambda schema: None) -> list[str]:
    """Deploy, verify and revert in a schema of its own, which is gone afterwards; returns what verify finds.

    Args:
        conn: A session that builds.
        examine: Called with the name of that schema while everything is in it.

    Raises:
        SchemaError: After the revert something is left.
    """
    rehearsal = conn.workspace.rehearsal
    schema = sql.Identifier(rehearsal)
    conn.execute(sql.SQL("create schema {}").format(schema))
    with looking_in(conn, rehearsal):
        deploy(conn)
        wrong = verify(conn, rehearsal)
        examine(rehearsal)
        revert(conn)
    left = conn.value("select count(*) from pg_class where relnamespace = %s::regnamespace", rehearsal)
    if left:
        raise SchemaError(f"Reverting the schema left {counted(left, 'object')}.", where=tables.SCHEMA_VERSION, next_step="Report this.")
    conn.execute(sql.SQL("drop schema {}").format(schema))
    return wrong


def _layout(conn: Connection, schema: str) -> dict[str, str] | None:
    """Which columns of `schema_version` hold version, time and description; None if the table does not exist."""
    columns = _columns(conn, schema, "schema_version")
    if not columns:
        return None
    version = next((c for c in ("version_name", "version") if c in columns), None)
    if version is None:
        raise SchemaError(
            f"The table schema_version has a layout that no version of MEDIABASE made: {', '.join(columns)}.",
            where=schema,
            next_step="Rename it, then run the migration again.",
        )
    applied = next((c for c in ("applied_at", "created_at") if c in columns), None)
    layout: dict[str, str] = {"version": str(version)}
    if applied:
        layout["applied_at"] = applied
    if "description" in columns:
        layout["description"] = "description"
    return layout


def versions(conn: Connection, schema: str) -> list[VersionRecord]:
    """What `schema_version` records, in any of its layouts: (id, version, created_at), (version_name, applied_at,
    description), (id, version_name, description, applied_at); oldest first.

    Raises:
        SchemaError: It has another layout.
    """
    layout = _layout(conn, schema)
    if layout is None:
        return []
    time = sql.Identifier(layout["applied_at"]) if "applied_at" in layout else sql.SQL("null")
    text = sql.Identifier("description") if "description" in layout else sql.SQL("null")
    query = sql.SQL(
        "select {version}::text as version, {time}::text as applied_at, {text}::text as description from {table} order by 2 nulls first, 1"
    ).format(version=sql.Identifier(layout["version"]), time=time, text=text, table=sql.Identifier(schema, "schema_version"))
    return conn.rows(VersionRecord, query)


def record_version(conn: Connection, schema: str) -> None:
    """Record the version that this code deploys in `schema_version`, in the layout of the existing table; once."""
    layout = _layout(conn, schema)
    if layout is None:
        conn.execute(
            sql.SQL(
                "create table {} (version_name text primary key, description text, applied_at timestamptz not null default now())"
            ).format(sql.Identifier(schema, "schema_version"))
        )
        layout = {"version": "version_name", "description": "description"}
    if any(v.version == tables.SCHEMA_VERSION for v in versions(conn, schema)):
        return
    values = {layout["version"]: tables.SCHEMA_VERSION}
    if "description" in layout:
        values["description"] = DESCRIPTION
    conn.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(schema, "schema_version"),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() for _ in values),
        ),
        list(values.values()),
    )
