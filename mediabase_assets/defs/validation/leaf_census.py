"""The census of leaves as an asset: every scalar of the legacy table has one account, which the release waits for.

Contains declarations only; the walk, the look-ups and the checks are in `validation/census`, the grammar is `model/grammar`.
"""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import md5
from typing import Any

import dagster as dg

from mediabase_assets.audit import accounts
from mediabase_assets.curation import ways_out
from mediabase_assets.curation.file import rules_of
from mediabase_assets.curation.records import EVERY_RULE_MATCHES
from mediabase_assets.extraction.rules import EXTRACTION, RULES
from mediabase_assets.extraction.snapshot import current_snapshot, require_inputs
from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.finding import Finding, failure_text
from mediabase_assets.model.grammar import described
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import TABLES
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import refresh_session
from mediabase_assets.postgres.sql_files import Connection, code_version, looking_in
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import UNCHECKED, check_result, reasons_table, rows_table
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation import census as leaf_census
from mediabase_assets.validation.census import Census

KEY = dg.AssetKey(registry.CENSUS.split("/"))
DEPS = [
    *(dg.AssetKey(["normalized", t.name]) for t in TABLES),
    *(dg.AssetKey(key.split("/")) for key in (*registry.RECORDED, "extraction/legacy_payloads", "extraction/gene_identities")),
]
#: Extraction relations that it reads.
INPUTS = ("legacy_rows", "legacy_payloads", "gene_payloads", "row_states", "pharmgkb_pathway_facts")
_FILES = leaf_census.files()
_VERSION = code_version(*_FILES, *RULES, EXTRACTION / "functions.sql", values=(described(),))
#: Seconds on the real table, as measured.
_COST = 6
registry.register(
    registry.Definition(
        KEY.to_user_string(), Stage.VALIDATION, tuple(k.to_user_string() for k in DEPS), _VERSION,
        (*registry.settings_in(_FILES), "enable_strict_validation"),
    )
)  # fmt: skip
CHECKS = {
    leaf_census.ACCOUNTED: "Every scalar of the legacy table (a text, a number, a boolean, a member of a list) is read by the grammar, "
    "archived by it, or in quarantine or repairs with its path and raw value.",
    leaf_census.READ_WHOLE: "The census read every value that the rows hold.",
    leaf_census.FOUND: "A sample of the values of every place that the grammar reads is found in the columns that it names, in quarantine "
    "or in repairs.",
    leaf_census.WITHIN_LIMIT: "For no reason are more values of a column refused than validation.max_validation_errors and "
    "validation.max_validation_error_share allow. If more are, a rule is missing: see the examples, then add a rule, correct the "
    "legacy rows, or raise the limits. With validation.enable_strict_validation off, a failure is only a warning.",
    EVERY_RULE_MATCHES: "Every rule of the curators' file matches a value of this table, and none more values than it accepts. One that "
    "does not is old: it changes nothing, and its values may be others now.",
}


