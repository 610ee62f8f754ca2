"""A rollback from beginning to end, in one transaction: what differs is changed, everything is compared, then it is committed.

Whatever fails, and whenever the process is killed, everything stays as it was; it can be repeated. Relations that did not exist
are dropped last, so that readers are kept out for a moment only.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from mediabase_assets.backup import BackupManifest, RelationName
from mediabase_assets.model.errors import BackupError, RollbackError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.postgres.session import prepare
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.records.lock import hold_migration_lock, release_migration_lock
from mediabase_assets.rollback import definitions, outside_objects, records
from mediabase_assets.rollback.changes import Changes, apply
from mediabase_assets.rollback.legacy_changes import decided, legacy_item
from mediabase_assets.rollback.plan import DROP, KEEP, RECREATE, ROWS, Done, Plan, make_plan
from mediabase_assets.rollback.records import Candidate
from mediabase_assets.rollback.waiting import patiently
from mediabase_assets.settings.load import Settings

Progress = Callable[[str], None]


@dataclass(frozen=True)
class RollbackResult:
    """What a rollback did.

    Attributes:
        migration_id: The migration that was undone.
        later: Later migrations that were undone with it.
        backup_id: The backup of the state before it.
        done: What was done with each relation, and what it holds now.
        lost: What other people lost, in words.
        seconds: How long it took.
    """

    migration_id: str
    later: tuple[str, ...]
    backup_id: str
    done: tuple[Done, ...]
    lost: tuple[str, ...]
    seconds: float

    @property
    def is_unchanged(self) -> bool:
        """Whether everything was as before the migration already."""
        return not self.lost and all(d.what == KEEP for d in self.done)


def preview(
    settings: Settings,
    migration_id: str,
    *,
    with_later: bool = False,
    with_dependents: bool = False,
    legacy_changes: LegacyChoice | None = None,
) -> tuple[Candidate, Plan, tuple[str, ...]]:
    """What a rollback would do, and what other people would lose; nothing is changed.

    Raises:
        RollbackError: It would refuse.
    """
    with _session(settings) as conn:
        candidate = records.find(conn, settings, migration_id, with_later=with_later)
        with records.verified_backup(settings, candidate, conn.info.dbname) as manifest:
            plan, changed = decided(conn, make_plan(conn, settings, manifest), legacy_changes)
        lost = outside_objects.lost_with(conn, plan, conn.workspace.build)
        outside_objects.require_permission(lost, with_dependents=with_dependents, where=f"migration {migration_id}")
        undone = (f"{changed}; what is deleted or changed is copied",) if changed and legacy_changes is LegacyChoice.UNDO else ()
        return candidate, plan, (*undone, *lost.lines())


def roll_back(
    settings: Settings,
    migration_id: str,
    *,
    with_later: bool = False,
    with_dependents: bool = False,
    legacy_changes: LegacyChoice | None = None,
    progress: Progress | None = None,
    owner: str = "",
) -> RollbackResult:
    """Bring every relation that a migration touched back to what it was before; verified by content, or nothing changes.

    Args:
        settings: Which server, and where the backups are.
        migration_id: The migration to undo.
        with_later: Undo the migrations that were released since, too.
        with_dependents: Drop views and foreign keys of other people that cannot stay; their tables keep every row.
        legacy_changes: What becomes of rows of the legacy table that others added, changed or deleted since; None refuses if there are.
        progress: Gets a sentence at each step.
        owner: Name under which the lock of migrations is held meanwhile; by default the rollback's own.

    Raises:
        RollbackError: It refuses, or the outcome is not what the manifest says; everything is as it was.
        MigrationLockedError: A migration is running.
        ServerError: The server cannot be reached.
    """
    report = progress or (lambda sentence: None)
    owner = owner or f"rollback of {migration_id}"
    hold_migration_lock(settings, owner)
    try:
        with _session(settings) as conn:
            candidate = records.find(conn, settings, migration_id, with_later=with_later)
            report(f"Verifying the backup {candidate.backup_id}")
            with records.verified_backup(settings, candidate, conn.info.dbname, report) as manifest:
                records.prepare(conn, settings.database.schema_name)
                return _rolled_back(conn, settings, candidate, manifest, _Wishes(with_dependents, legacy_changes), report)
    finally:
        release_migration_lock(owner)


@dataclass(frozen=True)
class _Wishes:
    """What the rollback may do to what others made."""

    with_dependents: bool
    legacy_changes: LegacyChoice | None


@contextmanager
def _session(settings: Settings) -> Iterator[Connection]:
    """A session that sees the records and what is live; refusals of the server become errors of ours."""
    with connect(settings, application_name="mediabase rollback", autocommit=True) as conn:
        prepare(conn, settings, conn.workspace.operations, settings.database.schema_name, asset="rollback")
        try:
            yield conn
        except psycopg.Error as error:
            detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
            raise RollbackError(
                f"The database refused: {(error.diag.message_primary or str(error)).strip()}{detail}.",
                where=f"rollback in schema {settings.database.schema_name}",
                next_step="Everything is as it was. Fix the cause and roll back again.",
            ) from error
        except BackupError as error:
            raise RollbackError(error.what, where=error.where, next_step=error.next_step) from error


def _rolled_back(
    conn: Connection, settings: Settings, candidate: Candidate, manifest: BackupManifest, wishes: _Wishes, report: Progress
) -> RollbackResult:
    began, live = time.monotonic(), settings.database.schema_name
    with conn.transaction():
        report("Comparing the present state with the manifest")
        plan = make_plan(conn, settings, manifest)
        if wishes.legacy_changes is not LegacyChoice.UNDO:
            plan, _ = decided(conn, plan, wishes.legacy_changes)
        lost = outside_objects.lost_with(conn, plan, conn.workspace.build)
        outside_objects.require_permission(lost, with_dependents=wishes.with_dependents, where=f"migration {candidate.migration_id}")
        undone = candidate.migration_id if legacy_item(plan) is not None else ""
        changes = Changes(lost=[*lost.lines()], with_dependents=wishes.with_dependents, undoes_legacy=undone)
        apply(conn, plan, lost, changes, report)
        report("Comparing every relation with the manifest")
        done = [*_verified(conn, plan, changes), *changes.other]
        done += _drop_what_was_not_there(conn, plan, lost, manifest, live, report)
        records.record_rollback(conn, settings, f"{datetime.now(UTC):%Y%m%d_%H%M%S_%f}", candidate, done)
        keeps = records.is_anything_released(conn)
        if not keeps:
            _drop_workspace(conn, manifest, live, report)
        records.bring_in_line(conn, live, keeps_extraction=keeps)
    seconds = round(time.monotonic() - began, 3)
    return RollbackResult(candidate.migration_id, candidate.later, candidate.backup_id, tuple(done), tuple(changes.lost), seconds)


def _verified(conn: Connection, plan: Plan, changes: Changes) -> list[Done]:
    """What was done with every relation that stays; the content of each is that of the manifest.

    Raises:
        RollbackError: A table holds something else.
    """
    done = []
    for item in plan.items:
        if item.held is None:
            continue
        inserted, updated, deleted = changes.counts.get(item.relation, (0, 0, 0))
        what = RECREATE if item.relation in changes.recreated else item.action
        result = Done(str(item.relation), what, item.why, inserted, updated, deleted, seconds=changes.seconds.get(item.relation, 0))
        if item.held.content_hash is not None:
            now = content_hash(conn, *item.relation)
            is_same = now == (item.held.rows, item.held.content_hash)
            if not is_same and item.held.kind == "table":
                rows = f"{counted(now.rows, 'row')}, {item.held.rows or 0:,} in the backup"
                raise RollbackError(
                    f"After the rollback {item.relation} would not have the content of the backup: {rows}.",
                    where=f"content {now.digest}, in the backup {item.held.content_hash}",
                    next_step="Nothing was changed. A trigger or rule that is not ours changes rows on the way in; remove it and repeat.",
                )
            why = item.why if is_same else "it shows the rows of its tables; when it was backed up it was older than these"
            result = replace(result, rows=now.rows, content_hash=now.digest, why=why)
        done.append(result)
    return done


def _drop_what_was_not_there(
    conn: Connection, plan: Plan, lost: outside_objects.Lost, manifest: BackupManifest, live: str, report: Progress
) -> list[Done]:
    """Drop what did not exist, all at once, the last of all changes; bring the functions back."""
    done: list[Done] = []
    items = plan.of(DROP)

    def all_at_once() -> None:
        taken = definitions.TakenDown()
        definitions.drop_unwanted_views(conn, replace(plan, items=items), taken)
        definitions.drop_tables(conn, items, taken, keeps_keys=False)
        taken.put_up(conn, plan.names, frozenset(lost.views))
        functions = definitions.restore_functions(conn, live, definitions.functions_of(manifest))
        done[:] = [
            Done(f"{live}.{name}()", what, "it was not there" if what == "dropped" else "it was another one") for name, what in functions
        ]

    if items:
        report(f"Dropping {counted(len(items), 'relation')} created since the backup")
    patiently(conn, all_at_once, [i.relation for i in items], report)
    return [*(Done(str(i.relation), DROP, i.why) for i in items), *done]


def _drop_workspace(conn: Connection, manifest: BackupManifest, live: str, report: Progress) -> None:
    """Drop what was built, since nothing is released any more, and the live schema if the migration made it. Records stay."""
    workspace = conn.workspace

    def all_at_once() -> None:
        for schema in (workspace.build, workspace.successors, workspace.rehearsal):
            conn.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
        if manifest.had_live_schema is False and manifest.live_schema == live and not _holds_anything(conn, live):
            conn.execute(sql.SQL("drop schema if exists {}").format(sql.Identifier(live)))

    built = conn.values("select relname from pg_class where relnamespace = to_regnamespace(%s)", workspace.build)
    patiently(conn, all_at_once, [RelationName(workspace.build, name) for name in built], report)


def _holds_anything(conn: Connection, schema: str) -> bool:
    holds = conn.value(
        """select exists (select from pg_class where relnamespace = n.oid) or exists (select from pg_proc where pronamespace = n.oid)
             or exists (select from pg_type where typnamespace = n.oid)
           from pg_namespace as n where n.nspname = %s""",
        schema,
    )
    return bool(holds)


__all__ = ["ROWS", "RollbackResult", "preview", "roll_back"]
