"""The changes of a rollback but the last one: relations created again, rows changed, views refreshed.

The order: what has another shape is dropped and comes back from the archive; of the others only the rows that differ are
changed, parents before children; then keys, views and their rows.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from psycopg import sql

from mediabase_assets.backup import RelationName
from mediabase_assets.model.errors import RollbackError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.postgres.difference import RowDifference
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.rollback import definitions, outside_objects
from mediabase_assets.rollback.legacy_changes import copy_of_rows
from mediabase_assets.rollback.plan import DROP, RECREATE, REFRESH, ROWS, Done, Item, Plan
from mediabase_assets.rollback.rows import Counts, Loader, beside, key_of, make_beside
from mediabase_assets.rollback.waiting import patiently

Progress = Callable[[str], None]


@dataclass
class Changes:
    """What was done so far.

    Attributes:
        lost: What other people lost, in words.
        with_dependents: Whether views and foreign keys of other people may be dropped.
        counts: Rows inserted, updated, deleted.
        seconds: How long a relation took.
        recreated: Relations that came from the archive.
        other: What was done with what is not a relation in reach of the migration.
        undoes_legacy: The migration whose rollback undoes what others did to the legacy table; empty if it does not.
    """

    lost: list[str]
    with_dependents: bool
    counts: dict[RelationName, Counts] = field(default_factory=dict)
    seconds: dict[RelationName, float] = field(default_factory=dict)
    recreated: frozenset[RelationName] = frozenset()
    other: list[Done] = field(default_factory=list)
    undoes_legacy: str = ""

    def keep_legacy_rows(self, conn: Connection, name: RelationName, difference: RowDifference | None) -> None:
        """Copy the rows of the legacy table that go or change; nothing to do where that was not changed by others."""
        if self.undoes_legacy:
            copy, rows = copy_of_rows(conn, name, self.undoes_legacy, difference)
            self.other.append(Done(str(copy), "created", f"a copy of what others added to or changed in {name}", inserted=rows, rows=rows))


def apply(conn: Connection, plan: Plan, lost: outside_objects.Lost, changes: Changes, report: Progress) -> None:
    """Make everything that existed what it was; what did not exist stays for now.

    Raises:
        RollbackError: Other people would lose something, or a lock never came free.
    """
    archives = definitions.Archives(plan.manifest)
    taken = definitions.TakenDown()
    tables = [i for i in plan.of(RECREATE) if i.held is not None and i.held.kind == "table"]
    changes.recreated = frozenset(i.relation for i in plan.of(RECREATE))
    if plan.manifest.legacy in {i.relation for i in tables if i.kind}:
        changes.keep_legacy_rows(conn, plan.manifest.legacy, None)
    if changes.recreated:
        report(f"Bringing back {counted(len(changes.recreated), 'relation')} from the archive")
        patiently(conn, lambda: _clear(conn, plan, tables, taken), changes.recreated, report)
        definitions.create_tables(conn, archives, tables)
        loader = Loader(conn, {i.relation: sql.Identifier(*i.relation) for i in tables})
        loader.load(plan.manifest, archives.rows_of(i.relation for i in tables))
        changes.counts |= {i.relation: (i.held.rows or 0, 0, 0) for i in tables if i.held}
    _change_rows(conn, plan, archives, changes, report)
    definitions.complete(conn, archives, plan, changes.recreated)
    created = definitions.create_missing_views(conn, archives, plan)
    changes.recreated |= frozenset(created)
    taken.put_up(conn, plan.names, frozenset(lost.views))
    for item in plan.of(REFRESH):
        if item.relation not in changes.recreated:
            began = time.monotonic()
            _refresh(conn, item, report)
            changes.seconds[item.relation] = round(time.monotonic() - began, 3)


def _clear(conn: Connection, plan: Plan, tables: list[Item], taken: definitions.TakenDown) -> None:
    """Drop what has another shape; only views of that kind, tables children first."""
    taken.views.clear()
    taken.keys.clear()
    for item in plan.of(RECREATE):
        if item.kind in ("view", "materialized view"):
            definitions.drop(conn, item, taken, keeps_keys=False)
    definitions.drop_tables(conn, [i for i in plan.of(RECREATE) if i not in tables or i.kind], taken, keeps_keys=True)


def _change_rows(conn: Connection, plan: Plan, archives: definitions.Archives, changes: Changes, report: Progress) -> None:
    items = plan.of(ROWS)
    if not items:
        return
    names = [i.relation for i in items]
    patiently(conn, lambda: _lock(conn, names), names, report)
    targets = {name: beside(number) for number, name in enumerate(names)}
    for number, (name, target) in enumerate(targets.items()):
        make_beside(conn, name, target, number)
    report(f"Reading {counted(len(names), 'table')} from the archive")
    loader = Loader(conn, targets)
    loader.load(plan.manifest, archives.rows_of(names))
    for target in targets.values():
        conn.execute(sql.SQL("analyze {}").format(target))
    _spare_referring_rows(conn, plan, targets, changes)
    differences = {
        name: RowDifference(conn, sql.Identifier(*name), target, key_of(conn, name), loader.columns[name])
        for name, target in targets.items()
    }
    if plan.manifest.legacy in differences:
        changes.keep_legacy_rows(conn, plan.manifest.legacy, differences[plan.manifest.legacy])
    report("Changing the rows that differ")
    _change(conn, differences, changes)


def _change(conn: Connection, differences: dict[RelationName, RowDifference], changes: Changes) -> None:
    """Our tables refer to each other: insert and update parents first, delete children first. Others: delete first."""
    ours = {r.name for r in RELATIONS}
    conn.execute("set constraints all deferred")
    counts = {name: [0, 0, 0] for name in differences}
    began = dict.fromkeys(differences, 0.0)

    def timed(name: RelationName, which: int, action: Callable[[], int]) -> None:
        start = time.monotonic()
        counts[name][which] += action()
        began[name] += time.monotonic() - start

    for name, difference in differences.items():
        if name.name not in ours:
            timed(name, 2, difference.delete)
        timed(name, 1, difference.update)
        timed(name, 0, difference.insert)
    for name, difference in reversed(differences.items()):
        if name.name in ours:
            timed(name, 2, difference.delete)
    conn.execute("set constraints all immediate")
    changes.counts |= {name: (c[0], c[1], c[2]) for name, c in counts.items()}
    changes.seconds |= {name: round(seconds, 3) for name, seconds in began.items()}


def _lock(conn: Connection, names: list[RelationName]) -> None:
    """Keep other sessions from writing to what is compared; readers go on."""
    conn.execute(
        sql.SQL("lock table {} in share row exclusive mode").format(
            sql.SQL(", ").join(sql.SQL("only {}").format(sql.Identifier(*n)) for n in names)
        )
    )


def _spare_referring_rows(conn: Connection, plan: Plan, targets: dict[RelationName, sql.Identifier], changes: Changes) -> None:
    """Tables of other people refer to rows that go: refuse, or drop the foreign key, so that no row of theirs is deleted.

    Raises:
        RollbackError: There are such rows, and the foreign keys may not be dropped.
    """
    dropped = {i.relation for i in plan.of(DROP)}
    ours = plan.names
    referring: list[tuple[outside_objects.ForeignKey, int]] = []
    for key in outside_objects.foreign_keys_onto(conn, targets):
        if key.child in ours or key.child in dropped or key.child.schema == conn.workspace.build:
            continue
        rows = key.rows_referring(conn, targets[key.parent])
        if rows:
            referring.append((key, rows))
    lines = [
        f"{counted(rows, 'row')} of {key.child}, which {'refers' if rows == 1 else 'refer'} to new rows of {key.parent} ({key.name})"
        for key, rows in referring
    ]
    if lines and not changes.with_dependents:
        raise RollbackError(
            f"Tables of other people refer to rows that would be deleted: {'; '.join(lines)}.",
            where=", ".join(sorted({str(key.child) for key, _ in referring})),
            next_step="Change these rows first, or give --with-dependents (with_dependents in the job): foreign keys go, rows stay.",
        )
    for (key, _), line in zip(referring, lines, strict=True):
        key.drop(conn)
        changes.lost.append(f"{key}: {line}; the foreign key was dropped, the rows stay")


def _refresh(conn: Connection, item: Item, report: Progress) -> None:
    """Refresh a materialized view, concurrently if it can be."""
    can_be = conn.value(
        """select c.relispopulated and exists (select from pg_index as i where i.indrelid = c.oid and i.indisunique and i.indisvalid
             and i.indpred is null and i.indexprs is null)
           from pg_class as c where c.oid = format('%%I.%%I', %s::text, %s::text)::regclass""",
        *item.relation,
    )
    how = sql.SQL("concurrently ") if can_be else sql.SQL("")
    statement = sql.SQL("refresh materialized view {}{}").format(how, sql.Identifier(*item.relation))

    def refresh() -> None:
        conn.execute(statement)

    patiently(conn, refresh, [item.relation], report)
