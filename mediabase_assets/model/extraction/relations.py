"""The relations of the extraction as values, each after those that it reads; those of the snapshot come before all of them.

Contains declarations only; how a relation is built is in its SQL.
"""

from collections.abc import Iterable
from itertools import chain

from mediabase_assets.model.extraction.base import Extraction, ExtractionCheck
from mediabase_assets.model.stages import Stage


def _check(name: str, description: str, *, is_warning: bool = False) -> ExtractionCheck:
    return ExtractionCheck(name, description, is_warning)


EXTRACTIONS: tuple[Extraction, ...] = (
    Extraction(
        "gene_identities", Stage.GENE_EXTRACTION,
        "One row per way in which legacy rows name a gene, with the gene id that it resolves to. Ids are never invented.",
        ("legacy_rows",),
    ),
    Extraction(
        "transcript_candidates", Stage.GENE_EXTRACTION,
        "One row per legacy row, its transcript-grain values read and typed.",
        ("legacy_rows", "gene_identities"),
    ),
    Extraction(
        "gene_candidates", Stage.GENE_EXTRACTION,
        "One row per gene that the legacy table names, with its quality score, rank among genes of its symbol, and whether it is kept.",
        ("legacy_payloads", "gene_identities", "transcript_candidates"), "gene_candidates",
        (_check("every_symbol_names_one_gene", "Among the genes that are kept, no symbol occurs twice."),),
    ),
    Extraction(
        "gene_payloads", Stage.GENE_EXTRACTION, "One row per value of legacy_payloads, with the gene that it describes.",
        ("legacy_payloads", "gene_identities", "gene_candidates"),
        cost=0.01, kind="view",
    ),
    Extraction(
        "row_states", Stage.GENE_EXTRACTION,
        "One row per legacy row: kept, merged, repaired or quarantined as a whole, and why.",
        ("legacy_rows", "legacy_payloads", "gene_payloads", "transcript_candidates", "gene_candidates"), "row_states",
        (_check("every_legacy_row_has_one_outcome", "Every legacy row has exactly one outcome: kept, repaired, merged or quarantined."),),
        cost=2.5,
    ),
    Extraction(
        "symbol_conflicts", Stage.CROSS_VALIDATION,
        "One row per gene that shares its symbol with another, with everything that decides which one keeps it.",
        ("gene_candidates",), None,
        (_check("no_symbols_differ_in_case_only", "No two genes have symbols that differ only in case.", is_warning=True),),
    ),
    Extraction(
        "fact_counts", Stage.CROSS_VALIDATION,
        "One row per legacy column and kind of fact: how many facts the legacy table holds, the left side of the accounts.",
        ("gene_payloads", "legacy_payloads"), None,
        (
            _check("kinds_of_facts_add_up", "The facts counted by kind add up to the facts counted by column."),
            _check(
                "no_annotation_is_shared_by_different_symbols",
                "No two genes of different symbols carry the same rich annotation, a sign of annotation on a wrong gene.",
                is_warning=True,
            ),
        ),
        cost=3.3,
    ),
    Extraction(
        "drug_facts", Stage.DRUG_EXTRACTION,
        "One row per drug entry: DrugCentral, ChEMBL, Repurposing Hub. PharmGKB records are not drugs.", ("gene_payloads",), "facts",
    ),
    Extraction(
        "pharmgkb_annotation_facts", Stage.DRUG_EXTRACTION,
        "One row per PharmGKB annotation (clinical or of a variant) and drug that it names.", ("gene_payloads",), "facts",
    ),
    Extraction(
        "pharmgkb_pathway_facts", Stage.DRUG_EXTRACTION, "One row per PharmGKB pathway that a gene holds.", ("gene_payloads",), "facts",
    ),
    Extraction(
        "pharmgkb_reactions", Stage.DRUG_EXTRACTION, "One row per distinct reaction of a PharmGKB pathway.",
        ("gene_payloads", "pharmgkb_pathway_facts"),
    ),
    Extraction(
        "go_facts", Stage.PATHWAY_GO_EXTRACTION, "One row per GO term that a distinct value of a gene names.", ("gene_payloads",), "facts",
        cost=3,
    ),
    Extraction(
        "go_payload_sets", Stage.PATHWAY_GO_EXTRACTION, "One row per distinct GO value, with the set of annotations that it says.",
        ("go_facts",),
    ),
    Extraction(
        "pathway_facts", Stage.PATHWAY_GO_EXTRACTION, "One row per Reactome pathway that a gene is said to be in.",
        ("gene_payloads",), "facts",
        cost=2,
    ),
    Extraction(
        "annotation_facts", Stage.PATHWAY_GO_EXTRACTION, "One row per product type, molecular function and cellular location of a gene.",
        ("gene_payloads",), "facts",
    ),
    Extraction(
        "cross_reference_facts", Stage.PATHWAY_GO_EXTRACTION, "One row per identifier of a gene at another authority.",
        ("gene_payloads", "transcript_candidates", "gene_candidates"), "facts",
        cost=2.5,
    ),
    Extraction(
        "reference_facts", Stage.PATHWAY_GO_EXTRACTION,
        "One row per publication that a gene's annotation cites.", ("gene_payloads",), "facts",
        cost=3.5,
    ),
    Extraction(
        "remaining_facts", Stage.CROSS_VALIDATION,
        "One row per JSON key without a target: archived where it is known, quarantined where it is not.",
        ("gene_payloads", "fact_counts"), "facts",
    ),
)  # fmt: skip

#: The views by name: none is an asset of its own, each is created with the last relation that it shows.
EXTRACTION_VIEWS: dict[str, Extraction] = {e.name: e for e in EXTRACTIONS if e.kind == "view"}


def tables_of(names: Iterable[str]) -> tuple[str, ...]:
    """The tables that are read where these relations are: a view reads those that it shows.

    >>> tables_of(["gene_payloads", "fact_counts", "gene_candidates"])
    ('legacy_payloads', 'gene_identities', 'gene_candidates', 'fact_counts')
    """
    shown = (tables_of(EXTRACTION_VIEWS[name].inputs) if name in EXTRACTION_VIEWS else (name,) for name in names)
    return tuple(dict.fromkeys(chain.from_iterable(shown)))


def made_with(name: str) -> str:
    """The table whose build creates a relation: the table itself, of a view the last that it shows.

    >>> made_with("gene_payloads"), made_with("fact_counts")
    ('gene_candidates', 'fact_counts')
    """
    return tables_of([name])[-1]
