"""The normalized layer: one asset per table. Contains declarations only; how an asset runs is in `runs/factories/table.py`."""

import dagster as dg

from mediabase_assets.model.extraction import tables_of
from mediabase_assets.model.tables import TABLES, Table
from mediabase_assets.runs.factories.table import SetCheck, table_asset

#: What is checked beside model, keys, references and account.
CHECKS: dict[str, tuple[SetCheck, ...]] = {
    "genes": (
        SetCheck("every_gene_id_is_kept_or_quarantined", "Every gene id of the legacy table is a gene or in quarantine."),
    ),
    "transcripts": (
        SetCheck(
            "every_transcript_is_kept_merged_or_quarantined",
            "Every legacy row is a transcript, an equal copy of one, or in quarantine.",
        ),
    ),
    "transcript_go_terms": (
        SetCheck(
            "every_set_of_a_transcript_exists", "Every set of GO annotations that a transcript refers to exists.",
            needs_extraction=False,
        ),
        SetCheck("every_set_has_its_members", "Every set of GO annotations has as many members as it records.", needs_extraction=False),
        SetCheck("no_two_sets_share_an_id", "No two different sets of GO annotations have the same id."),
    ),
    "gene_drug_interactions": (
        SetCheck("drug_entries_yield_interactions", "If the legacy table holds drugs, there are interactions."),
        SetCheck(
            "no_drug_of_a_reaction_alone_is_an_interaction",
            "No drug became an interaction only because a PharmGKB reaction names it.",
        ),
    ),
}  # fmt: skip


def _deps(table: Table) -> list[dg.AssetKey]:
    """What a table is built from: extraction relations (with the counts that its account needs) and parent tables."""
    relations = {*tables_of(table.inputs), "fact_counts"}
    return [
        *(dg.AssetKey(["extraction", name]) for name in sorted(relations)),
        *(dg.AssetKey(["normalized", name]) for name in table.parents),
    ]


normalized_assets = [table_asset(t, deps=_deps(t), checks=CHECKS.get(t.name, ())) for t in TABLES]
