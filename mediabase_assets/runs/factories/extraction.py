"""An extraction relation as an asset: built in the build schema, with records of its quarantine and repairs.

Extraction relations are unlogged: they can be rebuilt from the snapshot, and a run of selected assets reads them.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from psycopg import sql

from mediabase_assets.audit import accounts
from mediabase_assets.audit.checks import failing_rows
from mediabase_assets.curation import marks, ways_out
from mediabase_assets.extraction.culprit import run_or_explain
from mediabase_assets.extraction.relations import account_of_remaining, build, check_path, other_paths
from mediabase_assets.extraction.rules import EXTRACTION, RULES
from mediabase_assets.extraction.snapshot import current_snapshot, require_inputs
from mediabase_assets.model.extraction import Extraction, extraction_columns, extraction_types, tables_of
from mediabase_assets.model.finding import Finding, in_short
from mediabase_assets.normalized import tables
from mediabase_assets.planning import registry, state
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.postgres.sql_files import Connection, code_version, count, is_there, read, run
from mediabase_assets.records.built import note_extracted
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.builders import maker_of
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import account_table, check_result, column_schema, reasons_table
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step


def extraction_asset(extraction: Extraction) -> dg.AssetsDefinition:
    """The asset of an extraction relation."""
    key = dg.AssetKey(["extraction", extraction.name])
    definition = _register(extraction, key)
    deps = [dg.AssetKey(asset.split("/")) for asset in sorted(set(map(maker_of, definition.inputs)))]

    @dg.multi_asset(
        name=f"extraction__{extraction.name}",
        op_tags=in_order("extraction"),
        specs=[
            asset_spec(
                key,
                extraction.stage,
                deps=deps,
                description=extraction.description,
                code_version=definition.code_version,
                sources=[EXTRACTION / f"{extraction.name}.sql", *other_paths(extraction)],
                column_schema=shown_columns(extraction.name),
            )
        ],
        check_specs=[dg.AssetCheckSpec(c.name, asset=key, description=c.description, blocking=not c.is_warning) for c in extraction.checks],
        can_subset=True,
    )
    def _asset(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        wanted, builds = {k.name for k in context.selected_asset_check_keys}, bool(context.selected_asset_keys)
        with step(context, mediabase.settings(), key.to_user_string(), extraction.stage, locks=builds) as this:
            yield from parallel.events_of(context, this, lambda s: _extract(s, extraction, key, wanted, builds))

    all_checks = {c.name for c in extraction.checks}
    parallel.register(
        key.to_user_string(), lambda this: _extract(this, extraction, key, all_checks, True),
        cost=extraction.cost,
    )  # fmt: skip
    return _asset


def _register(extraction: Extraction, key: dg.AssetKey) -> registry.Definition:
    """Register the definition of the asset."""
    paths = [EXTRACTION / f"{extraction.name}.sql", EXTRACTION / "functions.sql", *RULES, *other_paths(extraction)]
    inputs = tuple(f"extraction/{name}" for name in sorted(tables_of(extraction.inputs)))
    definition = registry.Definition(
        key.to_user_string(), extraction.stage, inputs, code_version(*paths), registry.settings_in(paths),
        (extraction.name,), registry.Place.BUILD,
    )  # fmt: skip
    registry.register(definition)
    return definition


def shown_columns(relation: str, types: dict[str, str] | None = None) -> dg.TableSchema:
    """The columns of an extraction relation for the UI, with the types of the built relation or those of its definition."""
    return column_schema(extraction_columns(relation), types or extraction_types(relation))


def _extract(
    this: AssetRun, extraction: Extraction, key: dg.AssetKey, wanted: set[str], builds: bool
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    kept = reuse.kept(this, key, wanted) if builds else None
    if kept is not None:
        yield from kept
        return
    data_version = ""
    results: list[dg.AssetCheckResult] = []
    failed: list[Finding] = []
    metadata: dict[str, Any] = {}
    with this.building() as conn:
        snapshot = current_snapshot(conn, this.asset)
        if builds:
            require_inputs(conn, extraction.inputs, this.asset)
            with this.spending("build"):
                data_version = _build(conn, this, extraction)
            with this.spending("audit"):
                metadata = _record(conn, this, extraction, snapshot.snapshot_id)
        for check in extraction.checks:
            with this.spending("audit"):
                finding = failing_rows(conn, check.name, sql.SQL(read(check_path(check))), {"relation": extraction.name})
            severity = dg.AssetCheckSeverity.WARN if check.is_warning else dg.AssetCheckSeverity.ERROR
            results.append(check_result(key, finding, severity))
            if not finding.passed and not check.is_warning:
                failed.append(finding)
        if builds and failed:
            state.forget(conn, [this.asset])
        elif builds:
            metadata["seconds"] = this.seconds
            this.finish(conn, rows=metadata["dagster/row_count"], data_version=data_version, results=results, metadata=metadata)
    yield from (r for r in results if r.check_name in wanted)
    if failed:
        raise dg.Failure(ways_out.next_step(in_short(failed), failed), allow_retries=False)
    if builds:
        yield dg.MaterializeResult(
            asset_key=key,
            metadata=metadata,
            data_version=dg.DataVersion(data_version),
        )


def _build(conn: Connection, this: AssetRun, extraction: Extraction) -> str:
    """Rebuild a relation and return its data version: a digest of what it is built from, or the earlier one if its content is equal."""
    name = extraction.name
    definition, known = registry.definition(this.asset), state.states(conn)
    inputs, configuration = state.input_versions(known, definition), definition.configuration(this.settings)
    before = known.get(this.asset)
    is_same = before is not None and (before.code_version, before.configuration, before.inputs) == (
        definition.code_version, configuration, inputs
    )  # fmt: skip
    old = content_hash(conn, conn.workspace.build, name) if before and not is_same and is_there(conn, conn.workspace.build, name) else None
    run_or_explain(conn, this.asset, extraction.inputs, lambda: build(conn, name))
    if before and (is_same or old == content_hash(conn, conn.workspace.build, name)):
        return before.data_version
    return definition.token(configuration, inputs)


def _record(conn: Connection, this: AssetRun, extraction: Extraction, snapshot_id: str) -> dict[str, Any]:
    """Record quarantine and repairs, and return the metadata for Dagster."""
    rows = count(conn, extraction.name)
    accounts.clear_records(conn, this.migration_id, this.asset)
    if extraction.records == "facts":
        conn.execute(sql.SQL("create temporary view facts as select * from {}").format(sql.Identifier(extraction.name)))
        run(conn, EXTRACTION / "records" / "facts.sql")
        conn.execute("drop view pg_temp.facts")
    elif extraction.records:
        run(conn, EXTRACTION / "records" / f"{extraction.records}.sql")
    marks.forget_doubles(conn, this.migration_id, this.asset)
    reasons = accounts.sum_reasons(conn, this.migration_id, this.asset)
    note_extracted(conn, extraction.name, asset=this.asset, snapshot_id=snapshot_id, migration_id=this.migration_id, rows=rows)
    types = tables.types_of(conn, extraction.name)
    metadata: dict[str, Any] = {
        "dagster/row_count": rows, "dagster/column_schema": shown_columns(extraction.name, types),
        "dagster/table_name": f"{conn.workspace.build}.{extraction.name}", "migration": this.migration_id,
    }  # fmt: skip
    if extraction.records:
        metadata["reasons"] = reasons_table(reasons)
    if extraction.name == "remaining_facts":
        account = account_of_remaining(conn)
        accounts.write_account(conn, this.migration_id, this.asset, account)
        metadata["account"] = account_table(account)
    return metadata
