"""The verdict on a release as an asset: the suites after the release, and excellent, good, acceptable or needs attention.

Contains declarations only; what is judged is in `validation.suites`, the rule is in `validation.verdict`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from mediabase_assets.model.quantities import BREAK
from mediabase_assets.model.release_checks import AFTER
from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.planning import state as asset_state
from mediabase_assets.postgres.session import build_session, live_session
from mediabase_assets.postgres.sql_files import Connection, code_version
from mediabase_assets.records.lock import Purpose
from mediabase_assets.records.tables import prepare_schemas
from mediabase_assets.runs import reuse, suite_results
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.measuring import with_measures
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import rows_table, will_release
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation import verdict as verdicts
from mediabase_assets.validation.benchmark.records import newest_release
from mediabase_assets.validation.headline import wrapped
from mediabase_assets.validation.suites import after, records
from mediabase_assets.validation.suites.judging import Result
from mediabase_assets.validation.verdict import Decided

KEY = dg.AssetKey(registry.VERDICT.split("/"))
_INPUTS = (registry.RELEASE, registry.RELEASE_CHECKS, registry.BENCHMARK)
_CODE = "1"
_VERSION = code_version(values=(_CODE, *AFTER))
registry.register(
    registry.Definition(
        KEY.to_user_string(), Stage.PERFORMANCE, _INPUTS, _VERSION, ("enable_strict_validation", *registry.THRESHOLDS)
    )
)  # fmt: skip


@dg.multi_asset(
    name="validation__verdict",
    op_tags=in_order("measurement"),
    specs=[
        asset_spec(
            KEY,
            Stage.PERFORMANCE,
            deps=[dg.AssetKey(key.split("/")) for key in _INPUTS],
            description="The verdict on what is live: excellent, good, acceptable or needs attention, computed from the suites before and "
            "after the release, with the checks that cost it something and what to do.",
            code_version=_VERSION,
            sources=[Path(__file__)],
            kinds=(),
            group="measurement",
        )
    ],
    check_specs=suite_results.check_specs(KEY, AFTER),
    can_subset=True,
)
def verdict(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Judge what was released."""
    settings = mediabase.settings()
    wanted = {k.name for k in context.selected_asset_check_keys}
    with step(context, settings, KEY.to_user_string(), Stage.PERFORMANCE, locks=False, purpose=Purpose.MEASUREMENT) as this:
        # a person who selects the verdict alone wants a new one
        kept = reuse.kept(this, KEY, wanted) if will_release(context) else None
        if kept is not None:
            yield from kept
            return
        results = _judged(this, settings)
        checks = suite_results.check_results(KEY, results, settings)
        if context.selected_asset_keys:
            decided, shown = _decide(this, results, checks)
            context.log.info(" ".join(decided.sentences))
            yield with_measures(shown, this.measure)
        yield from (c for c in checks if c.check_name in wanted)


def _judged(this: AssetRun, settings: Settings) -> list[Result]:
    with live_session(settings, asset=this.asset) as conn:
        this.migration_id = newest_release(conn, this.asset)
        conn.execute("set default_transaction_read_only = off")  # the versioned schema is deployed as temporary tables
        with conn.transaction(force_rollback=True):
            return after.judge_release(conn, settings, _measured(conn))


def _measured(conn: Connection) -> str:
    """The migration for which the query benchmark of what is live was measured; empty if it was not."""
    known = asset_state.states(conn)
    benchmark, release = known.get(registry.BENCHMARK), known.get(registry.RELEASE)
    is_of_it = benchmark is not None and release is not None and benchmark.inputs.get(registry.RELEASE) == release.data_version
    return benchmark.migration_id if benchmark is not None and is_of_it else ""


def _decide(this: AssetRun, results: list[Result], checks: list[dg.AssetCheckResult]) -> tuple[Decided, dg.MaterializeResult[Any]]:
    """Decide and record the verdict on a release."""
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        prepare_schemas(conn, this.settings.database.schema_name)
        _bring_up_to_date(conn, this.migration_id)
        records.write(conn, this.migration_id, results, AFTER)
        decided = verdicts.decide(this.migration_id, records.rows(conn, this.migration_id))
        verdicts.record(conn, decided)
        shown = _shown(this, decided, results)
        this.finish(conn, rows=len(results), data_version=this.migration_id, results=checks, metadata=shown.metadata)
    return decided, shown


def _bring_up_to_date(conn: Connection, release: str) -> None:
    """Take the results before the release from where the same content was judged last, by other thresholds perhaps."""
    newest = asset_state.states(conn).get(registry.RELEASE_CHECKS)
    if newest is not None:
        records.take_over(conn, release, newest.migration_id)


def _shown(this: AssetRun, decided: Decided, results: list[Result]) -> dg.MaterializeResult[Any]:
    first, *others = decided.sentences
    text = "\n".join([f"**{first}**".replace(": ", f":**{BREAK}", 1).removesuffix("**"), "", *(f"- {wrapped(s, '  ')}" for s in others)])
    costs = [{**cost, "check": cost["check"].replace("_", " ")} for cost in decided.costs]
    return dg.MaterializeResult(
        asset_key=KEY,
        metadata={
            "verdict": str(decided.verdict),
            "explanation": dg.MetadataValue.md(text),
            **({"what it costs": rows_table(costs)} if costs else {}),
            **{f"checks {outcome}": number for outcome, number in decided.explanation["counts"].items()},
            "checks after the release": suite_results.table(results),
            "release": this.migration_id,
            "seconds": this.seconds,
            "dagster/row_count": len(results),
        },
    )
