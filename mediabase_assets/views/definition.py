"""Views in the database: create them from their values, describe existing ones, compare the two.

Contains single views in any schema; the release and the refresh decide when. A view is known to be ours, and
unchanged, by two digests in `mediabase_ops.view_state`: of its definition here, and of what the server made of it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import md5
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from mediabase_assets.model.views import VIEWS, View
from mediabase_assets.postgres.content_hash import ContentHash, content_hash
from mediabase_assets.postgres.sql_files import Connection, looking_in, read

#: The queries of the views, one file each.
QUERIES = Path(__file__).parent / "sql"


class Difference(StrEnum):
    """How an existing view differs from its value."""

    ABSENT = "absent"
    """Nothing has the name: create it."""
    QUERY = "query"
    """It shows something else, or is not ours: replace it."""
    INDEXES = "indexes"
    """Only indexes differ: create and drop those."""
    NONE = "none"
    """It is the same; its rows may be old."""


@dataclass(frozen=True)
class Described:
    """A view as the catalogue has it.

    Attributes:
        kind: `m` for a materialized view, `v` for a plain one; another letter for a relation that is not a view.
        catalogue: Digest of what the server made of the definition.
        indexes: Names of its indexes with their definitions.
        is_populated: Whether it can be read.
    """

    kind: str
    catalogue: str
    indexes: dict[str, str]
    is_populated: bool = True


@dataclass(frozen=True)
class Recorded:
    """What was recorded about a view when it was last created or refreshed.

    Attributes:
        definition: Digest of its value.
        catalogue: Digest of what the server made of it.
        index_names: Its indexes.
        inputs: Fingerprints of the tables that it was last made from.
        content_hash: Of its rows then.
        rows: How many they were.
    """

    definition: str
    catalogue: str
    index_names: tuple[str, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    content_hash: str = ""
    rows: int = 0


def view_named(name: str) -> View:
    """The view of that name."""
    return next(v for v in VIEWS if v.name == name)


def query_of(view: View) -> LiteralString:
    """The query of a view."""
    return read(QUERIES / f"{view.name}.sql")


def definition_of(view: View) -> str:
    """A digest of a view's value: kind, query without comments, indexes, comments.

    >>> definition_of(VIEWS[0]) == definition_of(VIEWS[1])
    False
    """
    lines = [line for line in query_of(view).splitlines() if not line.lstrip().startswith("--")]
    indexes = [(i.name_on(view.name), i.columns, i.method, i.is_unique, i.where) for i in view.all_indexes]
    value = [view.is_materialized, lines, indexes, view.description, view.columns]
    return md5(json.dumps(value).encode(), usedforsecurity=False).hexdigest()


def difference(view: View, described: Described | None, recorded: Recorded | None) -> Difference:
    """How an existing view differs from its value; decided without the database.

    1. Nothing has the name, or a materialized view that was never filled: ABSENT or QUERY.
    2. The record is missing, has another definition, or the catalogue is not the recorded one: QUERY.
    3. An index of the value is missing, or one that we made before is not of the value: INDEXES.
    4. Else NONE. Indexes that other people made are theirs.
    """
    if described is None:
        return Difference.ABSENT
    is_same = recorded is not None and (recorded.definition, recorded.catalogue) == (definition_of(view), described.catalogue)
    if not is_same or not described.is_populated or described.kind != ("m" if view.is_materialized else "v"):
        return Difference.QUERY
    assert recorded is not None
    wanted = {i.name_on(view.name) for i in view.all_indexes}
    ours = set(recorded.index_names)
    return Difference.NONE if wanted <= set(described.indexes) and not (ours - wanted) & set(described.indexes) else Difference.INDEXES


def create(conn: Connection, view: View, schema: str) -> None:
    """Create a view with its rows in a schema; its query finds tables along the search_path."""
    keyword = sql.SQL("materialized view") if view.is_materialized else sql.SQL("view")
    conn.execute(sql.SQL("create {} {} as {}").format(keyword, sql.Identifier(schema, view.name), sql.SQL(query_of(view))))
    add_comments(conn, view, schema)


def finish(conn: Connection, view: View, schema: str) -> None:
    """Give a new materialized view its indexes and statistics."""
    if view.is_materialized:
        add_indexes(conn, view, schema)
        conn.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, view.name)))


def add_indexes(conn: Connection, view: View, schema: str, present: Iterable[str] = ()) -> None:
    """Create the indexes that do not exist yet."""
    for index in view.all_indexes:
        name = index.name_on(view.name)
        if name not in present:
            conn.execute(
                sql.SQL("create {unique}index {name} on {view} using {method} ({columns}){packed}{where}").format(
                    unique=sql.SQL("unique ") if index.is_unique else sql.SQL(""),
                    name=sql.Identifier(name),
                    view=sql.Identifier(schema, view.name),
                    method=sql.Identifier(index.method),
                    packed=sql.SQL(" with (fillfactor = 100)" if index.method == "btree" else ""),
                    columns=sql.SQL(", ").join(map(sql.Identifier, index.columns)),
                    where=sql.SQL(" where " + index.where if index.where else ""),
                )
            )


def drop_old_indexes(conn: Connection, view: View, schema: str, recorded: Recorded, described: Described) -> None:
    """Drop the indexes that we made and that are no longer of the value."""
    wanted = {i.name_on(view.name) for i in view.all_indexes}
    for name in sorted((set(recorded.index_names) - wanted) & set(described.indexes)):
        conn.execute(sql.SQL("drop index {}").format(sql.Identifier(schema, name)))


def add_comments(conn: Connection, view: View, schema: str) -> None:
    """Say in the database what the view and each of its columns hold."""
    keyword = sql.SQL("materialized view") if view.is_materialized else sql.SQL("view")
    relation = sql.Identifier(schema, view.name)
    statements = [
        sql.SQL("comment on {} {} is {}").format(keyword, relation, sql.Literal(view.description)),
        *(
            sql.SQL("comment on column {}.{} is {}").format(relation, sql.Identifier(c), sql.Literal(text))
            for c, text in view.columns.items()
        ),
    ]
    conn.execute(sql.SQL("; ").join(statements))


def describe(conn: Connection, schema: str, name: str) -> Described | None:
    """The relation that has the name of a view; None if there is none."""
    with conn.transaction(), looking_in(conn):
        return conn.row(
            Described,
            """select c.relkind::text as kind, md5(c.relkind::text || coalesce(pg_get_viewdef(c.oid), '')) as catalogue,
                 c.relispopulated as is_populated,
                 (select coalesce(jsonb_object_agg(i.relname, pg_get_indexdef(i.oid)), '{}') from pg_index as x
                  join pg_class as i on i.oid = x.indexrelid where x.indrelid = c.oid and x.indisvalid) as indexes
               from pg_class as c where c.relname = %s and c.relnamespace = to_regnamespace(quote_ident(%s))
                 and c.relkind in ('r', 'p', 'v', 'm', 'f')""",
            name, schema,
        )  # fmt: skip


def content_of(conn: Connection, view: View, schema: str) -> ContentHash:
    """The content of a view: of the compatibility view, whose rows are never stored, its definition and number of rows."""
    if view.audits_rows:
        return content_hash(conn, schema, view.name)
    rows = conn.value(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, view.name)))
    return ContentHash(rows, definition_of(view))


def drop_built(conn: Connection, view: View, schema: str) -> None:
    """Drop a view of the build schema, if it exists."""
    described = describe(conn, schema, view.name)
    if described is not None:
        drop(conn, schema, view.name, described.kind)


def drop(conn: Connection, schema: str, name: str, kind: str) -> None:
    """Drop a view of that kind; never what depends on it."""
    keyword = sql.SQL("materialized view") if kind == "m" else sql.SQL("view")
    conn.execute(sql.SQL("drop {} {}").format(keyword, sql.Identifier(schema, name)))


def refresh(conn: Connection, view: View, schema: str) -> None:
    """Bring the rows of a live materialized view up to date; readers go on with the old rows until the commit."""
    conn.execute(sql.SQL("refresh materialized view concurrently {}").format(sql.Identifier(schema, view.name)))
    conn.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, view.name)))
