"""The validation layer: the account of the legacy table as a whole, which the release waits for."""

import json
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import dagster as dg
from psycopg import sql

from mediabase_assets.lib import ahead, audit, catalogue, headline, standing
from mediabase_assets.lib.backup import BackupManifest
from mediabase_assets.lib.backup_choice import backup_of
from mediabase_assets.lib.edges import in_order
from mediabase_assets.lib.legacy_table import describe_legacy_table
from mediabase_assets.lib.quantities import row_text
from mediabase_assets.lib.resources import Mediabase
from mediabase_assets.lib.session import build_session
from mediabase_assets.lib.snapshot import Snapshot, current_snapshot, require_inputs
from mediabase_assets.lib.specs import asset_spec
from mediabase_assets.lib.statements import Connection, code_version, read, run
from mediabase_assets.lib.step import Step, step
from mediabase_assets.lib.telling import check_result, rows_table
from mediabase_assets.model.legacy import Fate, legacy_column
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import RELATIONS, TABLES

KEY = dg.AssetKey(["validation", "migration_report"])
SQL = Path(__file__).parent / "sql"
ACCOUNT_CHECK = "every_column_is_accounted_for"
WRITERS_CHECK = "nobody_wrote_to_the_legacy_table_meanwhile"


_VERSION = code_version(SQL / "column_account.sql", SQL / "columns_unaccounted.sql")
catalogue.register(
    catalogue.Definition(
        KEY.to_user_string(), Stage.VALIDATION,
        (*catalogue.RECORDED, *(f"normalized/{t.name}" for t in TABLES)), _VERSION,
    )
)  # fmt: skip


@dg.multi_asset(
    name="validation__migration_report",
    op_tags=in_order("validation"),
    specs=[
        asset_spec(
            KEY,
            Stage.VALIDATION,
            deps=[
                *(dg.AssetKey(["normalized", t.name]) for t in TABLES),
                *(dg.AssetKey(key.split("/")) for key in catalogue.RECORDED),
            ],
            description="One row per column of the legacy table: how many facts it holds, and how many of them were kept, merged, "
            "repaired, quarantined or archived. The release waits for it.",
            code_version=_VERSION,
            sources=[SQL / "column_account.sql", SQL / "columns_unaccounted.sql"],
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
def migration_report(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Account for every column."""
    with step(context, mediabase.settings(), KEY.to_user_string(), Stage.VALIDATION) as this:
        yield from ahead.selected(context, _account(this, notes=bool(context.selected_asset_keys)), this)


def _account(this: Step, *, notes: bool = True) -> Iterator[ahead.Event]:
    """Account for every column, unless the account is up to date; `notes` that it was made."""
    kept = standing.kept(this, KEY, (ACCOUNT_CHECK, WRITERS_CHECK))
    if kept is not None:
        yield from kept
        return
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        snapshot = current_snapshot(conn, this.asset)
        require_inputs(conn, ("fact_counts",), this.asset)
        _write_account(conn, this)
        rows = _rows(conn, this)
        data_version = md5(json.dumps(rows, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
        finding = audit.failing_rows(conn, ACCOUNT_CHECK, sql.SQL(read(SQL / "columns_unaccounted.sql")), {"columns": len(rows)})
        told = [check_result(KEY, finding)]
        backup = backup_of(conn, this.settings, this.migration_id)
        if backup is not None:
            told.append(check_result(KEY, _writers(backup, snapshot), dg.AssetCheckSeverity.WARN))
        this.note_stage(conn, rows=len(rows), failed=not finding.passed)
        metadata: dict[str, Any] = {
            "summary": dg.MetadataValue.md(_headline(conn, rows)),
            **headline.totals(rows),
            "account": rows_table(rows),
            "dagster/row_count": len(rows),
            "seconds": this.seconds,
        }
        if finding.passed and notes:
            standing.note_made(conn, this, data_version=data_version, rows=len(rows), results=told, metadata=metadata)
    yield from told
    if not finding.passed:
        raise dg.Failure(
            f"The account of the legacy table does not balance: {'; '.join(map(row_text, finding.sample[:3]))}.", allow_retries=False
        )
    yield dg.MaterializeResult(asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(data_version))


ahead.register(
    ahead.Work(
        KEY.to_user_string(), frozenset({*catalogue.RECORDED, *(f"normalized/{t.name}" for t in TABLES)}), 0.3, Stage.VALIDATION, _account,
        by_its_step=True,
    )
)  # fmt: skip


def _headline(conn: Connection, rows: list[dict[str, Any]]) -> str:
    reasons = conn.execute(sql.SQL(read(SQL / "headline_reasons.sql"))).fetchall()
    conn.execute("select set_config('mediabase.headline_relations', %s, true)", (",".join(r.name for r in RELATIONS),))
    counted = conn.execute(sql.SQL(read(SQL / "headline_rows.sql"))).fetchall()
    return headline.text(rows, reasons, counted)


def _write_account(conn: Connection, this: Step) -> None:
    database = this.settings.database
    legacy = describe_legacy_table(conn, database.source_schema, database.legacy_table)
    columns = []
    for name in legacy.columns or {}:
        known = legacy_column(name)
        fate, why = (known.fate, known.why) if known else (Fate.ARCHIVED, "a column that no schema version of MEDIABASE had")
        columns.append({"name": name, "fate": str(fate), "why": why})
    conn.execute("select set_config('mediabase.legacy_columns', %s, true)", (json.dumps(columns),))
    conn.execute("delete from column_account where migration_id = %s", (this.migration_id,))
    run(conn, SQL / "column_account.sql")


def _rows(conn: Connection, this: Step) -> list[dict[str, Any]]:
    cursor = conn.execute(
        """select legacy_column, fate, facts_read, kept, merged, repaired, quarantined, archived, explanation
           from column_account where migration_id = %s order by 1""",
        (this.migration_id,),
    )
    names = [d.name for d in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _writers(backup: BackupManifest, snapshot: Snapshot) -> audit.Finding:
    """Whether the backup holds the very content that was migrated."""
    backed_up = backup.legacy_relation.content_hash
    same = backed_up == snapshot.content_hash
    examined = {"content hash of the backup": backed_up, "content hash of the snapshot": snapshot.content_hash}
    return audit.Finding(WRITERS_CHECK, same, examined, 0 if same else 1)
