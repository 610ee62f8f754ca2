"""A normalized table as an asset: built, audited and reported in one step and one transaction.

1. build the whole table in the build schema; 2. audit it: Pandera model, keys, references, account, and its own checks;
3. if a check fails, roll back and fail: the live content is unchanged; 4. report rows, account, size, seconds and the content
hash. When only checks are selected, the live table is audited and nothing is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from psycopg import sql

from mediabase_assets.audit import accounts
from mediabase_assets.audit.checks import AuditRollback, check_keys, check_model, check_references, failing_rows
from mediabase_assets.curation import ways_out
from mediabase_assets.extraction.culprit import run_or_explain
from mediabase_assets.extraction.rules import RULES
from mediabase_assets.extraction.snapshot import Snapshot, current_snapshot, require_inputs
from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.finding import Finding, failure_text
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import Table
from mediabase_assets.normalized import tables
from mediabase_assets.normalized.accounts import account_paths, take_account
from mediabase_assets.normalized.tables import NORMALIZED
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import live_session
from mediabase_assets.postgres.sql_files import Connection, code_version, looking_in, read
from mediabase_assets.records.built import record_built
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import CANDIDATE, UNCHECKED, account_table, check_result, column_schema, sized
from mediabase_assets.runs.specs import asset_spec, live_name
from mediabase_assets.runs.step import step
from mediabase_assets.schema import tables as ddl

GENERAL_CHECKS = {
    "every_row_fits_its_model": "Every row passes the Pandera model of the table: columns, types, ranges and formats of ids.",
    "every_key_is_unique": "No key occurs twice, and none is NULL.",
    "every_reference_exists": "Every row that another table's row refers to exists.",
    accounts.CHECK_ACCOUNT: "Facts read = kept + merged + repaired + quarantined + archived, and kept + repaired = rows.",
}


@dataclass(frozen=True)
class SetCheck:
    """A check in SQL of one table: a file whose query selects rows that must not exist.

    Attributes:
        name: Its name; the sentences are in `model.check_texts`.
        description: What a curator reads.
        is_warning: Whether a failure only warns.
        needs_extraction: Whether the query reads extraction relations, so that it cannot audit the live table alone.
    """

    name: str
    description: str
    is_warning: bool = False
    needs_extraction: bool = True

    def path(self, table: Table) -> Path:
        """Its file."""
        return NORMALIZED / "checks" / f"{table.name}.{self.name}.sql"


def table_asset(table: Table, *, deps: Sequence[dg.AssetKey], checks: Sequence[SetCheck] = ()) -> dg.AssetsDefinition:
    """The asset of a normalized table.

    Args:
        table: The table.
        deps: Assets that it is built from.
        checks: Its own checks, beside those that every table has.
    """
    key = dg.AssetKey(["normalized", table.name])
    _register(table, key, deps, checks)

    @dg.multi_asset(
        name=f"normalized__{table.name}",
        op_tags=in_order("normalized"),
        specs=[_spec(table, key, deps)],
        check_specs=_check_specs(table, key, checks),
        can_subset=True,
    )
    def _asset(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        settings = mediabase.settings()
        wanted = {k.name for k in context.selected_asset_check_keys}
        if not context.selected_asset_keys:
            yield from _audit_live(table, key, checks, wanted, mediabase)
            return
        with step(context, settings, key.to_user_string(), Stage.POPULATION) as this:
            yield from parallel.events_of(context, this, lambda s: _build_and_audit(s, table, key, checks, wanted))

    all_checks = {spec.name for spec in _check_specs(table, key, checks)}
    parallel.register(
        key.to_user_string(), lambda this: _build_and_audit(this, table, key, checks, all_checks),
        cost=table.cost,
    )  # fmt: skip
    return _asset


def _register(table: Table, key: dg.AssetKey, deps: Sequence[dg.AssetKey], checks: Sequence[SetCheck]) -> None:
    """Register the definition of the asset."""
    paths = [*ddl.definition_paths(table), *RULES, *account_paths(table), *(c.path(table) for c in checks)]
    definition = registry.Definition(
        key.to_user_string(), Stage.POPULATION, tuple(k.to_user_string() for k in deps), code_version(*paths, values=(table.audited,)),
        registry.settings_in(paths), tuple(r.name for r in table.relations), registry.Place.LIVE,
    )  # fmt: skip
    registry.register(definition)


def _spec(table: Table, key: dg.AssetKey, deps: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    return asset_spec(
        key,
        Stage.POPULATION,
        deps=deps,
        description=table.description,
        code_version=registry.definition(key.to_user_string()).code_version,
        sources=ddl.definition_paths(table),
        kinds=("view" if table.is_view else "table", "pandera"),
        relation=live_name(table.name),
        column_schema=_columns(table, {}),
    )


def _check_specs(table: Table, key: dg.AssetKey, checks: Sequence[SetCheck]) -> list[dg.AssetCheckSpec]:
    """The checks that every table has, and those of this one."""
    has_references = any(r.references for r in table.relations)
    general = {n: d for n, d in GENERAL_CHECKS.items() if has_references or n != "every_reference_exists"}
    return [
        *(dg.AssetCheckSpec(name, asset=key, description=text, blocking=True) for name, text in general.items()),
        *(dg.AssetCheckSpec(c.name, asset=key, description=c.description, blocking=not c.is_warning) for c in checks),
    ]


def _columns(table: Table, types: dict[str, str]) -> dg.TableSchema:
    """The columns for the UI; a table that is a view does not have the constraints of its relations."""
    if table.is_view:
        return column_schema(table.columns, types)
    first = table.relations[0]
    return column_schema(table.columns, types, model=first.model, keys=(first.key, *first.unique))


def _build_and_audit(
    this: AssetRun, table: Table, key: dg.AssetKey, checks: Sequence[SetCheck], wanted: set[str]
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Build and audit in one transaction, which a failed check rolls back."""
    kept = reuse.kept(this, key, wanted)
    if kept is not None:
        yield from kept
        return
    results: list[dg.AssetCheckResult] = []
    failed: list[Finding] = []
    metadata: dict[str, Any] = {}
    data_version = ""
    rollback = AuditRollback()
    try:
        with this.building() as conn:
            snapshot = current_snapshot(conn, this.asset)
            require_inputs(conn, table.inputs, this.asset)
            _fill(conn, this, table)
            with this.spending("audit"):
                account = take_account(conn, table)
                for finding, is_warning in _findings(conn, table, checks, account):
                    severity = dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR
                    results.append(check_result(key, finding, severity, note="" if is_warning else CANDIDATE))
                    if not finding.passed and not is_warning:
                        failed.append(finding)
            if failed:
                raise rollback
            data_version = _complete(conn, this, table, account, snapshot)
            metadata = _metadata(conn, this, table, account)
            this.finish(conn, rows=metadata["dagster/row_count"], data_version=data_version, results=results, metadata=metadata)
    except AuditRollback as raised:
        if raised is not rollback:
            raise
    yield from (r for r in results if r.check_name in wanted)
    if failed:
        what = f"{table.name} did not pass its audit; it was dropped, and everything live is as it was."
        next_step = "correct the legacy rows that are shown, or add a rule to the extraction; then run again."
        text = failure_text(what, failed, ways_out.next_step(next_step, failed))
        raise dg.Failure(text, metadata={"failed checks": [f.check for f in failed]}, allow_retries=False)
    yield dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=dg.DataVersion(data_version))


