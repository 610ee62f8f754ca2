"""The schema layer: the versioned definition of the normalized tables, rehearsed before anything is built by it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from mediabase_assets.lib import audit, journal, schema, tables
from mediabase_assets.lib.backup_choice import chosen_backup
from mediabase_assets.lib.resources import Mediabase
from mediabase_assets.lib.session import build_session
from mediabase_assets.lib.specs import asset_spec
from mediabase_assets.lib.statements import OPERATIONS, VERSION_FOLDERS, Connection, code_version
from mediabase_assets.lib.step import Step, step
from mediabase_assets.lib.telling import check_result
from mediabase_assets.lib.views import QUERIES
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS

KEY = dg.AssetKey(["schema", "normalized_schema"])
_CHECK = "deployed_schema_is_the_model"


@dg.multi_asset(
    name="schema__normalized_schema",
    specs=[
        asset_spec(
            KEY,
            Stage.SCHEMA,
            deps=[dg.AssetKey(["backup", "legacy_backup"])],
            description="The versioned definition of the normalized tables and views: deployed, verified and reverted in a schema of its "
            "own; and the schemas in which the migration builds and keeps its accounts.",
            code_version=code_version(
                OPERATIONS / "deploy.sql", *sorted(VERSION_FOLDERS.glob("v*/*/*.sql")), *sorted(QUERIES.glob("**/*.sql"))
            ),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK, asset=KEY, blocking=True, description="Columns, order, comments, keys and indexes of views are those of the model."
        )
    ],
    can_subset=True,
)
def normalized_schema(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Prepare the schemas, rehearse the deployment, open the journal of the migration."""
    settings = mediabase.settings()
    with step(context, settings, KEY.to_user_string(), Stage.SCHEMA) as this:
        with build_session(settings, migration_id=this.migration_id, asset=this.asset) as conn:
            schema.prepare_schemas(conn)
            wrong = schema.rehearse(conn)
            recorded = schema.versions(conn, settings.database.schema_name)
            _open_journal(conn, context, this)
        sample = tuple({"difference": text} for text in wrong)
        finding = audit.Finding(
            _CHECK, not wrong, {"version": tables.SCHEMA_VERSION, "relations": len(RELATIONS), "views": len(VIEWS)}, len(wrong), sample
        )
        if any(k.name == _CHECK for k in context.selected_asset_check_keys):
            yield check_result(KEY, finding)
        if wrong:
            raise dg.Failure("The deployed schema differs from the model: " + "; ".join(wrong), allow_retries=False)
        if context.selected_asset_keys:
            yield dg.MaterializeResult(
                asset_key=KEY,
                metadata={
                    "version": tables.SCHEMA_VERSION,
                    "versions recorded so far": ", ".join(v.version for v in recorded) or "none",
                    "seconds": this.seconds,
                },
                data_version=dg.DataVersion(tables.SCHEMA_VERSION),
            )


def _open_journal(conn: Connection, context: dg.AssetExecutionContext, this: Step) -> None:
    """Open the migration's record, with the stages that were over before there was a journal."""
    manifest = chosen_backup(context.instance, this.settings)
    legacy = manifest.legacy_relation
    record = context.instance.get_run_record_by_id(context.run.run_id)
    started = record.create_timestamp if record else this.started_at
    journal.open_run(
        conn, this.settings, migration_id=this.migration_id, run_id=context.run.run_id, started_at=started,
        backup_id=manifest.migration_id, fingerprint=legacy.fingerprint, content_hash=legacy.content_hash or "",
        schema_version=tables.SCHEMA_VERSION,
    )  # fmt: skip
    for stats in context.instance.get_run_step_stats(context.run.run_id):
        layer, _, relation = stats.step_key.partition("__")
        stage = {"legacy": Stage.PREREQUISITES, "backup": Stage.BACKUP}.get(layer)
        if stage and stats.start_time and stats.end_time:
            journal.write_stage(
                conn, migration_id=this.migration_id, asset=f"{layer}/{relation}", stage=int(stage), status="done",
                started_at=datetime.fromtimestamp(stats.start_time, UTC), finished_at=datetime.fromtimestamp(stats.end_time, UTC),
            )  # fmt: skip
    journal.write_stage(
        conn, migration_id=this.migration_id, asset=this.asset, stage=int(this.stage), status="done", started_at=this.started_at,
        finished_at=datetime.now(UTC), rows=len(RELATIONS),
    )  # fmt: skip