@dg.multi_asset(
    name="validation__leaf_census",
    op_tags=in_order("validation"),
    specs=[
        asset_spec(
            KEY,
            Stage.VALIDATION,
            deps=DEPS,
            description="One row per column of the legacy table, place in its values and account: how many scalars are read, archived, in "
            "quarantine or held by a repair. A walker that does not know the columns counts them; the release waits for it.",
            code_version=_VERSION,
            sources=[*_FILES],
            kinds=("python",),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(name, asset=KEY, blocking=name != EVERY_RULE_MATCHES, description=text) for name, text in CHECKS.items()
    ],
    can_subset=True,
)
def census_of_leaves(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Count every scalar."""
    settings = mediabase.settings()
    wanted = {k.name for k in context.selected_asset_check_keys}
    if not context.selected_asset_keys:
        findings, severity = _check_live(settings)
        for finding in findings:
            if finding.check in wanted:
                yield check_result(KEY, finding, dg.AssetCheckSeverity.WARN if finding.check == EVERY_RULE_MATCHES else severity)
        return
    with step(context, settings, KEY.to_user_string(), Stage.VALIDATION) as this:
        yield from parallel.events_of(context, this, lambda s: _count(s, wanted))


def _count(this: AssetRun, wanted: set[str]) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Count, put unread values into quarantine, and fail if a value is lost."""
    kept = reuse.kept(this, KEY, wanted)
    if kept is not None:
        yield from kept
        return
    with this.building() as conn:
        current_snapshot(conn, this.asset)
        require_inputs(conn, INPUTS, this.asset)
        accounts.clear_records(conn, this.migration_id, this.asset)
        with this.spending("audit"):
            census = leaf_census.take_census(conn, this.migration_id, rules_of(this.settings))
        reasons = accounts.sum_reasons(conn, this.migration_id, this.asset)
        results = [check_result(KEY, f, _severity(this.settings, f)) for f in census.findings]
        failed = [f for f in census.findings if not f.passed and _severity(this.settings, f) is dg.AssetCheckSeverity.ERROR]
        data_version = md5(repr(census.counted).encode(), usedforsecurity=False).hexdigest()
        metadata: dict[str, Any] = {
            "columns": rows_table(census.by_column()),
            "set aside": reasons_table({"quarantined": reasons["quarantined"]}),
            "dagster/row_count": census.leaves,
            "seconds": this.seconds,
        }
        if failed:
            this.record_stage(conn, rows=census.leaves, failed=True)
        else:
            this.finish(conn, rows=census.leaves, data_version=data_version, results=results, metadata=metadata)
    yield from (r for r in results if r.check_name in wanted)
    if failed:
        what = "The census of the legacy table's values failed; nothing was released."
        raise dg.Failure(description=failure_text(what, failed, ways_out.next_step(_next_step(failed), failed)), allow_retries=False)
    yield dg.MaterializeResult(asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(data_version))


parallel.register(KEY.to_user_string(), lambda this: _count(this, set(CHECKS)), cost=_COST)


def _severity(settings: Settings, finding: Finding) -> dg.AssetCheckSeverity:
    only_warns = finding.check == EVERY_RULE_MATCHES or (
        finding.check == leaf_census.WITHIN_LIMIT and not settings.validation.enable_strict_validation
    )
    return dg.AssetCheckSeverity.WARN if only_warns else dg.AssetCheckSeverity.ERROR


def _check_live(settings: Settings) -> tuple[tuple[Finding, ...], dg.AssetCheckSeverity]:
    """The census of the live tables, from the snapshot that they were built from, in a transaction that is rolled back.

    If it cannot be taken because the snapshot is gone, the checks warn and never pass.
    """
    with refresh_session(settings, asset=KEY.to_user_string()) as conn, conn.transaction(force_rollback=True):
        released = conn.value("select migration_id from releases where rolled_back_at is null order by released_at desc limit 1")
        with looking_in(conn, conn.workspace.operations, settings.database.schema_name, conn.workspace.build):
            try:
                current_snapshot(conn, KEY.to_user_string())
                require_inputs(conn, INPUTS, KEY.to_user_string())
            except BuildError as error:
                return tuple(Finding(name, False, {UNCHECKED: str(error)}) for name in CHECKS), dg.AssetCheckSeverity.WARN
            return _census_of(conn, settings, str(released or "")).findings, dg.AssetCheckSeverity.ERROR


def _census_of(conn: Connection, settings: Settings, migration_id: str) -> Census:
    conn.execute("select set_config('mediabase.migration_id', %s, true)", (migration_id,))
    accounts.clear_records(conn, migration_id, KEY.to_user_string())
    census = leaf_census.take_census(conn, migration_id, rules_of(settings))
    return replace(census, findings=tuple(replace(f, examined={**f.examined, "migration": migration_id}) for f in census.findings))


def _next_step(failed: list[Finding]) -> str:
    if any(f.check == leaf_census.WITHIN_LIMIT for f in failed):
        return (
            "check these values. Correct them in the legacy table, or raise validation.max_validation_errors or set "
            "validation.enable_strict_validation: false in the configuration file, then run again."
        )
    return "these values would be lost. Report them with the file of the run; nothing that people read has changed."
