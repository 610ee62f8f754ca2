"""Imports that Dagster did not run (those of the command line, and rows matched again) as materializations of the patient's partition.

Contains the reporting; what is reported is in `shown`. A run for each patient would take longer than the import.
"""

import dagster as dg

from mediabase_assets.patients.loading import Loaded
from mediabase_assets.runs.patients.partitions import ENRICHED, EXPRESSION, GENE_EXPRESSION, NAME, add
from mediabase_assets.runs.patients.shown import enrichment_metadata, import_metadata


def record(instance: dg.DagsterInstance, patient: Loaded) -> None:
    """Add the partition of a patient, and report what was imported; nothing where that is what was there.

    Args:
        instance: Where Dagster keeps its events.
        patient: What is shown.
    """
    report = patient.report
    if report.is_unchanged and instance.has_dynamic_partition(NAME, report.patient_id):
        return
    add(instance, report.patient_id)
    shown = {key: import_metadata(key, report, patient.plots) for key in (EXPRESSION, GENE_EXPRESSION)}
    shown[ENRICHED] = enrichment_metadata(patient.enrichment, patient.facts)
    for key, metadata in shown.items():
        instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=report.patient_id, metadata=metadata))
