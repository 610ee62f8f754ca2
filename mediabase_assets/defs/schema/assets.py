"""The schema layer: the versioned definition of the normalized tables, rehearsed before anything is built with it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from mediabase_assets.model.finding import Finding
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.tables.base import audited
from mediabase_assets.model.views import VIEWS
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import code_version
from mediabase_assets.records.tables import RECORDS, prepare_schemas
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import check_result
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.schema import obstacles, tables, versions
from mediabase_assets.schema.tables import VERSION_FOLDERS
from mediabase_assets.views.definition import QUERIES

KEY = dg.AssetKey(["schema", "normalized_schema"])
_CHECK = "deployed_schema_is_the_model"
_VERSION = code_version(
    RECORDS[0], *sorted(VERSION_FOLDERS.glob("v*/*/*.sql")), *sorted(QUERIES.glob("**/*.sql")),
    values=(*(t.audited for t in TABLES), *(audited(v.model) for v in VIEWS)),
)  # fmt: skip
registry.register(registry.Definition(KEY.to_user_string(), Stage.SCHEMA, (), _VERSION))


@dg.multi_asset(
    name="schema__normalized_schema",
    op_tags=in_order("schema"),
    specs=[
        asset_spec(
            KEY,
            Stage.SCHEMA,
            deps=[dg.AssetKey(["legacy", "cancer_transcript_base"])],
            description="The versioned definition of the normalized tables and views: deployed, verified and reverted in a schema of its "
            "own; and the schemas in which the migration builds and keeps its accounts.",
            code_version=_VERSION,
            sources=[*sorted(VERSION_FOLDERS.glob("v*/tables/*.sql"))],
            kinds=("sql",),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=KEY,
            blocking=True,
            description="Columns, their order, comments, keys, and indexes of views are those of the model.",
        )
    ],
    can_subset=True,
)
def normalized_schema(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Prepare the schemas, rehearse the deployment, open the journal of the migration."""
    with step(context, mediabase.settings(), KEY.to_user_string(), Stage.SCHEMA) as this:
        if context.selected_asset_keys:
            yield from parallel.events_of(context, this, _prepare)
        else:
            this.keeps = False  # a check that was selected alone is evaluated now
            yield from parallel.selected(context, _prepare(this), this)


def _prepare(this: AssetRun) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    kept = reuse.kept(this, KEY, (_CHECK,))
    if kept is not None:
        yield from kept
        return
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        prepare_schemas(conn, this.settings.database.schema_name)
        live = this.settings.database.schema_name
        wrong = versions.rehearse(conn, lambda deployed: obstacles.require_free_index_names(conn, deployed, live))
        recorded = versions.versions(conn, live)
        obstacles.require_recordable(conn, live)
        finding = _finding(wrong)
        metadata: dict[str, Any] = {
            "version": tables.SCHEMA_VERSION,
            "versions recorded so far": ", ".join(v.version for v in recorded) or "none",
            "seconds": this.seconds,
        }
        if not wrong:
            this.finish(
                conn, rows=len(RELATIONS), data_version=tables.SCHEMA_VERSION, results=[check_result(KEY, finding)], metadata=metadata
            )  # fmt: skip
    yield check_result(KEY, finding)
    if wrong:
        raise dg.Failure("The deployed schema differs from the model: " + "; ".join(wrong), allow_retries=False)
    yield dg.MaterializeResult(asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(tables.SCHEMA_VERSION))


parallel.register(KEY.to_user_string(), _prepare, cost=0.3)


def _finding(wrong: list[str]) -> Finding:
    examined = {"version": tables.SCHEMA_VERSION, "relations": len(RELATIONS), "views": len(VIEWS)}
    return Finding(_CHECK, not wrong, examined, len(wrong), tuple({"difference": text} for text in wrong))
