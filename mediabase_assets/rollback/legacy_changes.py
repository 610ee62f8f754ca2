"""What others did to the legacy table since the backup: counted before a rollback, and undone only where that is asked for, with a copy.

A migration only reads the legacy table, so every difference is somebody else's work. Contains counting, the decision and the copy;
the rows themselves are changed like those of any table, in `changes`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from psycopg import sql

from mediabase_assets.backup import BackupManifest, RelationName
from mediabase_assets.model.errors import RollbackError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.postgres.difference import RowDifference
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.rollback import definitions
from mediabase_assets.rollback.plan import KEEP, RECREATE, ROWS, Item, Plan
from mediabase_assets.rollback.rows import Loader, beside, key_of, make_beside


@dataclass(frozen=True)
class LegacyChanges:
    """How the legacy table differs from the backup.

    Attributes:
        relation: The table.
        added: Rows that were added since.
        changed: Rows with the key of one in the backup, and another content.
        removed: Rows that are in the backup only.
        has_other_columns: Whether it was defined otherwise; then `added` counts all of its rows.
    """

    relation: RelationName
    added: int
    changed: int
    removed: int
    has_other_columns: bool = False

    def __str__(self) -> str:
        if self.has_other_columns:
            return f"{self.relation} was defined otherwise since the backup and holds {counted(self.added, 'row')}"
        parts = [(self.added, "added"), (self.changed, "changed"), (self.removed, "deleted")]
        return f"Since the backup others changed {self.relation}: " + ", ".join(f"{counted(n, 'row')} {what}" for n, what in parts if n)


def legacy_item(plan: Plan) -> Item | None:
    """The legacy table, if it is there and not as it was."""
    return next((i for i in plan.of(ROWS, RECREATE) if i.relation == plan.manifest.legacy and i.kind), None)


def decided(conn: Connection, plan: Plan, choice: LegacyChoice | None) -> tuple[Plan, LegacyChanges | None]:
    """The plan with what is to become of the legacy table, and how that was changed if it goes back.

    Raises:
        RollbackError: It was changed, and nobody said what is to become of that.
    """
    item = legacy_item(plan)
    if item is None:
        return plan, None
    changes = count(conn, plan.manifest, item)
    if choice is None:
        raise RollbackError(
            f"{changes}. A rollback to the backup would undo that.",
            where=f"the legacy table {changes.relation}",
            next_step="Give --legacy-changes keep, and it stays as it is; or --legacy-changes undo, and it becomes what it was, with a "
            "copy of every row that is deleted or changed (legacy_changes in the job).",
        )
    if choice is LegacyChoice.UNDO:
        return plan, changes
    kept = replace(item, action=KEEP, held=None, why="others changed it since the backup; it stays as it is")
    return replace(plan, items=tuple(kept if i is item else i for i in plan.items)), changes


def count(conn: Connection, manifest: BackupManifest, item: Item) -> LegacyChanges:
    """Compare the table with the archive, in a transaction of its own or within the caller's."""
    if item.action == RECREATE:
        rows = conn.value(sql.SQL("select count(*) from {}").format(sql.Identifier(*item.relation)))
        return LegacyChanges(item.relation, int(rows or 0), 0, 0, has_other_columns=True)
    with conn.transaction(force_rollback=True):
        target = beside(0)
        make_beside(conn, item.relation, target, 0)
        loader = Loader(conn, {item.relation: target})
        loader.load(manifest, definitions.Archives(manifest).rows_of([item.relation]))
        conn.execute(sql.SQL("analyze {}").format(target))
        removed, changed, added = _difference(conn, item.relation, target, loader.columns[item.relation]).count()
    return LegacyChanges(item.relation, added, changed, removed)


def _difference(conn: Connection, name: RelationName, target: sql.Identifier, columns: Collection[str]) -> RowDifference:
    return RowDifference(conn, sql.Identifier(*name), target, key_of(conn, name), tuple(columns))


def copy_of_rows(conn: Connection, name: RelationName, migration_id: str, difference: RowDifference | None) -> tuple[RelationName, int]:
    """Keep the rows that go or change in a table of the records; returns its name, and how many rows it holds.

    Args:
        conn: The session of the rollback.
        name: The legacy table.
        migration_id: The migration that is undone.
        difference: How the table differs; None where all of its rows go.
    """
    copy = _free_name(conn, f"legacy_rows_{migration_id}")
    target, table = sql.Identifier(*copy), sql.Identifier(*name)
    create = sql.SQL("create table {} as select 'deleted'::text as change, t.* from {} as t where {}")
    rows = conn.execute(create.format(target, table, sql.Literal(difference is None))).rowcount
    if difference is not None:
        rows = difference.copy_old(target)
    conn.execute(
        sql.SQL("comment on table {} is {}").format(
            target,
            sql.Literal(f"Rows of {name} that others added or changed after the backup, as they were when {migration_id} was rolled back."),
        )
    )
    return copy, rows


def _free_name(conn: Connection, name: str) -> RelationName:
    """The name, with a number where it is taken."""
    schema = conn.workspace.operations
    taken = set(conn.values("select relname::text from pg_class where relnamespace = to_regnamespace(%s)", schema))
    free = next(n for n in (name, *(f"{name}_{number}" for number in range(2, 10_000))) if n not in taken)
    return RelationName(schema, free)
