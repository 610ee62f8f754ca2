"""The legacy layer: the legacy table as it is, its fingerprint, and the prerequisites as checks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from mediabase_assets.curation import ways_out
from mediabase_assets.curation.file import rules_of
from mediabase_assets.legacy import prerequisites
from mediabase_assets.legacy.refusal import refuse
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.legacy import LEGACY_COLUMNS, described_columns
from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets.runs import parallel
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import check_result, column_schema, sized
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.settings.load import load_settings

KEY = dg.AssetKey(["legacy", "cancer_transcript_base"])
#: Types of the columns of schema v0.1.9; the actual table may have other columns, which its materialization shows.
_TYPES = {column.name: column.sql_type for column in LEGACY_COLUMNS}


registry.register(registry.Definition(registry.LEGACY, Stage.PREREQUISITES, (), "1"))


@dg.multi_asset(
    name="legacy__cancer_transcript_base",
    op_tags=in_order("legacy"),
    specs=[
        asset_spec(
            KEY,
            Stage.PREREQUISITES,
            description="One row per transcript, with the annotation of its gene copied onto each. The corrupted table that "
            "is migrated: observed, never written. Its fingerprint shows whether it was changed.",
            code_version="1",
            sources=[Path(__file__)],
            relation=f"{load_settings().database.source_schema}.{load_settings().database.legacy_table}",
            column_schema=column_schema(described_columns(_TYPES), _TYPES),
        )
    ],
    check_specs=[dg.AssetCheckSpec(name, asset=KEY, description=text, blocking=True) for name, text in prerequisites.PREREQUISITES.items()],
    can_subset=True,
)
def cancer_transcript_base(
    context: dg.AssetExecutionContext, mediabase: Mediabase
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Check the prerequisites, and take the fingerprint."""
    with step(context, mediabase.settings(), KEY.to_user_string(), Stage.PREREQUISITES, locks=False) as this:
        yield from parallel.selected(context, _check(this), this)


def _check(this: AssetRun) -> Iterator[parallel.Event]:
    """Check the prerequisites, then observe the table; a failed prerequisite raises after its check was reported."""
    settings = this.settings
    with connect(settings, autocommit=True, application_name="mediabase prerequisites") as conn:
        left_out = ways_out.rows_left_out(rules_of(settings))
        legacy, findings = prerequisites.look(conn, settings, run_id=this.run_id, left_out=left_out)
        yield from (check_result(KEY, f) for f in findings)
        refuse(findings, settings, _rules_for(findings))
        fingerprint = physical_fingerprint(conn, settings.database.source_schema, settings.database.legacy_table)
    columns = legacy.columns or {}
    yield dg.MaterializeResult(
        asset_key=KEY,
        metadata={
            "dagster/column_schema": column_schema(described_columns(columns), columns),
            **sized(legacy.size_bytes),
            "estimated rows": legacy.approximate_rows,
            "absent columns count as empty": ", ".join(legacy.missing) or "none",
            "unknown columns are archived": ", ".join(legacy.extra) or "none",
            "seconds": this.seconds,
        },
        data_version=dg.DataVersion(fingerprint),
    )


def _rules_for(findings: list[Finding]) -> str:
    """The rules that leave out the rows without an id of their own, on lines of their own; empty where every row has one."""
    transcripts: list[str | None] = next(
        (f.examined["transcripts"] for f in findings if f.check == "transcript_ids_are_unique" and not f.passed), []
    )
    told = ways_out.rules_for_rows(transcripts)
    return f"\n{told}" if told else ""


parallel.register(registry.LEGACY, _check, cost=0.3, by_its_step=True)
