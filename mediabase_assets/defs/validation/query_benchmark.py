"""The query benchmark: the owner's questions to the legacy table and to the views, and storage before and after.

Contains the asset; the questions are in `model/query_pairs.py`, their SQL in `sql/query_benchmark`, the machinery
in `validation/benchmark`.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from psycopg import sql

from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.query_pairs import QUERY_PAIRS
from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import Connection, code_version
from mediabase_assets.records.lock import Purpose
from mediabase_assets.records.tables import prepare_schemas
from mediabase_assets.runs import reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.measuring import count, with_measures
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import check_result, rows_table, will_release
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.validation.benchmark import findings, picture, records, storage
from mediabase_assets.validation.benchmark.measuring import Effort, Result, measure, reading_session
from mediabase_assets.validation.benchmark.questions import PAIRS, SQL

KEY = dg.AssetKey(["validation", "query_benchmark"])
_VERSION = code_version(*PAIRS.glob("*.sql"), *SQL.glob("*.sql"))
registry.register(registry.Definition(KEY.to_user_string(), Stage.PERFORMANCE, (registry.RELEASE,), _VERSION))


class Benchmark(dg.Config):
    """How much effort the benchmark takes."""

    repetitions: int = Effort().repetitions
    seconds: float = Effort().seconds
    longest_statement_seconds: float = Effort().longest


@dg.multi_asset(
    name="validation__query_benchmark",
    op_tags=in_order("measurement"),
    specs=[
        asset_spec(
            KEY,
            Stage.PERFORMANCE,
            deps=[dg.AssetKey(["release", "current_release"])],
            description="One row per question that people asked of the legacy table: how long it and the views take to answer, warm, "
            "medians of several repetitions, and whether they answer the same; with storage before and after.",
            code_version=_VERSION,
            sources=[*sorted(PAIRS.glob("*.sql"))], kinds=("matplotlib",), group="measurement",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            findings.SAME_ANSWER, asset=KEY,
            description="Both sides of every pair give the same answer: as it is, or without the rows that the migration quarantined.",
        ),
    ],
    can_subset=True,
)  # fmt: skip
def query_benchmark(
    context: dg.AssetExecutionContext, config: Benchmark, mediabase: Mediabase
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Measure."""
    settings = mediabase.settings()
    effort = Effort(config.repetitions, seconds=config.seconds, longest=config.longest_statement_seconds)
    with step(context, settings, KEY.to_user_string(), Stage.PERFORMANCE, locks=False, purpose=Purpose.MEASUREMENT) as this:
        # a person who selects the measurement alone wants a new one
        kept = reuse.kept(this, KEY, {k.name for k in context.selected_asset_check_keys}) if will_release(context) else None
        if kept is not None:
            yield from kept
            return
        try:
            results, sizes, rows = _measured(context, this, effort)
        except (BuildError, ArithmeticError) as error:
            if not will_release(context):
                raise
            yield from _not_measured(context, error)
            return
        same = check_result(KEY, findings.same_answer(results))
        count(this, same)
        for row in findings.slow(results, settings.testing.performance_threshold_ms):
            context.log.warning(
                f"{row['query']} takes {row['views ms']} ms from the views; performance_threshold_ms is {row['threshold ms']}."
            )
        if context.selected_asset_keys:
            shown = _materialized(this, results, sizes, rows)
            _record(this, results, sizes, [same], shown.metadata)
            count(this, shown)
            yield with_measures(shown, this.measure)
        if context.selected_asset_check_keys:
            yield same


def _measured(
    context: dg.AssetExecutionContext, this: AssetRun, effort: Effort
) -> tuple[list[Result], list[storage.RelationSize], int]:  # fmt: skip
    with reading_session(this.settings, effort) as conn:
        this.migration_id = records.newest_release(conn, this.asset)
        legacy, rows = _legacy(conn, this)
        context.log.info(f"{counted(len(QUERY_PAIRS), 'question')} about release {this.migration_id}, about {effort.seconds:.0f} s.")
        results = measure(conn, QUERY_PAIRS, legacy, effort, lambda number, result: context.log.info(_progress(number, result)))
        return results, storage.relation_sizes(conn, this.settings), rows


def _not_measured(
    context: dg.AssetExecutionContext, error: BuildError | ArithmeticError
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:  # fmt: skip
    """A measurement never fails a migration that is released: it is a warning, and the next migration measures again."""
    reason = str(error) or type(error).__name__
    context.log.warning(f"The release is live; its speed was not measured: {reason}")
    if context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=KEY, metadata={"not measured": reason})
    if context.selected_asset_check_keys:
        yield dg.AssetCheckResult(
            asset_key=KEY, check_name=findings.SAME_ANSWER, passed=False, severity=dg.AssetCheckSeverity.WARN,
            description=f"Not measured: {reason}", metadata={"examined": 0, "failed": 0},
        )  # fmt: skip


def _legacy(conn: Connection, this: AssetRun) -> tuple[sql.Identifier | None, int]:
    """The legacy table, None where it does not exist or may not be read, and its estimated number of rows."""
    database = this.settings.database
    described = describe_legacy_table(conn, database.source_schema, database.legacy_table)
    usable = described.exists and described.is_readable
    return (sql.Identifier(database.source_schema, database.legacy_table) if usable else None), described.approximate_rows


def _progress(number: int, result: Result) -> str:
    times = records.faster(result)
    legacy, views = (findings.milliseconds(s.seconds) for s in (result.legacy, result.views))
    speed = f"{legacy} ms from the legacy table, {views} ms from the views, {times} times faster" if times else f"{views} ms from the views"
    return f"{number} of {len(QUERY_PAIRS)}, {result.pair.name}: {speed}; {result.compared}."


def _record(
    this: AssetRun, results: list[Result], sizes: list[storage.RelationSize], checks: list[dg.AssetCheckResult], metadata: Any
) -> None:
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        prepare_schemas(conn, this.settings.database.schema_name)
        records.write(conn, this.migration_id, results, sizes)
        this.finish(conn, rows=len(results), data_version=this.migration_id, results=checks, metadata=metadata)


def _materialized(this: AssetRun, results: list[Result], sizes: list[storage.RelationSize], rows: int) -> dg.MaterializeResult[Any]:
    timed = [t for r in results if (t := r.times_faster) is not None]
    views = sum(s.group == "views" for s in sizes)
    parts = (counted(len(timed), "question"), f"about {counted(rows, 'legacy row')}", counted(views, "materialized view"))
    subtitle = f"{', '.join(parts)}, release {this.migration_id}; warm, medians"
    png = picture.draw(results, subtitle)
    shown: Any = "The legacy table does not exist or may not be read: only the views were timed."
    if png is not None:
        shown = dg.MetadataValue.md(picture.as_markdown(png, "How many times faster the views answer"))
    slower = findings.slower(results)
    threshold = this.settings.testing.performance_threshold_ms
    slow = findings.slow(results, threshold)
    return dg.MaterializeResult(
        asset_key=KEY,
        metadata={
            "speed-ups": shown,
            **findings.numbers(results, sizes),
            **({"slower from the views": rows_table(slower)} if slower else {}),
            **({f"longer than {threshold} ms from the views": rows_table(slow)} if slow else {}),
            "queries": rows_table(records.as_rows(results)),
            "storage": rows_table(storage.summary(sizes)),
            "storage by relation": rows_table(storage.by_relation(sizes)),
            "release": this.migration_id,
            "seconds": this.seconds,
            "dagster/row_count": len(results),
        },
    )
