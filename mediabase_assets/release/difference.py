"""What a release would change: every relation and view that was built, compared with the live one, row by row.

Contains the comparison, in SQL over whole sets: a full join on the key, over all columns but timestamps; what has no
key is compared as a multiset. Nothing is written but a temporary relation.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from psycopg import sql

from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.content_hash import content_hash, hash_columns
from mediabase_assets.postgres.difference import columns_by_text, compared, matching
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.views import definition
from mediabase_assets.views.state import stored_relations

#: Sample rows of each kind.
SAMPLE_ROWS = 5
KINDS = ("added", "removed", "changed")


@dataclass(frozen=True)
class Sample:
    """One row that differs.

    Attributes:
        what: `added`, `removed` or `changed`.
        row: Its key; without a key, all of it.
        changes: Of a changed row, column to (value now, value then).
    """

    what: str
    row: dict[str, Any]
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """What becomes of one relation or view.

    Attributes:
        relation: Its name.
        is_view: Whether it is one of the views.
        rows: Rows that it will have.
        live_rows: Rows that it has now; None if it is not live.
        added: Rows that are new.
        removed: Rows that will be deleted.
        changed: Rows of the same key with other content.
        samples: Up to five rows of each kind.
    """

    relation: str
    is_view: bool
    rows: int
    live_rows: int | None
    added: int = 0
    removed: int = 0
    changed: int = 0
    samples: tuple[Sample, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed)


def differences(conn: Connection, live_schema: str) -> list[Difference]:
    """Compare everything that was built with what is live.

    Args:
        conn: A build session, in a transaction.
        live_schema: Schema in which the released relations are.
    """
    by_name: dict[str, Difference] = {}
    for relation in RELATIONS:
        if _kind(conn, conn.workspace.build, relation.name):
            by_name[relation.name] = _difference(conn, relation.name, relation.key, live_schema, is_view=False)
    for view in VIEWS:
        if not _kind(conn, conn.workspace.build, view.name):
            continue
        beneath = [by_name.get(name) for name in stored_relations(view)]
        if not view.is_materialized and all(d is not None and d.is_none for d in beneath) and _is_same(conn, view.name, live_schema):
            rows = _count(conn, conn.workspace.build, view.name)
            by_name[view.name] = Difference(view.name, True, rows, rows)
        else:
            by_name[view.name] = _difference(conn, view.name, view.key, live_schema, is_view=True)
    return list(by_name.values())


def _is_same(conn: Connection, view: str, live_schema: str) -> bool:
    """Whether a plain view is live in the very definition that was built, so that equal tables make equal rows."""
    schemas = (conn.workspace.build, live_schema)
    texts = []
    for schema in schemas:
        text = conn.value("select pg_get_viewdef(to_regclass(format('%%I.%%I', %s::text, %s::text)))", schema, view) or schema
        for name in schemas:
            text = text.replace(f"{name}.", "")
        texts.append(text)
    return texts[0] == texts[1] and definition.describe(conn, live_schema, view) is not None


def _kind(conn: Connection, schema: str, name: str) -> str:
    """`r`, `m`, `v` … of a relation that can be read; empty if there is none."""
    kind = conn.value(
        """select c.relkind::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
           where n.nspname = %s and c.relname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f') and (c.relkind <> 'm' or c.relispopulated)""",
        schema, name,
    )  # fmt: skip
    return str(kind or "")


def _count(conn: Connection, schema: str, name: str) -> int:
    return int(conn.value(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name))))


def _difference(conn: Connection, name: str, key: tuple[str, ...], live_schema: str, *, is_view: bool) -> Difference:
    build = conn.workspace.build
    if not _kind(conn, live_schema, name):
        rows = _count(conn, build, name)
        return Difference(name, is_view, rows, None, added=rows, samples=_first(conn, build, name, key, "added"))
    columns = [c.name for c in hash_columns(conn, build, name)]
    live_columns = {c.name for c in hash_columns(conn, live_schema, name)}
    if not set(key) <= live_columns:  # another program's, or of another version: nothing of it stays
        rows, gone = _count(conn, build, name), _count(conn, live_schema, name)
        samples = (*_first(conn, build, name, key, "added"), *_first(conn, live_schema, name, (), "removed"))
        return Difference(name, is_view, rows, gone, added=rows, removed=gone, samples=samples)
    if _kind(conn, build, name) != "v":
        new, old = (content_hash(conn, schema, name) for schema in (build, live_schema))
        if new == old:
            return Difference(name, is_view, new.rows, old.rows)
    common = [c for c in columns if c in live_columns]
    return (_by_key if key else _as_multiset)(conn, name, key, common, live_schema, is_view)


