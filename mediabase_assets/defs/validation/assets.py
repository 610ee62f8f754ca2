"""The validation layer: the account of the legacy table as a whole, which the release waits for."""

import json
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import dagster as dg

from mediabase_assets.backup import BackupManifest
from mediabase_assets.backup.choice import backup_of
from mediabase_assets.extraction.snapshot import Snapshot, current_snapshot, require_inputs
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.quantities import row_text
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import TABLES
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import code_version
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import check_result, rows_table
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.validation import column_account as accounts
from mediabase_assets.validation.headline import totals

KEY = dg.AssetKey(["validation", "column_account"])
ACCOUNT_CHECK = "every_column_is_accounted_for"
WRITERS_CHECK = "nobody_wrote_to_the_legacy_table_meanwhile"


_VERSION = code_version(*accounts.FILES)
registry.register(
    registry.Definition(
        KEY.to_user_string(), Stage.VALIDATION,
        (*registry.RECORDED, *(f"normalized/{t.name}" for t in TABLES)), _VERSION,
    )
)  # fmt: skip


@dg.multi_asset(
    name="validation__column_account",
    op_tags=in_order("validation"),
    specs=[
        asset_spec(
            KEY,
            Stage.VALIDATION,
            deps=[
                *(dg.AssetKey(["normalized", t.name]) for t in TABLES),
                *(dg.AssetKey(key.split("/")) for key in registry.RECORDED),
            ],
            description="One row per column of the legacy table: how many facts it holds, and how many of them were kept, merged, "
            "repaired, quarantined or archived. The release waits for it.",
            code_version=_VERSION,
            sources=[*accounts.FILES],
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            ACCOUNT_CHECK, asset=KEY, blocking=True,
            description="Facts read = kept + merged + repaired + quarantined + archived, for every column of the legacy table.",
        ),
        dg.AssetCheckSpec(
            WRITERS_CHECK, asset=KEY,
            description="The content that was backed up is the content that was migrated. If it is not, the legacy table was changed "
            "in between: the tables are consistent with each other, and the next migration reads the later changes.",
        ),
    ],
    can_subset=True,
)  # fmt: skip
def column_account(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Account for every column."""
    with step(context, mediabase.settings(), KEY.to_user_string(), Stage.VALIDATION) as this:
        yield from parallel.selected(context, _account(this, records=bool(context.selected_asset_keys)), this)


def _account(this: AssetRun, *, records: bool = True) -> Iterator[parallel.Event]:
    """Account for every column, unless the account is up to date; with `records` it counts as the asset's account from then on."""
    kept = reuse.kept(this, KEY, (ACCOUNT_CHECK, WRITERS_CHECK))
    if kept is not None:
        yield from kept
        return
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        snapshot = current_snapshot(conn, this.asset)
        require_inputs(conn, ("fact_counts",), this.asset)
        accounts.write(conn, this.settings, this.migration_id)
        rows = accounts.rows(conn, this.migration_id)
        data_version = md5(json.dumps(rows, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
        finding = accounts.check(conn, ACCOUNT_CHECK, len(rows))
        results = [check_result(KEY, finding)]
        backup = backup_of(conn, this.settings, this.migration_id)
        if backup is not None:
            results.append(check_result(KEY, _writers(backup, snapshot), dg.AssetCheckSeverity.WARN))
        metadata: dict[str, Any] = {
            "summary": dg.MetadataValue.md(accounts.headline_of(conn, rows)),
            **totals(rows),
            "account": rows_table(rows),
            "dagster/row_count": len(rows),
            "seconds": this.seconds,
        }
        if finding.passed and records:
            this.finish(conn, rows=len(rows), data_version=data_version, results=results, metadata=metadata)
        else:
            this.record_stage(conn, rows=len(rows), failed=not finding.passed)
    yield from results
    if not finding.passed:
        raise dg.Failure(
            f"The account of the legacy table does not balance: {'; '.join(map(row_text, finding.sample[:3]))}.", allow_retries=False
        )
    yield dg.MaterializeResult(asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(data_version))


parallel.register(KEY.to_user_string(), _account, cost=0.3, by_its_step=True)


def _writers(backup: BackupManifest, snapshot: Snapshot) -> Finding:
    """Whether the backup holds the very content that was migrated."""
    backed_up = backup.legacy_relation.content_hash
    same = backed_up == snapshot.content_hash
    examined = {"content hash of the backup": backed_up, "content hash of the snapshot": snapshot.content_hash}
    return Finding(WRITERS_CHECK, same, examined, 0 if same else 1)