def _fill(conn: Connection, this: AssetRun, table: Table) -> None:
    """Create the table in the build schema and fill it; keys are added after the audit."""
    with this.spending("build"):
        tables.drop_built(conn, table)
        ddl.create(conn, table)
        run_or_explain(conn, this.asset, table.inputs, lambda: tables.fill(conn, table))
        ddl.create_view(conn, table)


def _complete(conn: Connection, this: AssetRun, table: Table, account: list[accounts.Account], snapshot: Snapshot) -> str:
    """Add keys and comments to a table that passed, record its account and its content; returns the hash of the content."""
    with this.spending("build"):
        ddl.add_keys(conn, table)
        ddl.add_comments(conn, table)
    accounts.write_account(conn, this.migration_id, this.asset, account)
    with this.spending("audit"):
        return record_built(
            conn, asset=this.asset, schema=conn.workspace.build, relations=table.relations, snapshot_id=snapshot.snapshot_id,
            migration_id=this.migration_id, code_version=registry.definition(this.asset).code_version,
        )  # fmt: skip


def _findings(
    conn: Connection, table: Table, checks: Sequence[SetCheck], account: list[accounts.Account] | None
) -> Iterator[tuple[Finding, bool]]:
    """All findings about the table that the session sees; without an account, only those that need no extraction."""
    yield check_keys(conn, table), False
    references = check_references(conn, table)
    if references is not None:
        yield references, False
    for check in checks:
        if account is not None or not check.needs_extraction:
            query = sql.SQL(read(check.path(table)))
            yield failing_rows(conn, check.name, query, {"table": table.name}), check.is_warning
    if account is not None:
        yield accounts.check_account(conn, table, account), False
    yield check_model(conn, table), False


