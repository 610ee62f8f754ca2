"""Which backup a migration stands on: a new one, or an earlier one that still holds everything the migration could change.

How a backup is written, read and verified is in the package `backup`.
"""

import dagster as dg

from mediabase_assets.lib import view_state, views
from mediabase_assets.lib.backup import (
    BackupManifest,
    BackupScope,
    RelationName,
    current_state,
    is_verified,
    list_backups,
    read_manifest,
)
from mediabase_assets.lib.content_hash import content_hash
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.statements import Connection
from mediabase_assets.lib.workspace import Workspace
from mediabase_assets.model.errors import BackupError
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS

BACKUP_KEY = dg.AssetKey(["backup", "legacy_backup"])
#: Metadata entry of the backup asset that names the backup.
BACKUP_ID = "backup"


def scope_of(settings: Settings) -> BackupScope:
    """What a migration could ever touch: the legacy table, the live relations, `schema_version`, our own records."""
    live = settings.database.schema_name
    shown = [t.name for t in TABLES if t.is_view]
    names = [*(r.name for r in RELATIONS), *shown, *(v.name for v in VIEWS), "schema_version"]
    return BackupScope(
        legacy=RelationName(settings.database.source_schema, settings.database.legacy_table),
        relations=tuple(RelationName(live, name) for name in names),
        schemas=(Workspace(settings.workspace).operations,),
    )


def find_reusable_backup(conn: Connection, settings: Settings) -> BackupManifest | None:
    """The newest verified backup of this database whose legacy table is unchanged, and beside which nothing can be lost.

    What is live counts as safe if the backup holds it as it is, or if it is exactly what a migration of the backed-up
    legacy table with today's settings makes.
    """
    scope = scope_of(settings)
    state = current_state(conn, scope)
    for manifest in list_backups(settings.backup_dir):
        if manifest.database != state.database or not is_verified(manifest):
            continue
        held = {r.relation: r.fingerprint for r in manifest.relations}
        if held.get(scope.legacy) != state.fingerprints[scope.legacy]:
            continue
        differing = [
            name for name, fingerprint in state.fingerprints.items() if name.schema not in scope.schemas and held.get(name) != fingerprint
        ]
        if not differing or _can_be_made_again(conn, settings, manifest, differing):
            return manifest
    return None


def _can_be_made_again(conn: Connection, settings: Settings, manifest: BackupManifest, names: list[RelationName]) -> bool:
    digest = manifest.legacy_relation.content_hash
    row = conn.execute("select to_regclass(%s) is not null", ("release_relations",)).fetchone()
    if digest is None or not (row and row[0]):
        return False
    released = dict(
        conn.execute(
            """select r.relation, r.content_hash from release_relations as r
               join (
                 select release_id, snapshot_id from releases order by released_at desc limit 1) as newest using (release_id)
               where newest.snapshot_id = %s""",
            (digest,),
        ).fetchall()
    )
    plain = {t.name for t in TABLES if t.is_view} | {"schema_version"}
    recorded = view_state.records(conn)
    return all(
        (name.name in plain and _is_ours(conn, name)) or (name.name in released and content_hash(conn, *name).digest == released[name.name])
        for name in names
        if not _is_view_on_ours(conn, name) and not _is_our_view(conn, name, recorded)
    )


def _is_ours(conn: Connection, name: RelationName) -> bool:
    """Whether the relation is a view, or a `schema_version` that we made: both follow from the code alone."""
    row = conn.execute(
        """select relkind = 'v' or exists (select from pg_attribute where attrelid = c.oid and attname = 'version_name')
           from pg_class c where c.oid = format('%%I.%%I', %s::text, %s::text)::regclass""",
        tuple(name),
    ).fetchone()
    return bool(row and row[0])


def _is_view_on_ours(conn: Connection, name: RelationName) -> bool:
    """Views that people made survive a release untouched."""
    if name.name in {*(r.name for r in RELATIONS), *(v.name for v in VIEWS)}:
        return False
    row = conn.execute(
        "select relkind in ('v', 'm') from pg_class where oid = format('%%I.%%I', %s::text, %s::text)::regclass",
        tuple(name),
    ).fetchone()
    return bool(row and row[0])


def _is_our_view(conn: Connection, name: RelationName, recorded: dict[str, views.Recorded]) -> bool:
    """Whether a view is as we made it, so that it can be made again; one of somebody else would be replaced, and be lost."""
    found = views.describe(conn, name.schema, name.name) if name.name in recorded else None
    return found is not None and found.catalogue == recorded[name.name].catalogue


def backup_of(conn: Connection, settings: Settings, migration_id: str) -> BackupManifest | None:
    """The backup that a migration stands on; None while there is none, or in a run that makes none.

    Raises:
        BackupError: Its files are gone.
    """
    row = conn.execute("select backup_id from migration_runs where migration_id = %s", (migration_id,)).fetchone()
    return read_manifest(settings.backup_dir / str(row[0])) if row and row[0] else None


def chosen_backup(instance: dg.DagsterInstance, settings: Settings) -> BackupManifest:
    """The backup that the newest materialization of the backup asset names.

    Raises:
        BackupError: There is none, or its files are gone.
    """
    event = instance.get_latest_materialization_event(BACKUP_KEY)
    materialization = event.asset_materialization if event else None
    named = materialization.metadata.get(BACKUP_ID) if materialization else None
    if named is None:
        raise BackupError(
            "There is no backup yet.",
            where=str(settings.backup_dir),
            next_step="Materialize backup/legacy_backup first.",
        )
    return read_manifest(settings.backup_dir / str(named.value))


def noted_backup(instance: dg.DagsterInstance, settings: Settings) -> tuple[str, str, str]:
    """What the journal notes of the backup: its id, and the legacy table's fingerprint and content hash; empty where there is none.

    Only what is dropped afterwards is made without a backup.

    Raises:
        BackupError: There is none, or its files are gone, and the migration is to be released.
    """
    if Workspace(settings.workspace).is_throwaway and instance.get_latest_materialization_event(BACKUP_KEY) is None:
        return "", "", ""
    manifest = chosen_backup(instance, settings)
    return manifest.migration_id, manifest.legacy_relation.fingerprint, manifest.legacy_relation.content_hash or ""


__all__ = ["BACKUP_ID", "BACKUP_KEY", "chosen_backup", "find_reusable_backup", "noted_backup", "scope_of"]
