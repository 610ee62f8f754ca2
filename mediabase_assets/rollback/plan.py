"""What a rollback has to do with each relation: decided from the manifest and the catalogue, before anything is done.

Contains the decision and the values that describe it; doing it is in the other modules.
"""

from dataclasses import dataclass

from mediabase_assets.backup import BackedUpRelation, BackupManifest, RelationName
from mediabase_assets.backup.scope import scope_of
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.postgres.catalogue import catalogue_of, defined_again
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

_KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table", "S": "sequence"}
#: What is to be done with a relation.
KEEP, ROWS, RECREATE, DROP, REFRESH = "kept", "rows changed", "recreated", "dropped", "refreshed"


@dataclass(frozen=True)
class Item:
    """A relation in reach of the migration, and what is to be done with it.

    Attributes:
        relation: Its name.
        kind: What it is now; empty if it does not exist.
        held: What the backup holds of it; None if it did not exist.
        action: One of `KEEP`, `ROWS`, `RECREATE`, `DROP`, `REFRESH`.
        why: In words.
    """

    relation: RelationName
    kind: str
    held: BackedUpRelation | None
    action: str
    why: str


@dataclass(frozen=True)
class Done:
    """What was done with a relation, and what it holds now."""

    relation: str
    what: str
    why: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    rows: int | None = None
    content_hash: str | None = None
    seconds: float = 0


@dataclass(frozen=True)
class Plan:
    """What a rollback has to do. The items are in an order in which parents come before children."""

    manifest: BackupManifest
    items: tuple[Item, ...]

    def of(self, *actions: str) -> tuple[Item, ...]:
        """The items with one of these actions."""
        return tuple(i for i in self.items if i.action in actions)

    @property
    def names(self) -> frozenset[RelationName]:
        """The names of all relations in reach, whether they exist or not."""
        return frozenset(i.relation for i in self.items)


def make_plan(conn: Connection, settings: Settings, manifest: BackupManifest) -> Plan:
    """Compare the present state with what the manifest says."""
    scope = scope_of(settings, conn.workspace)
    order = {r.name: position for position, r in enumerate(RELATIONS)}
    names = sorted({scope.legacy, *scope.relations}, key=lambda n: (n != scope.legacy, order.get(n.name, len(order)), n))
    backed_up = {r.relation: r for r in manifest.relations}
    items = (_item(conn, name, backed_up.get(name)) for name in names)
    return Plan(manifest, tuple(item for item in items if item is not None))


def _item(conn: Connection, name: RelationName, backed_up: BackedUpRelation | None) -> Item | None:
    kind = _kind(conn, name)
    if backed_up is None:
        return Item(name, kind, None, DROP, "it was not there") if kind else None
    if not kind:
        return Item(name, kind, backed_up, RECREATE, "it is gone")
    if kind != backed_up.kind:
        return Item(name, kind, backed_up, RECREATE, f"it was a {backed_up.kind} and is a {kind}")
    if kind not in ("table", "view", "materialized view"):
        return Item(name, kind, backed_up, KEEP, f"the content of a {kind} is not compared")
    now = catalogue_of(conn, *name)
    assert now is not None
    if kind == "table":
        return _table_item(conn, name, backed_up, backed_up.catalogue is None or set(backed_up.catalogue.columns) == set(now.columns))
    if backed_up.catalogue is None or now.definition not in (
        backed_up.catalogue.definition,
        defined_again(conn, backed_up.catalogue).definition,
    ):
        return Item(name, kind, backed_up, RECREATE, "it was defined otherwise")
    if kind == "materialized view" and content_hash(conn, *name).digest != backed_up.content_hash:
        return Item(name, kind, backed_up, REFRESH, "it shows other rows")
    return Item(name, kind, backed_up, KEEP, "it is as it was")


def _table_item(conn: Connection, name: RelationName, backed_up: BackedUpRelation, has_same_columns: bool) -> Item:
    if not has_same_columns:
        return Item(name, "table", backed_up, RECREATE, "it has other columns")
    if content_hash(conn, *name).digest != backed_up.content_hash:
        return Item(name, "table", backed_up, ROWS, "it holds other rows")
    return Item(name, "table", backed_up, KEEP, "it is as it was")


def _kind(conn: Connection, name: RelationName) -> str:
    kind = conn.value(
        """select c.relkind::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
           where n.nspname = %s and c.relname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')""",
        *name,
    )
    return _KINDS[kind] if kind else ""
