"""The assets of patients: the rows of each patient's file, in two grains, and the pathways and drugs that follow from them.

Partitions are patients. Contains declarations and the order of steps; reading, storing and counting are in `patients`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from mediabase_assets.model.errors import AuditError, MediabaseError
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.patients import ImportReport, MatchRateError
from mediabase_assets.patients.loading import SHOWN, import_order, plots_of
from mediabase_assets.patients.questions.enrich import enrich
from mediabase_assets.patients.questions.facts import facts_of
from mediabase_assets.planning import registry
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.patients.config import PatientFile, order_of
from mediabase_assets.runs.patients.partitions import ENRICHED, EXPRESSION, GENE_EXPRESSION, PATIENTS
from mediabase_assets.runs.patients.shown import enrichment_metadata, import_metadata
from mediabase_assets.runs.patients.step import patient_step
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import PROBLEM, check_result
from mediabase_assets.runs.specs import asset_spec

RELEASE = dg.AssetKey(registry.RELEASE.split("/"))
_VERSION = "1"
_FITS, _KNOWN = "every_row_fits_its_model", "enough_ids_are_known"
_ONE_BY_ONE = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


def _spec(key: dg.AssetKey, deps: list[dg.AssetKey], description: str) -> dg.AssetSpec:
    return asset_spec(
        key, None, deps=deps, description=description, code_version=_VERSION, sources=[Path(__file__)], partitions_def=PATIENTS,
    )  # fmt: skip


@dg.multi_asset(
    name="patients__expression",
    op_tags=in_order("patients"),
    specs=[
        _spec(
            EXPRESSION,
            [RELEASE],
            "One row per patient and transcript, of files of transcripts: linear and log2 fold change, p values, the id as the file has "
            "it and how it was matched. In the view patient_transcript_expression, which shows the transcripts of files of genes, too.",
        ),
        _spec(
            GENE_EXPRESSION,
            [RELEASE],
            "One row per patient and gene, of files of genes; the same columns, in the view patient_gene_expression.",
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(_FITS, asset=EXPRESSION, blocking=True, description="Every row of the file fits the Pandera model of such rows."),
        dg.AssetCheckSpec(
            _KNOWN, asset=EXPRESSION, blocking=True,
            description="The share of the file's ids that the database knows is at least patients.minimum_match_rate.",
        ),
    ],
    backfill_policy=_ONE_BY_ONE,
)  # fmt: skip
def expression(
    context: dg.AssetExecutionContext, config: PatientFile, mediabase: Mediabase
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Import a patient's file."""
    settings = mediabase.settings()
    with patient_step(context, settings) as conn:
        order = order_of(conn, settings, context.partition_key, config)
        try:
            report = import_order(conn, settings, order)
        except (AuditError, MatchRateError) as error:
            yield _failed(error)
            raise
        yield from _passed(report)
        plots = plots_of(conn, settings, report.patient_id)
    for key in (EXPRESSION, GENE_EXPRESSION):
        yield dg.MaterializeResult(asset_key=key, metadata=import_metadata(key, report, plots))


@dg.multi_asset(
    name="patients__enriched",
    op_tags=in_order("patients"),
    specs=[
        _spec(
            ENRICHED,
            [EXPRESSION, GENE_EXPRESSION],
            "One row per patient and pathway: whether genes that are up or down are over-represented in it, and whether its genes rank "
            "higher or lower than others. In the view patient_pathway_enrichment; patient_drug_candidates has drugs for what is up.",
        )
    ],
    backfill_policy=_ONE_BY_ONE,
)
def enriched(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any]]:
    """Count the pathways of a patient."""
    settings = mediabase.settings()
    with patient_step(context, settings) as conn:
        counted = enrich(conn, settings, context.partition_key)
        metadata = enrichment_metadata(counted, facts_of(conn, settings, context.partition_key, limit=SHOWN))
    yield dg.MaterializeResult(asset_key=ENRICHED, metadata=metadata)


def _passed(report: ImportReport) -> Iterator[dg.AssetCheckResult]:
    examined = {"rows": report.rows_read}
    yield check_result(EXPRESSION, Finding(_FITS, True, examined))
    yield check_result(EXPRESSION, Finding(_KNOWN, True, {**examined, "match rate": round(report.match_rate, 4)}))


def _failed(error: MediabaseError) -> dg.AssetCheckResult:
    """The check that the file did not pass."""
    check = _KNOWN if isinstance(error, MatchRateError) else _FITS
    return check_result(EXPRESSION, Finding(check, False, {PROBLEM: error.what}, 1), note="Nothing was stored.")
