"""The patients as partitions: one for each, whose key is the patient's id; and the assets that have them.

Contains names only. A partition key is seen by everybody with the UI.
"""

import dagster as dg

GROUP = "patients"
#: Name of the set of partitions.
NAME = "patient"
PATIENTS = dg.DynamicPartitionsDefinition(name=NAME)
EXPRESSION, GENE_EXPRESSION, ENRICHED = (dg.AssetKey([GROUP, name]) for name in ("expression", "gene_expression", "enriched"))
KEYS = (EXPRESSION, GENE_EXPRESSION, ENRICHED)
#: Tag of a run that names its partition.
PARTITION_TAG = "dagster/partition"
#: Tags by which Dagster names the partition of a run: of one that a person or the sensor started, and of one of a backfill.
TAGS = (PARTITION_TAG, "dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def add(instance: dg.DagsterInstance, *patient_ids: str) -> None:
    """Add partitions; those that exist stay."""
    instance.add_dynamic_partitions(NAME, list(patient_ids))
