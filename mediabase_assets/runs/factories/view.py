"""A view as an asset.

In a run that will release, a view is built and audited in the build schema, as tables are, and the release publishes it.
In any other run the live view is brought up to date, audited and committed in one transaction (`release.refresh`).
When only checks are selected, the live view is audited and nothing is written.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
from psycopg import sql

from mediabase_assets.audit import checks
from mediabase_assets.extraction.snapshot import current_snapshot
from mediabase_assets.model.finding import Finding, failure_text
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables.base import audited
from mediabase_assets.model.views import View
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.normalized import tables
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import live_session, refresh_session
from mediabase_assets.postgres.sql_files import Connection, code_version, count, read, vacuum
from mediabase_assets.records.built import note_built
from mediabase_assets.records.lock import Purpose
from mediabase_assets.release.refresh import refresh_view
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.column_lineage import with_lineage
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.freshness_policies import checked_by
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import CANDIDATE, check_result, column_schema, sized, will_release
from mediabase_assets.runs.specs import asset_spec, live_name
from mediabase_assets.runs.step import step
from mediabase_assets.settings.load import load_settings
from mediabase_assets.views import definition

NUMBERS = "every_number_agrees_with_the_tables"
CHECKS = {
    "every_row_fits_its_model": "Every row passes the Pandera model of the view: columns, types, ranges and formats; of lists, the length.",
    "every_key_is_unique": "No key occurs twice, and none is NULL: the grain is what the description says.",
    NUMBERS: "Totals over all rows equal those of the tables, and no row contradicts itself.",
}
#: When the sensor refreshes a materialized view; the UI shows the labels with its evaluations.
AFTER_TABLES: dg.AutomationCondition[Any] = (
    dg.AutomationCondition.eager().with_label("a table that it shows was materialized since, and all of them exist")
    & dg.AutomationCondition.all_deps_blocking_checks_passed().with_label("every blocking check of these tables passed")
).with_label("refresh after its tables changed and passed")


def checks_of(view: View) -> dict[str, str]:
    """The checks of a view with their sentences."""
    left_out = set() if view.audits_rows else {"every_row_fits_its_model"}
    return {name: text for name, text in CHECKS.items() if name not in left_out and (view.key or name != "every_key_is_unique")}


def findings(conn: Connection, view: View) -> list[Finding]:
    """The audit of the view that the session sees."""
    query = sql.SQL(read(definition.QUERIES / "checks" / f"{view.name}.sql"))
    results = [checks.failing_rows(conn, NUMBERS, query, {"view": view.name, "against": ", ".join(view.parents)})]
    if view.key:
        results.append(checks.check_keys(conn, view))
    if view.audits_rows:
        results.append(checks.check_model(conn, view))
    return results


def view_asset(view: View) -> dg.AssetsDefinition:
    """The asset of a view."""
    key = dg.AssetKey(["views", view.name])
    deps = [dg.AssetKey(["normalized", parent]) for parent in view.parents]
    _register(view, key, deps)

    @dg.multi_asset(
        name=f"views__{view.name}",
        op_tags=in_order("views"),
        specs=[_spec(view, key, deps)],
        check_specs=[dg.AssetCheckSpec(name, asset=key, description=text, blocking=True) for name, text in checks_of(view).items()],
        can_subset=True,
    )
    def _asset(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        settings = mediabase.settings()
        wanted = {k.name for k in context.selected_asset_check_keys}
        if not context.selected_asset_keys:
            with live_session(settings, asset=key.to_user_string()) as conn:
                audit = findings(conn, view)
            yield from (check_result(key, f) for f in audit if f.check in wanted)
        elif will_release(context) or Workspace(settings.workspace).is_throwaway:
            with step(context, settings, key.to_user_string(), Stage.VIEWS) as this:
                yield from parallel.events_of(context, this, lambda s: _build(s, view, key, wanted))
        else:
            with step(context, settings, key.to_user_string(), Stage.VIEWS, purpose=Purpose.REFRESH) as this:
                yield from parallel.selected(context, _refresh(context, this, view, key, wanted), this)

    every = set(checks_of(view))
    parallel.register(key.to_user_string(), lambda this: _build(this, view, key, every), cost=view.cost)
    return _asset


def _register(view: View, key: dg.AssetKey, deps: Sequence[dg.AssetKey]) -> None:
    """Register the definition of the asset."""
    version = code_version(
        definition.QUERIES / "checks" / f"{view.name}.sql", values=(definition.definition_of(view), audited(view.model), repr(view.key))
    )
    registry.register(
        registry.Definition(
            key.to_user_string(), Stage.VIEWS, tuple(d.to_user_string() for d in deps), version, relations=(view.name,),
            place=registry.Place.LIVE,
        )
    )  # fmt: skip


def _spec(view: View, key: dg.AssetKey, deps: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    return asset_spec(
        key,
        Stage.VIEWS,
        deps=deps,
        description=view.description,
        code_version=_code_version(key),
        sources=[definition.QUERIES / f"{view.name}.sql"],
        kinds=("view", "pandera"),
        relation=live_name(view.name),
        column_schema=_columns(view, {}),
        automation_condition=AFTER_TABLES if view.is_materialized else None,
        freshness_policy=checked_by(load_settings().views.refresh_schedule) if view.is_materialized else None,
    )


def _code_version(key: dg.AssetKey) -> str:
    return registry.definition(key.to_user_string()).code_version


def _columns(view: View, types: dict[str, str]) -> dg.TableSchema:
    return column_schema(view.columns, types, model=view.model, keys=(view.key,) if view.key else ())


def _build(this: AssetRun, view: View, key: dg.AssetKey, wanted: set[str]) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Build and audit in the build schema, in one transaction, which a failed check rolls back."""
    kept = reuse.kept(this, key, wanted)
    if kept is not None:
        yield from kept
        return
    audit: list[Finding] = []
    metadata: dict[str, Any] = {}
    digest = ""
    try:
        with this.building() as conn:
            snapshot = current_snapshot(conn, this.asset)
            with this.spending("build"):
                definition.drop_built(conn, view, conn.workspace.build)
                definition.create(conn, view, conn.workspace.build)
                definition.finish(conn, view, conn.workspace.build)
            with this.spending("audit"):
                audit = findings(conn, view)
                if any(not f.passed for f in audit):
                    raise checks.AuditRollback
                content = definition.content_of(conn, view, conn.workspace.build)
            note_built(
                conn, view.name, content, asset=this.asset, snapshot_id=snapshot.snapshot_id, migration_id=this.migration_id,
                code_version=_code_version(key),
            )  # fmt: skip
            digest = content.digest
            metadata = {**_metadata(conn, this, view), "migration": this.migration_id}
            results = [check_result(key, f) for f in audit]
            this.finish(conn, rows=metadata["dagster/row_count"], data_version=digest, results=results, metadata=metadata)
    except checks.AuditRollback:
        pass  # the findings say why
    yield from (check_result(key, f, note=CANDIDATE) for f in audit if f.check in wanted)
    _require_passed(view, audit, "it was dropped, and everything live is as it was")
    yield dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=dg.DataVersion(digest))


