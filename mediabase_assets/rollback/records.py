"""What the records say about a rollback: which migrations can be undone, from which backup, and afterwards that it was done."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from mediabase_assets.backup import BackupManifest, at_hand, is_verified, place_of, place_text, read_backup, verify_backup
from mediabase_assets.backup.place import listed_or_why_not
from mediabase_assets.model.errors import BackupError, RollbackError
from mediabase_assets.model.quantities import counted, moment
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.postgres.sql_files import Connection, exists, is_there, looking_in, run
from mediabase_assets.postgres.target import TABLE, configuration_for, record_target, target_of_migration
from mediabase_assets.records.tables import RECORDS
from mediabase_assets.rollback.plan import Done
from mediabase_assets.settings.load import Settings
from mediabase_assets.views import definition, state

_RELEASES = """
    select r.migration_id, r.released_at, m.backup_id, (to_jsonb(r) ->> 'rolled_back_at')::timestamptz,
      to_jsonb(r) ->> 'live_schema',
      (select coalesce(sum(l.row_count), 0)::bigint from release_relations as l where l.release_id = r.release_id)
    from releases as r left join migration_runs as m using (migration_id) order by r.released_at desc, r.release_id desc
"""


@dataclass(frozen=True)
class Candidate:
    """A released migration, and whether it can be rolled back.

    Attributes:
        migration_id: Which one.
        released_at: When it was released.
        backup_id: The backup of the state before it.
        is_verified: Whether that backup passed its last verification.
        rolled_back_at: When it was rolled back; None if it is live.
        later: Migrations released since, and live.
        why_not: Why it cannot be rolled back as it is; empty if it can.
        live_schema: Where it was released, if its release says so.
        rows: Rows of the tables that it released.
        needs_later: Whether it can be rolled back together with the later ones only.
    """

    migration_id: str
    released_at: datetime
    backup_id: str
    is_verified: bool
    rolled_back_at: datetime | None
    later: tuple[str, ...]
    why_not: str
    live_schema: str | None = None
    rows: int = 0
    needs_later: bool = False

    @property
    def in_words(self) -> str:
        """Its id, release and size, to choose from."""
        together = f", together with {', '.join(self.later)} (with_later)" if self.needs_later else ""
        return f"{self.migration_id} (released {moment(self.released_at)}, {counted(self.rows, 'row')}){together}"


def candidates(conn: Connection, settings: Settings) -> tuple[Candidate, ...]:
    """The released migrations, newest first."""
    if not exists(conn, "releases"):
        return ()
    found, unreachable = listed_or_why_not(settings)
    backups = {manifest.migration_id: manifest for manifest in found}
    listed: list[Candidate] = []
    later: list[str] = []
    for migration_id, released_at, backup_id, rolled_back_at, live_schema, rows in conn.execute(_RELEASES).fetchall():
        verified, problem, backed_up = _backup_state(settings, backup_id, backups, unreachable)
        made_in = live_schema or backed_up
        is_elsewhere = made_in not in (None, settings.database.schema_name)
        since = () if is_elsewhere else tuple(later)
        if is_elsewhere:
            why_not = f"it released into the schema {made_in}"
        elif rolled_back_at is not None:
            why_not = "it is rolled back already"
        elif since:
            why_not = problem or f"{', '.join(since)} released since; --with-later undoes both"
        else:
            why_not = problem
        needs_later = bool(since) and rolled_back_at is None and not problem
        listed.append(
            Candidate(migration_id, released_at, backup_id or "", verified, rolled_back_at, since, why_not, made_in, rows, needs_later)
        )
        if rolled_back_at is None and not is_elsewhere:
            later.append(migration_id)
    return tuple(listed)


def _backup_state(
    settings: Settings, backup_id: str | None, backups: dict[str, BackupManifest], unreachable: str
) -> tuple[bool, str, str | None]:
    """Whether a backup verified, why a rollback cannot use it (empty if it can), and the live schema that it names."""
    if not backup_id:
        return False, "no backup was recorded", None
    manifest = backups.get(backup_id)
    if manifest is None:
        return False, f"its backup cannot be reached: {unreachable}" if unreachable else "its backup is gone or broken", None
    try:
        verified = is_verified(manifest)
    except BackupError as error:
        return False, f"its backup cannot be reached: {error.what.rstrip('.')}", manifest.live_schema
    if str(manifest.legacy) != _legacy(settings):
        return verified, f"it took {manifest.legacy} apart", manifest.live_schema
    return verified, "" if verified else "its backup does not verify", manifest.live_schema


def find(conn: Connection, settings: Settings, migration_id: str, *, with_later: bool) -> Candidate:
    """The migration that shall be undone.

    Raises:
        RollbackError: The id is unknown, it was never released, or later ones are based on it; it lists those that can be.
    """
    known = candidates(conn, settings)
    candidate = next((c for c in known if c.migration_id == migration_id), None)
    able = [c.migration_id for c in known if not c.why_not]
    listed = _listed(known)
    if not migration_id:
        raise RollbackError("No migration was named.", where=f"schema {settings.database.schema_name}", next_step=f"Name one. {listed}")
    if candidate is None:
        status = None
        if exists(conn, "migration_runs"):
            status = conn.value("select status from migration_runs where migration_id = %s", migration_id)
        if status is None:
            if other := _of_another_target(conn, settings, migration_id, listed):
                raise other
            raise RollbackError(f"There is no migration {migration_id}.", where=f"schema {conn.workspace.operations}", next_step=listed)
        live = f"what is live is of {able[0]}" if able else "nothing is live"
        raise RollbackError(
            f"The migration {migration_id} ({status}) never released anything, so there is nothing to undo; {live}.",
            where=f"schema {settings.database.schema_name}",
            next_step=listed,
        )
    if candidate.later and not with_later:
        raise RollbackError(
            f"Later migrations were released since: {', '.join(candidate.later)}. Going back before {migration_id} undoes them too.",
            where=f"migration {migration_id}, released {moment(candidate.released_at)}",
            next_step="Give --with-later (with_later in the job) to undo them too, or roll back the newest one first.",
        )
    return candidate


def _listed(known: Iterable[Candidate]) -> str:
    """The migrations that can be rolled back, as a sentence."""
    possible = [c.in_words for c in known if not c.why_not or c.needs_later]
    return f"Those that can be rolled back: {'; '.join(possible)}." if possible else "No migration can be rolled back."


def _legacy(settings: Settings) -> str:
    return f"{settings.database.source_schema}.{settings.database.legacy_table}"


def _of_another_target(conn: Connection, settings: Settings, migration_id: str, listed: str) -> RollbackError | None:
    """The refusal, if the migration worked for another target of the database."""
    other = target_of_migration(conn, migration_id, conn.workspace)
    if other is None:
        return None
    where = f"its records are in {other.workspace.operations}"
    return _released_elsewhere(settings, migration_id, other.live_schema, where, listed)


def _released_elsewhere(settings: Settings, migration_id: str, live_schema: str | None, where: str, listed: str = "") -> RollbackError:
    return RollbackError(
        f"The migration {migration_id} released into the schema {live_schema or '?'}, not into {settings.database.schema_name}.",
        where=f"{where}; nothing was changed",
        next_step=f"Roll it back with {configuration_for(live_schema)} (--config-file, or MB_POSTGRES_SCHEMA). {listed}".rstrip(),
    )


def require_same_target(settings: Settings, candidate: Candidate, manifest: BackupManifest) -> None:
    """See that a migration worked for the target of these settings, as its release and its backup say.

    Raises:
        RollbackError: It is another live schema's, or took another legacy table apart.
    """
    where = f"backup {candidate.backup_id}"
    made_in = {s for s in (candidate.live_schema, manifest.live_schema) if s} - {settings.database.schema_name}
    if made_in:
        raise _released_elsewhere(settings, candidate.migration_id, min(made_in), where)
    if str(manifest.legacy) != _legacy(settings):
        raise RollbackError(
            f"The migration {candidate.migration_id} took {manifest.legacy} apart, and the configuration names {_legacy(settings)}.",
            where=f"{where}; nothing was changed",
            next_step=f"Set database.legacy_schema to {manifest.legacy.schema} and database.legacy_table to {manifest.legacy.name}.",
        )


@contextmanager
def verified_backup(
    settings: Settings, candidate: Candidate, database: str, report: Callable[[str], None] = lambda sentence: None
) -> Iterator[BackupManifest]:
    """The backup of the state before a migration, read whole, with its files in a folder of this machine.

    Raises:
        RollbackError: It is missing, broken, or of another database or target.
    """
    where = f"{place_text(settings)}, {candidate.backup_id or '?'}"
    step = "Restore the files of the backup from a copy, then roll back again."
    if not candidate.backup_id:
        raise RollbackError(f"No backup was recorded for the migration {candidate.migration_id}.", where=place_text(settings))
    try:
        manifest = read_backup(place_of(settings), candidate.backup_id)
    except BackupError as error:
        raise RollbackError(f"The backup {candidate.backup_id} cannot be read: {error.what}", where=where, next_step=step) from error
    require_same_target(settings, candidate, manifest)
    if manifest.database != database:
        raise RollbackError(f"The backup {candidate.backup_id} is of the database {manifest.database}, not of {database}.", where=where)
    with at_hand(manifest, report=report) as here:
        wrong = [f.name for f in verify_backup(here) if not f.passed]
        if wrong:
            raise RollbackError(f"The backup {candidate.backup_id} does not verify ({', '.join(wrong)}).", where=where, next_step=step)
        yield here


def prepare(conn: Connection, live_schema: str) -> None:
    """Bring the tables of records to this version, if a migration of an earlier one made them."""
    operations = conn.workspace.operations
    if is_there(conn, operations, "migration_runs") and not is_there(conn, operations, TABLE):
        with conn.transaction():
            with looking_in(conn, operations):
                for path in RECORDS:
                    run(conn, path)
            record_target(conn, conn.workspace, live_schema)


def record_rollback(conn: Connection, settings: Settings, rollback_id: str, candidate: Candidate, done: Iterable[Done]) -> None:
    """Record what was done, and that the releases are undone."""
    undone = [candidate.migration_id, *candidate.later]
    conn.execute("update releases set rolled_back_at = now() where migration_id = any(%s) and rolled_back_at is null", (undone,))
    conn.execute("update migration_runs set status = %s where migration_id = any(%s)", (RunStatus.ROLLED_BACK, undone))
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into rollbacks (rollback_id, migration_id, relation, what, why, backup_id, inserted, updated, deleted,
                 row_count, content_hash, seconds, live_schema, legacy_relation, database_name)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (rollback_id, candidate.migration_id, d.relation, d.what, d.why, candidate.backup_id, d.inserted, d.updated, d.deleted,
                 d.rows, d.content_hash, d.seconds, settings.database.schema_name, _legacy(settings), conn.info.dbname)
                for d in done
            ],
        )  # fmt: skip


def is_anything_released(conn: Connection) -> bool:
    """Whether a release is live."""
    return bool(conn.value("select exists (select from releases where rolled_back_at is null)"))


def bring_in_line(conn: Connection, live_schema: str, *, keeps_extraction: bool) -> None:
    """Delete the records of relations whose live content has changed.

    Args:
        conn: A session in a transaction.
        live_schema: Schema in which the released relations are.
        keeps_extraction: Whether the extraction relations still exist.
    """
    for name in (r.name for r in RELATIONS):
        recorded = conn.value("select content_hash from built_relations where relation = %s", name)
        if recorded and (not is_there(conn, live_schema, name) or content_hash(conn, live_schema, name).digest != recorded):
            conn.execute("delete from built_relations where relation = %s", (name,))
    conn.execute("delete from built_relations where relation = any(%s)", ([v.name for v in VIEWS],))
    _view_records(conn, live_schema)
    present = [r.name for r in RELATIONS if is_there(conn, live_schema, r.name)]
    now = state.fingerprints(conn, live_schema, present)
    stale = [name for name, (fingerprint, _) in state.audited(conn).items() if now.get(name) != fingerprint]
    conn.execute("delete from audited_relations where relation = any(%s)", (stale,))
    if not keeps_extraction:
        conn.execute("delete from built_relations")
    if exists(conn, "asset_state"):
        layers = ("normalized", "views", "release", "validation", *(() if keeps_extraction else ("extraction",)))
        conn.execute("delete from asset_state where split_part(asset, '/', 1) = any(%s)", (list(layers),))


def _view_records(conn: Connection, live_schema: str) -> None:
    """Delete the record of a view that is defined otherwise now; bring the others to the present content and tables."""
    for name, recorded in state.records(conn).items():
        described = definition.describe(conn, live_schema, name)
        view = next((v for v in VIEWS if v.name == name), None)
        present = view is not None and all(is_there(conn, live_schema, r) for r in state.stored_relations(view))
        if described is None or view is None or not present or described.catalogue != recorded.catalogue:
            conn.execute("delete from view_state where view = %s", (name,))
            continue
        shown = definition.content_of(conn, view, live_schema)
        if shown.digest != recorded.content_hash:
            inputs = state.inputs_of(view, state.fingerprints(conn, live_schema, state.stored_relations(view)))
            is_ours = recorded.definition == definition.definition_of(view)
            if is_ours:
                state.record(
                    conn, view, live_schema, inputs=inputs, content_hash=shown.digest, rows=shown.rows, migration_id="rolled back"
                )  # fmt: skip
            else:
                conn.execute("delete from view_state where view = %s", (name,))
