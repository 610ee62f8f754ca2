"""The backup layer: a verified dump of everything that the migration could touch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from mediabase_assets.backup import FINDINGS, BackupFinding, BackupManifest, create_backup, free_name, place_of, verify_backup
from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.backup.needed import OBJECTS_FILE
from mediabase_assets.backup.scope import scope_of
from mediabase_assets.extraction.snapshot import known_content
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import ContentHash
from mediabase_assets.postgres.sql_files import looking_in
from mediabase_assets.records import journal
from mediabase_assets.runs import parallel
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.freshness_policies import checked_by
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import check_result, sized
from mediabase_assets.runs.specs import BACKUP_ID, BACKUP_KEY, asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.settings.load import load_settings

#: Seconds that a migration waits for the backup of another target, or of another database, in the same folder.
PATIENCE = 1800.0
_SENTENCES = {
    "files_are_complete": "Every file of the manifest exists and has the size that it records.",
    "checksums_match": "Every file has the checksum that the manifest records.",
    "archives_name_every_relation": "The archives list every relation that was to be backed up.",
    "archives_can_be_read_whole": "pg_restore can read every archive to its end.",
    "row_counts_match": "The archives contain as many rows as the tables had in the snapshot of the backup.",
}


def _known(this: AssetRun, fingerprint: str) -> ContentHash | None:
    """The content of the legacy table as the extraction has read it, so that the backup does not have to read it, too."""
    parallel.await_build(this.run_id, registry.SNAPSHOT)
    with connect(this.settings, application_name="mediabase backup") as conn, looking_in(conn, conn.workspace.operations):
        return known_content(conn, fingerprint)


registry.register(registry.Definition(registry.BACKUP, Stage.BACKUP, (), "1"))


@dg.multi_asset(
    name="backup__legacy_backup",
    op_tags=in_order("backup"),
    specs=[
        asset_spec(
            BACKUP_KEY,
            Stage.BACKUP,
            deps=[dg.AssetKey(["legacy", "cancer_transcript_base"])],
            description="A dump, by PostgreSQL's own pg_dump and in one snapshot, of the legacy table and of everything else that "
            "the migration could touch, with a manifest. An earlier one is reused while nothing of it has changed.",
            code_version="1",
            sources=[Path(__file__)],
            kinds=("backup",),
            freshness_policy=checked_by(load_settings().backup.proof_schedule),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(name, asset=BACKUP_KEY, description=_SENTENCES.get(name), blocking=True) for name in FINDINGS
    ],
    can_subset=True,
)  # fmt: skip
def legacy_backup(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Back up, or reuse a backup that is up to date; verify either."""
    with step(context, mediabase.settings(), BACKUP_KEY.to_user_string(), Stage.BACKUP) as this:
        if context.selected_asset_keys:
            parallel.begin(context, this)
        yield from parallel.selected(context, _back_up(this, records=bool(context.selected_asset_keys)), this)


def _back_up(this: AssetRun, *, records: bool = True) -> Iterator[parallel.Event]:
    """Back up or reuse a backup, verify it, and with `records` write to the journal that the migration is based on it."""
    settings = this.settings
    with connect(settings, application_name="mediabase backup choice") as conn:
        manifest, scope = find_reusable_backup(conn, settings), scope_of(settings, conn.workspace)
    reused = manifest is not None
    if manifest is None:
        manifest = create_backup(
            settings, scope, migration_id=free_name(place_of(settings), this.migration_id), progress=this.report,
            known=lambda f: _known(this, f), patience=PATIENCE,
        )  # fmt: skip
    findings = verify_backup(manifest, progress=this.report)
    for finding in findings:
        yield check_result(BACKUP_KEY, Finding(finding.name, finding.passed, finding.examined, _failures(finding)))
    wrong = [f.name for f in findings if not f.passed]
    if wrong:
        raise dg.Failure(
            f"The backup {manifest.migration_id} did not verify ({', '.join(wrong)}); nothing that people read was changed.\n"
            f"  next:  check {manifest.where}, free disk space if it is short, and run again.",
            allow_retries=False,
        )
    if records:
        journal.note_backup(settings, this.migration_id, manifest, started_at=this.started_at)
    yield _materialized(this, manifest, reused=reused)


def _failures(finding: BackupFinding) -> int:
    """How many files, archives or tables fail: those that the finding names."""
    named = sum(len(finding.examined.get(name, ())) for name in ("differing", "changed", "missing", "errors"))
    return 0 if finding.passed else max(named, 1)


def _materialized(this: AssetRun, manifest: BackupManifest, *, reused: bool) -> dg.MaterializeResult[Any]:
    """What Dagster shows of a backup."""
    legacy = manifest.legacy_relation
    needed = {"to be run before pg_restore": OBJECTS_FILE, "for the sake of": ", ".join(manifest.needed)} if manifest.objects else {}
    return dg.MaterializeResult(
        asset_key=BACKUP_KEY,
        metadata={
            BACKUP_ID: manifest.migration_id,
            "used again": reused,
            "folder": dg.MetadataValue.path(manifest.where),
            **sized(manifest.size_bytes),
            "dagster/row_count": legacy.rows or 0,
            "legacy content hash": legacy.content_hash or "",
            "relations": len(manifest.relations),
            **needed,
            "server": manifest.server_version,
            "pg_dump": manifest.pg_dump_version,
            "seconds": this.seconds,
        },
        data_version=dg.DataVersion(f"{manifest.migration_id}-{legacy.content_hash}"),
    )


parallel.register(registry.BACKUP, _back_up, cost=5, by_its_step=True)