def _refresh(
    context: dg.AssetExecutionContext, this: AssetRun, view: View, key: dg.AssetKey, wanted: set[str]
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Bring the live view up to date."""
    live = this.settings.database.schema_name
    with refresh_session(this.settings, asset=this.asset) as conn:
        done = refresh_view(conn, view, live, run_id=context.run.run_id, findings=findings)
        if view.is_materialized and done.change.how in ("created", "replaced", "refreshed"):
            vacuum(conn, live, [view.name])
        metadata = _metadata(conn, this, view) if all(f.passed for f in done.findings) else {}
    yield from (check_result(key, f) for f in done.findings if f.check in wanted)
    _require_passed(view, done.findings, "the refresh was rolled back, and the view keeps its old rows")
    context.log.info(f"{view.name}: {done.change.how}{f', because {done.change.reason}' if done.change.reason else ', nothing changed'}")
    metadata |= {"how": done.change.how, "why": done.change.reason or "no table beneath it changed", "rows before": done.rows_before or 0}
    yield with_lineage(dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=dg.DataVersion(done.change.content_hash)))


def _metadata(conn: Connection, this: AssetRun, view: View) -> dict[str, Any]:
    """What Dagster shows of a view."""
    return {
        "dagster/row_count": count(conn, view.name),
        "dagster/table_name": f"{this.settings.database.schema_name}.{view.name}",
        "dagster/column_schema": _columns(view, tables.types_of(conn, view.name)),
        **sized(int(conn.value("select pg_total_relation_size(%s::regclass)", view.name))),
        "seconds": this.seconds,
    }


def _require_passed(view: View, audit: list[Finding], outcome: str) -> None:
    failed = [f for f in audit if not f.passed]
    if not failed:
        return
    next_step = "check the tables that it shows (the job `audit`), then run again."
    text = failure_text(f"{view.name} did not pass its audit; {outcome}.", failed, next_step)
    raise dg.Failure(text, metadata={"failed checks": [f.check for f in failed]}, allow_retries=False)
