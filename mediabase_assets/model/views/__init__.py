"""The views as values: eight of the owner's design, three of schema v0.3.0, and the plain ones; and the functions.

Every materialized view is made from tables alone, never from another view, so that they can be refreshed in any order.
"""

from mediabase_assets.model.views.annotations import (
    CROSS_REFERENCE_LOOKUP_VIEW,
    DRUG_INTERACTION_SUMMARY_VIEW,
    GO_TERM_HIERARCHY_VIEW,
    PATHWAY_COVERAGE_VIEW,
    PUBLICATION_SUMMARY_VIEW,
)
from mediabase_assets.model.views.base import Index, View
from mediabase_assets.model.views.compat import CANCER_TRANSCRIPT_BASE_COMPAT
from mediabase_assets.model.views.genes import GENE_SUMMARY_VIEW, PATIENT_QUERY_OPTIMIZED_VIEW, TRANSCRIPT_ENRICHMENT_VIEW
from mediabase_assets.model.views.pathways_and_drugs import (
    DRUG_GENE_SUMMARY,
    DRUG_INTERACTION_COVERAGE,
    PATHWAY_ANNOTATION_COVERAGE,
    PATHWAY_DRUGGABILITY,
    PATHWAY_GENE_COUNTS,
)

VIEWS: tuple[View, ...] = (
    GENE_SUMMARY_VIEW,
    TRANSCRIPT_ENRICHMENT_VIEW,
    DRUG_INTERACTION_SUMMARY_VIEW,
    PATHWAY_COVERAGE_VIEW,
    PUBLICATION_SUMMARY_VIEW,
    PATIENT_QUERY_OPTIMIZED_VIEW,
    GO_TERM_HIERARCHY_VIEW,
    CROSS_REFERENCE_LOOKUP_VIEW,
    PATHWAY_GENE_COUNTS,
    PATHWAY_DRUGGABILITY,
    DRUG_GENE_SUMMARY,
    PATHWAY_ANNOTATION_COVERAGE,
    DRUG_INTERACTION_COVERAGE,
    CANCER_TRANSCRIPT_BASE_COMPAT,
)
#: Those whose rows are stored.
MATERIALIZED: tuple[View, ...] = tuple(v for v in VIEWS if v.is_materialized)
#: The functions of schema v0.3.0 with what they do; each is a file of the views layer.
FUNCTIONS: dict[str, str] = {
    "refresh_pathway_drug_views": "Refreshes pathway_gene_counts, pathway_druggability and drug_gene_summary; readers do not wait.",
    "get_pathway_druggability": "Pathways whose name contains a text, the most druggable first.",
    "get_clinically_relevant_drugs": "Drugs of a gene (exact symbol) of evidence strength 2 and more, the most advanced first.",
}

__all__ = ["FUNCTIONS", "MATERIALIZED", "VIEWS", "Index", "View"]
