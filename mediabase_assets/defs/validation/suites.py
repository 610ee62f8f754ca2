"""The suites before the release as an asset: what is to be released against stated thresholds and against the release before.

Contains declarations only; what is measured and judged is in `validation.suites`, the thresholds are in `model.release_checks`.
"""

import json
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import dagster as dg

from mediabase_assets.model.release_checks import BEFORE
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.planning import registry
from mediabase_assets.planning import state as asset_state
from mediabase_assets.postgres.session import build_session, live_session
from mediabase_assets.postgres.sql_files import Connection, code_version
from mediabase_assets.runs import parallel, reuse, suite_results
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import rows_table
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.validation.suites import before, counts, floors, records
from mediabase_assets.validation.suites.before import Judged

KEY = dg.AssetKey(registry.RELEASE_CHECKS.split("/"))
DEPS = [
    *(dg.AssetKey(["normalized", t.name]) for t in TABLES),
    *(dg.AssetKey(["views", v.name]) for v in VIEWS),
    *(dg.AssetKey(["extraction", name]) for name in ("legacy_rows", "row_states", "gene_candidates", "drug_facts")),
    *(dg.AssetKey(key.split("/")) for key in (registry.COLUMN_ACCOUNT, registry.ROUND_TRIP, registry.CENSUS)),
]
#: Changes when something is measured or judged otherwise that the SQL does not show.
_CODE = "1"
_VERSION = code_version(*before.FILES, values=(_CODE, *BEFORE))
registry.register(
    registry.Definition(
        KEY.to_user_string(), Stage.VALIDATION, tuple(k.to_user_string() for k in DEPS), _VERSION,
        (*registry.settings_in(before.FILES), "enable_strict_validation", *registry.THRESHOLDS),
    )
)  # fmt: skip


@dg.multi_asset(
    name="validation__release_checks",
    op_tags=in_order("validation"),
    specs=[
        asset_spec(
            KEY,
            Stage.VALIDATION,
            deps=DEPS,
            description="One row per check of the suites: schema, keys, references, duplicates, formats, completeness, accuracy, "
            "consistency, coverage, well-known genes, and the floors: rows by table, biotype and source against the release before. The "
            "release waits for those that stop it.",
            code_version=_VERSION,
            sources=[*before.FILES],
        )
    ],
    check_specs=suite_results.check_specs(KEY, BEFORE),
    can_subset=True,
)
def release_checks(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Judge what is to be released."""
    settings = mediabase.settings()
    wanted = {k.name for k in context.selected_asset_check_keys}
    if not context.selected_asset_keys:
        with live_session(settings, asset=KEY.to_user_string()) as conn:
            conn.execute("set default_transaction_read_only = off")  # the versioned schema is deployed as temporary tables
            with conn.transaction(force_rollback=True):
                results = before.judge_live(conn, settings)
        yield from (r for r in suite_results.check_results(KEY, results, settings) if r.check_name in wanted)
        return
    with step(context, settings, KEY.to_user_string(), Stage.VALIDATION) as this:
        yield from parallel.events_of(context, this, _judge)


def _judge(this: AssetRun) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Judge, record the results and the counts, and fail if a check stops the release."""
    kept = reuse.kept(this, KEY, BEFORE)
    if kept is not None:
        yield from kept
        return
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        with this.spending("audit"):
            judged = before.judge_candidates(conn, this.settings, this.migration_id, _findings(conn))
        counts.record(conn, this.migration_id, judged.counts)
        records.write(conn, this.migration_id, judged.results, BEFORE)
        if not judged.before:
            records.take_over_floors(conn, this.migration_id)
        stopping = judged.stopping if this.settings.validation.enable_strict_validation else []
        checks = suite_results.check_results(KEY, judged.results, this.settings)
        data_version, metadata = _data_version(judged), _shown(this, judged)
        rows = len(judged.results)
        if stopping:
            this.record_stage(conn, rows=rows, failed=True)
        else:
            this.finish(conn, rows=rows, data_version=data_version, results=checks, metadata=metadata)
    yield from checks
    if stopping:
        raise dg.Failure(description=_failure(judged), allow_retries=False)
    yield dg.MaterializeResult(asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(data_version))


parallel.register(KEY.to_user_string(), _judge, cost=1, by_its_step=True)  # it reads the account of columns, whose step builds that


def _findings(conn: Connection) -> dict[str, Any]:
    """What the checks of all assets found that stand."""
    return {key: state.findings for key, state in asset_state.states(conn).items()}


def _data_version(judged: Judged) -> str:
    """Names what was measured of the content; not what it was compared with, so that a new comparison releases nothing anew."""
    compared = (floors.STOPS, floors.WARNS)
    measured = [(r.check.name, r.measured) for r in judged.results if r.check.name not in compared]
    return md5(json.dumps([measured, sorted(judged.counts.items())]).encode(), usedforsecurity=False).hexdigest()


def _shown(this: AssetRun, judged: Judged) -> dict[str, Any]:
    """What Dagster shows."""
    lost = [loss.as_row() for loss in judged.losses]
    return {
        "summary": dg.MetadataValue.md(suite_results.summary(judged.results)),
        "checks": suite_results.table(judged.results),
        **suite_results.numbers(judged.results),
        **({"rows lost": rows_table(lost)} if lost else {}),
        "compared with release": judged.before or "none",
        "rows by group": rows_table([{"group": name, "rows": rows} for name, rows in sorted(judged.counts.items())]),
        "dagster/row_count": len(judged.results),
        "seconds": this.seconds,
    }


def _failure(judged: Judged) -> str:
    """The message of a stopped release: each check with its numbers, and what to do."""
    lines = ["The validation stopped the release; nothing was released, what is live is unchanged."]
    steps = []
    for result in judged.stopping:
        lines.append(f"  {result.check.name}: {result.explanation}")
        steps.append(result.check.next_step)
    lines.append(f"  next:  {' '.join(dict.fromkeys(steps))}")
    if any(r.check.name == floors.STOPS for r in judged.stopping):
        lines += [f"    {line}" for line in floors.how_to_accept(judged.losses, judged.before).splitlines()]
    return "\n".join(lines)
