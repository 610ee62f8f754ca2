"""The round-trip check: the legacy table against what the normalized tables say, which the release waits for.

Contains declarations only; the comparison is in the package `validation.round_trip`.
"""

from collections.abc import Iterator
from hashlib import md5
from typing import Any

import dagster as dg

from mediabase_assets.curation import ways_out
from mediabase_assets.extraction.rules import RULES
from mediabase_assets.extraction.snapshot import current_snapshot
from mediabase_assets.model.finding import failure_text
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import TABLES
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import build_session, live_session, working_sessions
from mediabase_assets.postgres.sql_files import code_version
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.builders import CORES
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import check_result, rows_table
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.validation.round_trip import compare, parts

KEY = dg.AssetKey(["validation", "round_trip"])
DEPS = [
    *(dg.AssetKey(["normalized", t.name]) for t in TABLES),
    *(dg.AssetKey(key.split("/")) for key in (*registry.RECORDED, "extraction/legacy_payloads")),
]
_FILES = [parts.COMPAT_FILE, *RULES, *sorted(parts.SQL.glob("*.sql"))]
_VERSION = code_version(*_FILES)
registry.register(
    registry.Definition(
        KEY.to_user_string(), Stage.VALIDATION, tuple(k.to_user_string() for k in DEPS), _VERSION, registry.settings_in(_FILES)
    )
)
#: How many sessions share the work: two sessions use two cores better than one whose statements use both.
SESSIONS = 2
CHECKS = {
    compare.EXPLAINED: "The compatibility view shows every fact of the legacy table, or a repair, a merge, an entry in quarantine or "
    "the closed list of what cannot be inverted says why not; and it shows nothing else.",
    compare.DERIVED: "Every cell of the normalized tables is what its rule makes of the legacy facts; what the legacy table never "
    "held is NULL.",
    compare.COMPARED: "Facts of every legacy column that holds values were compared.",
}


@dg.multi_asset(
    name="validation__round_trip",
    op_tags=in_order("validation"),
    specs=[
        asset_spec(
            KEY,
            Stage.VALIDATION,
            deps=DEPS,
            description="One row per column of the legacy table and explanation: facts that the normalized tables give back, and why "
            "the others differ. Read from the legacy table itself; the release waits for it.",
            code_version=_VERSION,
            sources=[*sorted(parts.SQL.glob("*.sql"))],
            kinds=("sql",),
        )
    ],
    check_specs=[dg.AssetCheckSpec(name, asset=KEY, blocking=True, description=text) for name, text in CHECKS.items()],
    can_subset=True,
)
def round_trip_of_legacy(
    context: dg.AssetExecutionContext, mediabase: Mediabase
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Compare fact by fact."""
    settings = mediabase.settings()
    wanted = {k.name for k in context.selected_asset_check_keys}
    if not context.selected_asset_keys:
        with live_session(settings, asset=KEY.to_user_string()) as conn:
            conn.execute("set default_transaction_read_only = off")  # its results are rolled back
            with conn.transaction(force_rollback=True):
                conn.execute("set transaction isolation level repeatable read")
                round_trip = compare.compare(conn, settings, settings.database.schema_name)
        yield from (check_result(KEY, f) for f in round_trip.findings if f.check in wanted)
        return
    with step(context, settings, KEY.to_user_string(), Stage.VALIDATION) as this:
        yield from parallel.events_of(context, this, lambda s: _prove(s, wanted))


def _prove(this: AssetRun, wanted: set[str]) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Compare what was built, record the result, and fail if a difference is not explained."""
    kept = reuse.kept(this, KEY, wanted)
    if kept is not None:
        yield from kept
        return
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        current_snapshot(conn, this.asset)
        number = min(SESSIONS, this.settings.working_sessions)
        with working_sessions(this.settings, number, migration_id=this.migration_id, asset=this.asset, is_alone=number < CORES) as sessions:
            round_trip = compare.compare_shared(sessions, this.settings)
        compare.record(conn, this.migration_id, round_trip)
        failed = [f for f in round_trip.findings if not f.passed]
        rows = sum(e.facts for e in round_trip.explained)
        results = [check_result(KEY, f) for f in round_trip.findings]
        data_version = md5(repr(sorted(map(repr, round_trip.explained))).encode(), usedforsecurity=False).hexdigest()
        metadata: dict[str, Any] = {
            "columns": rows_table(round_trip.by_column()),
            "explanations": rows_table([{**e.__dict__, "what it means": e.sentence} for e in round_trip.explained]),
            "dagster/row_count": rows,
            "legacy rows changed since the snapshot": round_trip.changed_rows,
            "seconds": this.seconds,
        }
        if failed:
            this.record_stage(conn, rows=rows, failed=True)
        else:
            this.finish(conn, rows=rows, data_version=data_version, results=results, metadata=metadata)
    yield from (r for r in results if r.check_name in wanted)
    if failed:
        what = "The normalized tables do not give back what the legacy table holds; nothing was released."
        next_step = "check the table that a row names as the place of the value; fix its rule, then run again."
        raise dg.Failure(description=failure_text(what, failed, ways_out.next_step(next_step, failed)), allow_retries=False)
    yield dg.MaterializeResult(asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(data_version))


# the longest step of a migration, and the only one that uses all cores by itself: on a machine with few cores it comes last
parallel.register(KEY.to_user_string(), lambda this: _prove(this, set(CHECKS)), cost=0)
