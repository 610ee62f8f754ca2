"""Bringing relations back that are gone or have another shape, and dropping those that did not exist.

Tables, keys, indexes, views, comments and privileges come from the archive, as pg_dump wrote them. Views of other people
that are in the way are dropped and created again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from mediabase_assets.backup import BackupManifest, RelationName
from mediabase_assets.backup.archive import BEFORE_ROWS, Entry, entries, entries_of, sql_of
from mediabase_assets.model.views import FUNCTIONS
from mediabase_assets.postgres import dependents
from mediabase_assets.postgres.catalogue import FunctionRecord, functions_named
from mediabase_assets.postgres.dependents import Dependent
from mediabase_assets.postgres.sql_files import Connection, is_there, looking_as_people
from mediabase_assets.rollback import outside_objects
from mediabase_assets.rollback.plan import DROP, RECREATE, Item, Plan

_VIEWS = ("view", "materialized view")
_ROWS = ("TABLE DATA",)


@dataclass
class Archives:
    """The entries of a backup's archives, read once, by the relation that they make."""

    manifest: BackupManifest
    _entries: dict[str, list[Entry]] = field(default_factory=dict)

    def of(self, name: RelationName) -> tuple[str, list[Entry]]:
        """The file that holds a relation, and its entries."""
        backed_up = next(r for r in self.manifest.relations if r.relation == name)
        if backed_up.file not in self._entries:
            self._entries[backed_up.file] = entries(self.manifest.folder / backed_up.file)
        return backed_up.file, entries_of(self._entries[backed_up.file], *name)

    def rows_of(self, names: Iterable[RelationName]) -> dict[str, list[Entry]]:
        """The entries with the rows of tables, by file."""
        by_file: dict[str, list[Entry]] = {}
        for name in names:
            file, of_relation = self.of(name)
            by_file.setdefault(file, []).extend(e for e in of_relation if e.kind in _ROWS)
        return by_file

    def run(self, conn: Connection, name: RelationName, chosen: Iterable[Entry]) -> None:
        """Run the statements of entries; where the old owner cannot be given, the relation belongs to this role."""
        file, _ = self.of(name)
        chosen = list(chosen)
        try:
            with conn.transaction():
                self._run(conn, sql_of(self.manifest.folder / file, chosen))
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject):
            self._run(conn, sql_of(self.manifest.folder / file, chosen, with_owner=False))

    def _run(self, conn: Connection, text: str) -> None:
        if text.strip():
            with looking_as_people(conn):
                conn.execute(sql.SQL(text))  # pg_dump's own text  # type: ignore[arg-type]


@dataclass
class TakenDown:
    """What was dropped for a while: views of other people, in batches, and foreign keys."""

    views: list[list[Dependent]] = field(default_factory=list)
    keys: list[outside_objects.ForeignKey] = field(default_factory=list)

    def put_up(self, conn: Connection, ours: frozenset[RelationName], lost: frozenset[RelationName]) -> None:
        """Create again what is neither ours (that comes from the archive) nor lost."""
        for key in self.keys:
            key.add(conn)
        for batch in reversed(self.views):  # what a later batch holds is never based on an earlier one's
            names = [(d, RelationName(d.schema, d.name)) for d in batch]
            put = [d for d, name in names if name not in ours and name not in lost and name.schema != conn.workspace.build]
            dependents.put_up(conn, put)


def drop(conn: Connection, item: Item, taken: TakenDown, *, keeps_keys: bool) -> None:
    """Drop a relation and what is based on it.

    Args:
        conn: A session in a transaction.
        item: The relation, with its present kind.
        taken: Gets what was dropped.
        keeps_keys: Whether foreign keys onto it shall be added again.
    """
    if not is_there(conn, *item.relation):
        return  # it was based on another one, and was dropped with it
    taken.views.append(dependents.take_down(conn, *item.relation))
    for key in outside_objects.foreign_keys_onto(conn, [item.relation]):
        key.drop(conn)
        if keeps_keys:
            taken.keys.append(key)
    keyword = sql.SQL(item.kind if item.kind != "partitioned table" else "table")  # one of our own words
    conn.execute(sql.SQL("drop {} {}").format(keyword, sql.Identifier(*item.relation)))


def drop_unwanted_views(conn: Connection, plan: Plan, taken: TakenDown) -> None:
    """Drop our views that did not exist, or are defined otherwise now; topmost ones are dropped with those beneath."""
    for item in plan.of(DROP, RECREATE):
        if item.kind in _VIEWS:
            drop(conn, item, taken, keeps_keys=False)


def drop_tables(conn: Connection, items: Iterable[Item], taken: TakenDown, *, keeps_keys: bool) -> None:
    """Drop tables, children first."""
    for item in reversed(list(items)):
        if item.kind and item.kind not in _VIEWS:
            drop(conn, item, taken, keeps_keys=keeps_keys)