def _first(conn: Connection, schema: str, name: str, key: tuple[str, ...], what: str) -> tuple[Sample, ...]:
    shown = key or [c.name for c in hash_columns(conn, schema, name)]
    query = sql.SQL("select to_jsonb(s)::text from (select {columns} from {relation} order by {order} limit {limit}) as s").format(
        columns=_names(shown),
        relation=sql.Identifier(schema, name),
        order=_names(shown) if key else sql.SQL("1"),
        limit=sql.Literal(SAMPLE_ROWS),
    )
    return tuple(Sample(what, json.loads(row)) for row in conn.values(query))


def _names(columns: Sequence[str], alias: str = "") -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(alias, c) if alias else sql.Identifier(c) for c in columns)


_JOINED: LiteralString = """
    create temporary table planned_difference on commit drop as
    select {keys}, case when l.{first} is null then 'added' when n.{first} is null then 'removed' else 'changed' end as what
    from {next} as n full join {live} as l on {match}
    where l.{first} is null or n.{first} is null or row({new_rest}) is distinct from row({live_rest})
"""
_SHOWN: LiteralString = """
    select d.what, to_jsonb(d) - 'what' - 'number', to_jsonb(n), to_jsonb(l)
    from (select *, row_number() over (partition by what order by {plain_keys}) as number from planned_difference) as d
    left join {next} as n on {match_new} left join {live} as l on {match_live}
    where d.number <= {limit} order by d.what, d.number
"""


def _by_key(conn: Connection, name: str, key: tuple[str, ...], columns: list[str], live_schema: str, is_view: bool) -> Difference:
    rest = [c for c in columns if c not in key]
    as_text = columns_by_text(conn, conn.workspace.build, name)
    parts = {
        "keys": sql.SQL(", ").join(sql.SQL("coalesce(n.{0}, l.{0}) as {0}").format(sql.Identifier(k)) for k in key),
        "first": sql.Identifier(key[0]),
        "next": sql.Identifier(conn.workspace.build, name),
        "live": sql.Identifier(live_schema, name),
        "match": matching(key, "n", "l"),
        "new_rest": compared(rest, as_text, "n"),
        "live_rest": compared(rest, as_text, "l"),
        "plain_keys": _names(key),
        "match_new": matching(key, "n", "d"),
        "match_live": matching(key, "l", "d"),
        "limit": sql.Literal(SAMPLE_ROWS),
    }
    conn.execute(sql.SQL(_JOINED).format(**parts))
    counts = dict(conn.execute("select what, count(*) from planned_difference group by 1").fetchall())
    samples = []
    for what, shown, new, old in conn.execute(sql.SQL(_SHOWN).format(**parts)).fetchall():
        changes = {c: (old[c], new[c]) for c in rest if new[c] != old[c]} if what == "changed" else {}
        samples.append(Sample(what, shown, changes))
    conn.execute("drop table pg_temp.planned_difference")
    rows, live_rows = _count(conn, conn.workspace.build, name), _count(conn, live_schema, name)
    added, removed, changed = (int(counts.get(kind, 0)) for kind in KINDS)
    return Difference(name, is_view, rows, live_rows, added, removed, changed, tuple(samples))


def _as_multiset(conn: Connection, name: str, _key: tuple[str, ...], columns: list[str], live_schema: str, is_view: bool) -> Difference:
    counts: dict[str, int] = {}
    samples: list[Sample] = []
    for what, one, other in (("added", conn.workspace.build, live_schema), ("removed", live_schema, conn.workspace.build)):
        query = sql.SQL("select {0} from {1} except all select {0} from {2}").format(
            sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in columns),
            sql.Identifier(one, name),
            sql.Identifier(other, name),
        )
        surplus = conn.execute(query).fetchall()
        counts[what] = len(surplus)
        samples += [Sample(what, dict(zip(columns, row, strict=True))) for row in sorted(surplus, key=str)[:SAMPLE_ROWS]]
    rows, live_rows = _count(conn, conn.workspace.build, name), _count(conn, live_schema, name)
    return Difference(name, is_view, rows, live_rows, counts["added"], counts["removed"], samples=tuple(samples))
