"""The release: what was built and audited appears to readers, all of it in one transaction.

Relations that are not live yet are moved into place. Of live ones only the rows that differ are changed, parents before
children, so that other people's views, privileges and comments survive. Whatever fails, what was live stays live.
"""

from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import ReleaseError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.tables import RELATIONS, TABLES, Relation, Table
from mediabase_assets.postgres.content_hash import ContentHash, content_hash
from mediabase_assets.postgres.difference import RowDifference, columns_by_text
from mediabase_assets.postgres.sql_files import Connection, is_there, looking_in
from mediabase_assets.release.column_types import bring_types
from mediabase_assets.release.views import ViewChange, patiently, release_views
from mediabase_assets.schema import tables
from mediabase_assets.views import state as view_state

#: Columns with the time at which a row was written; they are not content.
TIMESTAMPS = ("created_at", "updated_at")


@dataclass(frozen=True)
class Change:
    """What a release did to one relation.

    Attributes:
        relation: Its name.
        how: `moved` into place, changed by `difference`, or `kept` as it is.
        rows: Rows afterwards.
        content_hash: Content afterwards.
        inserted: Rows new in this release.
        updated: Rows with other content.
        deleted: Rows gone.
    """

    relation: str
    how: str
    rows: int
    content_hash: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0


def release(conn: Connection, live_schema: str, migration_id: str) -> tuple[list[Change], list[ViewChange]]:
    """Publish every built relation and view, in the transaction that is open.

    Args:
        conn: A build session, in a transaction.
        live_schema: Schema in which the released relations are.
        migration_id: The migration that releases.

    Raises:
        ReleaseError: An object that is not ours is in the way.
    """
    states = _states(conn, live_schema)
    moved = [r for r in RELATIONS if states[r.name] == (True, False)]
    differing = [r for r in RELATIONS if states[r.name] == (True, True)]
    try:
        conn.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(live_schema)))
        _drop_build_views(conn)
        for relation in moved:
            _move(conn, relation, live_schema)
        for relation in differing:
            bring_types(conn, relation.name, live_schema)
        changed = _apply_differences(conn, differing, live_schema)
        _connect(conn, moved, live_schema)
        # the fingerprints come first: what another session writes from now on is seen by the next refresh
        fingerprints = view_state.fingerprints(conn, live_schema, (r.name for r in RELATIONS))
        view_state.record_audited(conn, fingerprints, passed=True)
        changes = [_change_of(conn, r, live_schema, states[r.name], changed) for r in RELATIONS]
        shown = release_views(conn, live_schema, fingerprints, migration_id)
        for relation in differing:
            conn.execute(sql.SQL("drop table {}").format(sql.Identifier(conn.workspace.build, relation.name)))
    except psycopg.errors.IntegrityError as error:
        raise ReleaseError(
            f"The new content would break a rule of the database: {error.diag.message_primary}.",
            where=f"schema {live_schema}",
            next_step="What was live is still live. If a table of your own refers to rows that would be deleted, change it first.",
        ) from error
    return changes, shown


def _states(conn: Connection, live_schema: str) -> dict[str, tuple[bool, bool]]:
    """For every relation: whether it is built, and whether it is live."""
    rows = conn.execute(
        """select c.relname, bool_or(n.nspname = %(build)s), bool_or(n.nspname = %(live)s)
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname in (%(build)s, %(live)s) and c.relname = any(%(names)s) group by 1""",
        {"build": conn.workspace.build, "live": live_schema, "names": [r.name for r in RELATIONS]},
    ).fetchall()
    states = {name: (bool(built), bool(live)) for name, built, live in rows}
    return {r.name: states.get(r.name, (False, False)) for r in RELATIONS}


def _drop_build_views(conn: Connection) -> None:
    for table in TABLES:
        if table.is_view:
            conn.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(conn.workspace.build, table.name)))


