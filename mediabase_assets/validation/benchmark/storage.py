"""Storage before and after: heap, TOAST and indexes of the legacy table, of the tables and of the views.

Contains sizes of live relations; the build schema and `mediabase_ops` are not part of a release.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from mediabase_assets.model.quantities import size
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.postgres.sql_files import Connection, read
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.benchmark.questions import SQL

Group = Literal["legacy table", "tables", "views"]
#: Entry of the summary with the size as a share; empty without a legacy table.
SHARE = "% of the legacy table"


class RelationSize(NamedTuple):
    """Bytes of one relation."""

    group: Group
    relation: str
    heap_bytes: int
    toast_bytes: int
    index_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.heap_bytes + self.toast_bytes + self.index_bytes


def relation_sizes(conn: Connection, settings: Settings) -> list[RelationSize]:
    """Every relation of the legacy table, the tables and the views that stores rows."""
    database = settings.database
    wanted: tuple[tuple[Group, str, list[str]], ...] = (
        ("legacy table", database.source_schema, [database.legacy_table]),
        ("tables", database.schema_name, [r.name for r in RELATIONS]),
        ("views", database.schema_name, [v.name for v in MATERIALIZED]),
    )
    sizes = []
    for group, schema, relations in wanted:
        rows = conn.rows(dict, read(SQL / "relation_sizes.sql"), schema=schema, relations=relations)
        sizes += [RelationSize(group, **row) for row in rows]
    return sizes


def total(sizes: Iterable[RelationSize], *groups: Group) -> int:
    """Bytes of some groups.

    >>> total([RelationSize("tables", "genes", 2, 1, 1), RelationSize("views", "v", 9, 0, 0)], "tables")
    4
    """
    return sum(s.total_bytes for s in sizes if s.group in groups)


def share(sizes: Iterable[RelationSize], *groups: Group) -> float | None:
    """Size of some groups as a share of the legacy table; None without one.

    >>> share([RelationSize("legacy table", "l", 6, 2, 2), RelationSize("tables", "genes", 1, 0, 1)], "tables")
    0.2
    """
    sizes = list(sizes)
    legacy = total(sizes, "legacy table")
    return total(sizes, *groups) / legacy if legacy else None


def summary(sizes: Iterable[RelationSize]) -> list[dict[str, str | int | float]]:
    """One row per group with its sizes and its share of the legacy table."""
    sizes = list(sizes)
    groups: tuple[tuple[str, tuple[Group, ...]], ...] = (
        ("legacy table", ("legacy table",)),
        ("tables", ("tables",)),
        ("views", ("views",)),
        ("tables and views", ("tables", "views")),
    )
    return [_row(name, [s for s in sizes if s.group in members], share(sizes, *members)) for name, members in groups]


def by_relation(sizes: Iterable[RelationSize]) -> list[dict[str, str]]:
    """One row per relation with its sizes.

    >>> by_relation([RelationSize("tables", "genes", 2048, 0, 512)])
    [{'group': 'tables', 'relation': 'genes', 'heap': '2.0 kB', 'TOAST': '0 bytes', 'indexes': '512 bytes', 'total': '2.5 kB'}]
    """
    return [{"group": s.group, "relation": s.relation, **_parts([s])} for s in sizes]


def _parts(sizes: list[RelationSize]) -> dict[str, str]:
    """The sizes of relations together, by where the bytes are."""
    return {
        "heap": size(sum(s.heap_bytes for s in sizes)),
        "TOAST": size(sum(s.toast_bytes for s in sizes)),
        "indexes": size(sum(s.index_bytes for s in sizes)),
        "total": size(sum(s.total_bytes for s in sizes)),
    }


def _row(name: str, sizes: list[RelationSize], part: float | None) -> dict[str, str | int | float]:
    return {"relations": name, "number": len(sizes), **_parts(sizes), SHARE: "" if part is None else round(100 * part, 1)}