def create_tables(conn: Connection, archives: Archives, items: Iterable[Item]) -> None:
    """Create tables without rows and without what comes after them."""
    for item in items:
        _, of_relation = archives.of(item.relation)
        archives.run(conn, item.relation, [e for e in of_relation if e.kind in BEFORE_ROWS])


def complete(conn: Connection, archives: Archives, plan: Plan, recreated: frozenset[RelationName]) -> None:
    """Add what is missing: indexes, keys, triggers, comments, privileges; foreign keys last, for they need their parents."""
    backed_up = [i for i in plan.items if i.held is not None and i.held.kind in ("table", "materialized view")]
    for is_last in (False, True):
        for item in backed_up:
            _, of_relation = archives.of(item.relation)
            missing = [e for e in of_relation if (e.kind == "FK CONSTRAINT") == is_last and _is_missing(conn, item, e, recreated)]
            if missing:
                archives.run(conn, item.relation, missing)


def _is_missing(conn: Connection, item: Item, entry: Entry, recreated: frozenset[RelationName]) -> bool:
    """Whether an entry is to be run now; views get everything when they are created."""
    if not is_there(conn, *item.relation):
        return False
    if entry.kind in ("INDEX", "CONSTRAINT", "FK CONSTRAINT", "TRIGGER"):
        return not conn.value(
            """select exists (select from pg_constraint where conrelid = t.oid and conname = %(name)s)
                 or exists (select from pg_index as i join pg_class as c on c.oid = i.indexrelid
                            where i.indrelid = t.oid and c.relname = %(name)s)
                 or exists (select from pg_trigger where tgrelid = t.oid and tgname = %(name)s)
               from (select format('%%I.%%I', %(schema)s::text, %(table)s::text)::regclass as oid) as t""",
            name=entry.object_name, schema=item.relation.schema, table=item.relation.name,
        )  # fmt: skip
    is_table = item.held is not None and item.held.kind == "table"
    return is_table and item.relation in recreated and entry.kind not in (*BEFORE_ROWS, *_ROWS)


def create_missing_views(conn: Connection, archives: Archives, plan: Plan) -> list[RelationName]:
    """Create the views of the manifest that do not exist, in the order of the archive, with their rows."""
    missing = [i for i in plan.items if i.held is not None and i.held.kind in _VIEWS and not is_there(conn, *i.relation)]
    created: list[RelationName] = []
    while missing:
        left = [i for i in missing if not _try_view(conn, archives, i)]
        if len(left) == len(missing):
            _create_view(conn, archives, left[0])  # raises the reason
        created += [i.relation for i in missing if i not in left]
        missing = left
    return created


def _try_view(conn: Connection, archives: Archives, item: Item) -> bool:
    """Create a view; False if another one has to come first."""
    try:
        with conn.transaction():
            _create_view(conn, archives, item)
    except (psycopg.errors.UndefinedTable, psycopg.errors.ObjectNotInPrerequisiteState):
        return False
    return True


def _create_view(conn: Connection, archives: Archives, item: Item) -> None:
    _, of_relation = archives.of(item.relation)
    archives.run(conn, item.relation, of_relation)


def functions_of(manifest: BackupManifest) -> tuple[FunctionRecord, ...] | None:
    """Our functions as they were; None where a manifest of an earlier version does not list them and some may have existed."""
    if manifest.functions is not None:
        return manifest.functions
    return None if any(r.kind == "materialized view" for r in manifest.relations) else ()


def restore_functions(conn: Connection, live_schema: str, recorded: tuple[FunctionRecord, ...] | None) -> list[tuple[str, str]]:
    """Bring our functions back; returns the names of those that changed, with what was done."""
    now = functions_named(conn, live_schema, tuple(FUNCTIONS))
    done: list[tuple[str, str]] = []
    for name in FUNCTIONS if recorded is not None else ():
        present, wanted = [f for f in now if f.name == name], [f for f in recorded or () if f.name == name]
        if present == wanted:
            continue
        for function in present:
            conn.execute(sql.SQL("drop function {}").format(sql.SQL(function.signature)))  # PostgreSQL's own text
        for record in wanted:
            _create_function(conn, record)
        done.append((name, "recreated" if wanted else "dropped"))
    return done


def _create_function(conn: Connection, record: FunctionRecord) -> None:
    signature = sql.SQL(record.signature)
    conn.execute(sql.SQL(record.definition))  # PostgreSQL's own text, as the signature
    if record.comment is not None:
        conn.execute(sql.SQL("comment on function {} is {}").format(signature, sql.Literal(record.comment)))
    if record.grants is not None:
        conn.execute(sql.SQL("revoke all on function {} from public").format(signature))
        for role in record.grants:
            conn.execute(sql.SQL("grant execute on function {} to {}").format(signature, sql.SQL(role)))