def _move(conn: Connection, relation: Relation, live_schema: str) -> None:
    names = (sql.Identifier(conn.workspace.build, relation.name), sql.Identifier(live_schema))
    conn.execute(sql.SQL("alter table {} set schema {}").format(*names))


def _connect(conn: Connection, moved: list[Relation], live_schema: str) -> None:
    """Foreign keys of what was moved, and the views that show tables which are stored otherwise."""
    names = {r.name for r in moved}
    with looking_in(conn, live_schema):
        for table in TABLES:
            if any(r.name in names for r in table.relations):
                tables.add_references(conn, table)
            if table.is_view and not is_there(conn, live_schema, table.name):
                _show(conn, table)
            elif table.is_view and _all_columns(conn, live_schema, table.name) != list(table.columns):
                # an earlier version made it: it gets the new columns at its end, and what is based on it stays
                patiently(conn, partial(_show, conn, table), schema=live_schema, names=[table.name])


def _show(conn: Connection, table: Table) -> None:
    tables.create_view(conn, table)
    tables.add_view_comments(conn, table)


def _apply_differences(conn: Connection, relations: list[Relation], live_schema: str) -> dict[str, tuple[int, int, int]]:
    """Update and insert parents first, then delete children first; constraints are checked afterwards."""
    conn.execute("set constraints all deferred")
    differences = {r.name: _difference(conn, r, live_schema) for r in relations}
    changed: dict[str, list[int]] = {}
    for name, difference in differences.items():
        updated = difference.update()
        changed[name] = [difference.insert(), updated, 0]
    for name, difference in reversed(differences.items()):
        changed[name][2] = difference.delete()
    conn.execute("set constraints all immediate")
    return {name: (c[0], c[1], c[2]) for name, c in changed.items()}


def _difference(conn: Connection, relation: Relation, live_schema: str) -> RowDifference:
    """How a live relation differs from the one that was built."""
    build = conn.workspace.build
    return RowDifference(
        conn,
        sql.Identifier(live_schema, relation.name),
        sql.Identifier(build, relation.name),
        relation.key,
        _columns(conn, build, relation),
        as_text=columns_by_text(conn, build, relation.name),
        stamp="updated_at" if "updated_at" in _all_columns(conn, live_schema, relation.name) else None,
    )


def _columns(conn: Connection, schema: str, relation: Relation) -> list[str]:
    """Columns that hold content: neither generated nor timestamps."""
    names = conn.values(
        """select attname from pg_attribute where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass
           and attnum > 0 and not attisdropped and attgenerated = '' order by attnum""",
        schema, relation.name,
    )  # fmt: skip
    return [name for name in names if name not in TIMESTAMPS]


def _all_columns(conn: Connection, schema: str, name: str) -> list[str]:
    return conn.values(
        "select attname from pg_attribute where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass and attnum > 0 order by attnum",
        schema, name,
    )  # fmt: skip


def _change_of(
    conn: Connection, relation: Relation, live_schema: str, state: tuple[bool, bool],
    changed: dict[str, tuple[int, int, int]],
) -> Change:  # fmt: skip
    """What became of a relation, and that its live content is what was audited."""
    query = "select row_count as rows, content_hash as digest from built_relations where relation = %s"
    recorded = conn.row(ContentHash, query, relation.name)
    assert recorded is not None
    rows, digest = recorded
    if state == (False, True):
        return Change(relation.name, "kept", rows, digest)
    if state == (True, False):
        return Change(relation.name, "moved", rows, digest, inserted=rows)
    content = content_hash(conn, live_schema, relation.name)
    if content != recorded:
        raise ReleaseError(
            "After applying the differences the live content is not what was audited.",
            where=f"{live_schema}.{relation.name}: {counted(content.rows, 'row')}, audited {rows:,}",
            next_step="A trigger or rule that is not ours changes rows on the way in; remove it, then release again.",
        )
    inserted, updated, deleted = changed[relation.name]
    return Change(relation.name, "difference", rows, digest, inserted, updated, deleted)