def _metadata(conn: Connection, this: AssetRun, table: Table, account: list[accounts.Account]) -> dict[str, Any]:
    """What Dagster shows of a table."""
    return {
        "dagster/row_count": accounts.rows_told(table, account),
        "dagster/table_name": f"{this.settings.database.schema_name}.{table.name}",
        "dagster/column_schema": _columns(table, tables.types_of(conn, table.name)),
        "account": account_table(account),
        **sized(tables.bytes_of(conn, table)),
        "seconds": this.seconds,
        "migration": this.migration_id,
    }


def _audit_live(
    table: Table, key: dg.AssetKey, checks: Sequence[SetCheck], wanted: set[str], mediabase: Mediabase
) -> Iterator[dg.AssetCheckResult]:
    """Audit the live table; the account is the one that its release recorded."""
    warnings = {c.name for c in checks if c.is_warning}
    with live_session(mediabase.settings(), asset=key.to_user_string()) as conn:
        findings = {f.check: f for f, _ in _findings(conn, table, checks, None)}
        findings[accounts.CHECK_ACCOUNT] = _recorded_account(conn, table)
        for check in checks:
            if check.name not in findings:
                findings[check.name], was_checked = _against_extraction(conn, mediabase, table, check)
                warnings |= set() if was_checked else {check.name}
    for name in sorted(wanted & findings.keys()):
        severity = dg.AssetCheckSeverity.WARN if name in warnings else dg.AssetCheckSeverity.ERROR
        yield check_result(key, findings[name], severity)


def _against_extraction(conn: Connection, mediabase: Mediabase, table: Table, check: SetCheck) -> tuple[Finding, bool]:
    """A check of the live table against the extraction relations in the build schema; and whether it could be made.

    A check that could not be made is reported as a warning, never as passed.
    """
    settings = mediabase.settings()
    with conn.transaction(), looking_in(conn, conn.workspace.operations, settings.database.schema_name, conn.workspace.build):
        try:
            current_snapshot(conn, f"normalized/{table.name}")
            require_inputs(conn, table.inputs, f"normalized/{table.name}")
        except BuildError as error:
            return Finding(check.name, False, {UNCHECKED: str(error)}), False
        return failing_rows(conn, check.name, sql.SQL(read(check.path(table))), {"table": table.name}), True


def _recorded_account(conn: Connection, table: Table) -> Finding:
    """The account that was recorded when the live content was built, against the rows that are live now."""
    recorded = conn.rows(
        accounts.Account,
        """select a.legacy_column, a.fact_kind, a.is_primary, a.facts_read, a.kept, a.merged, a.repaired, a.quarantined, a.archived
           from row_account as a join built_relations as b on b.migration_id = a.migration_id and b.asset = a.asset
           where b.relation = %s""",
        table.relations[0].name,
    )
    return accounts.check_account(conn, table, recorded)
