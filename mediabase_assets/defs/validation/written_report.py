"""The report of a migration: last of all, one page that is read without Dagster. It never fails a migration."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg
from jinja2 import TemplateError

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.workspace import MIGRATIONS
from mediabase_assets.planning import registry
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import code_version
from mediabase_assets.records.lock import Purpose
from mediabase_assets.records.tables import prepare_schemas
from mediabase_assets.report.page.document import FORMAT_VERSION, read_document
from mediabase_assets.report.page.files import Written, write
from mediabase_assets.report.page.reader import Row
from mediabase_assets.report.page.render import SOURCES, render
from mediabase_assets.runs import reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.measuring import with_measures
from mediabase_assets.runs.report_page import outside
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import PROBLEM, check_result, rows_table, sized, will_release
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.validation.benchmark.records import newest_release

KEY = dg.AssetKey(registry.REPORT.split("/"))
CHECK = "the_report_was_written"
_VERSION = code_version(*SOURCES, values=(str(FORMAT_VERSION),))
#: What may go wrong while a page is made, whatever the records hold; programming errors of the page among them.
_ANYTHING = (MediabaseError, psycopg.Error, OSError, TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
registry.register(registry.Definition(registry.REPORT, Stage.PERFORMANCE, (registry.BENCHMARK, registry.VERDICT), _VERSION))


@dg.multi_asset(
    name="validation__migration_report",
    op_tags=in_order("measurement"),
    specs=[
        asset_spec(
            KEY,
            Stage.PERFORMANCE,
            deps=[dg.AssetKey(key.split("/")) for key in (registry.BENCHMARK, registry.VERDICT)],
            description="One page about the migration that is released, for people who do not know Dagster: what came in, what came "
            "out, where every fact went, quarantine, checks, time, speed, how to go back. `mediabase report --open` shows it; its numbers "
            "are beside it as JSON, and for MultiQC.",
            code_version=_VERSION,
            sources=[*SOURCES], kinds=("html",), group="measurement",
        ).replace_attributes(skippable=True)
    ],
    check_specs=[
        dg.AssetCheckSpec(CHECK, asset=KEY, description="The page and its numbers were written. If not, only the report is missing."),
    ],
    can_subset=True,
)  # fmt: skip
def migration_report(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Write the report."""
    settings = mediabase.settings()
    with step(context, settings, registry.REPORT, Stage.PERFORMANCE, locks=False, purpose=Purpose.MEASUREMENT) as this:
        if not settings.testing.generate_report:
            context.log.info("No report: the setting testing.generate_report is false. `mediabase report` writes one at any time.")
            return
        # a person who selects the report alone wants a new one
        kept = reuse.kept(this, KEY, {k.name for k in context.selected_asset_check_keys}) if will_release(context) else None
        if kept is not None:
            yield from kept
            return
        events: list[dg.MaterializeResult[Any] | dg.AssetCheckResult]
        try:
            events = _made(this, context.instance)
        except _ANYTHING as error:
            context.log.warning(f"The report was not written: {error}")
            problem = f"The report was not written: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
            finding = Finding(CHECK, False, {PROBLEM: problem, "next step": "mediabase report"}, 1)
            events = [check_result(KEY, finding, dg.AssetCheckSeverity.WARN)]
        checks = {k.name for k in context.selected_asset_check_keys}
        for event in events:
            if event.check_name in checks if isinstance(event, dg.AssetCheckResult) else context.selected_asset_keys:
                yield with_measures(event, this.measure) if isinstance(event, dg.MaterializeResult) else event


def _made(this: AssetRun, instance: dg.DagsterInstance) -> list[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Read, write and record the report of what is live."""
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        this.migration_id = newest_release(conn, this.asset)
    document = read_document(this.settings, this.migration_id, outside(instance))
    if this.settings.workspace != MIGRATIONS:  # a self-test leaves nothing behind
        page = render(document)
        return [check_result(KEY, Finding(CHECK, True, {"bytes": len(page)}), dg.AssetCheckSeverity.WARN),
                dg.MaterializeResult(asset_key=KEY, metadata={"headline": document["headline"]["sentence"]})]  # fmt: skip
    written = write(this.settings, document)
    same = check_result(KEY, Finding(CHECK, True, {"bytes": written.size_bytes}), dg.AssetCheckSeverity.WARN)
    metadata = _shown(this, document, written)
    with build_session(this.settings, migration_id=this.migration_id, asset=this.asset) as conn:
        prepare_schemas(conn, this.settings.database.schema_name)
        this.finish(conn, rows=0, data_version=this.migration_id, results=[same], metadata=metadata)
    return [same, dg.MaterializeResult(asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(this.migration_id))]


def _shown(this: AssetRun, document: Row, written: Written) -> dict[str, Any]:
    """What Dagster shows of the report: the headline, its numbers, and where the page is."""
    headline = document["headline"]
    rows = [
        {"what": name.replace("_", " "), "number": value if isinstance(value, str) else number(value)}
        for name, value in headline.items()
        if name != "sentence" and value is not None
    ]
    return {
        "headline": dg.MetadataValue.md(f"{headline['sentence']}\n\n`mediabase report --open` shows the page."),
        "page": dg.MetadataValue.path(str(written.page)),
        "link": dg.MetadataValue.url(written.page.as_uri()),
        "numbers": rows_table(rows),
        "numbers as JSON": dg.MetadataValue.path(str(written.twin)),
        "for MultiQC": f"{counted(len(written.others), 'file')} named *_mqc.json in {written.page.parent}",
        "release": this.migration_id,
        **sized(written.size_bytes),
        "seconds": this.seconds,
    }
