"""The compatibility view: the legacy table's columns over the normalized tables, for queries of years past."""

from pandera.typing import Series

from mediabase_assets.model.tables.base import Float, TableModel, column, optional
from mediabase_assets.model.views.base import View
from mediabase_assets.model.vocabulary import ENSEMBL_GENE, ENSEMBL_TRANSCRIPT

_ARCHIVED = "Archived by the migration, in the backup only: NULL"


class CancerTranscriptBaseCompat(TableModel):
    """One row per transcript with the columns of the legacy table, rebuilt: an old query moves here by changing the table's name."""

    transcript_id: Series[str] = column("Ensembl transcript id without version", str_matches=ENSEMBL_TRANSCRIPT)
    gene_symbol: Series[str] = column("Symbol of the gene")
    gene_id: Series[str] = column("Ensembl gene id without version", str_matches=ENSEMBL_GENE)
    gene_type: Series[str] = optional("GENCODE gene biotype")
    chromosome: Series[str] = optional("Chromosome of the transcript")
    coordinates: Series[str] = optional("start, end and strand of the transcript")
    product_type: Series[str] = column("Types of its products")
    go_terms: Series[str] = optional("GO annotations by GO id: {term, aspect, evidence}, denied ones by `NOT GO:…`; NULL for none")
    pathways: Series[str] = column("Reactome pathways of the gene: name [Reactome:id]")
    drugs: Series[str] = column("Drugs of the gene by their keys, and what PharmGKB says under pharmgkb_data")
    expression_fold_change: Series[Float] = optional("Linear fold change", gt=0)
    expression_freq: Series[str] = optional(_ARCHIVED)
    cancer_types: Series[str] = optional(_ARCHIVED)
    features: Series[str] = column("TSL, annotation level and tags, versioned ids")
    molecular_functions: Series[str] = column("Names of molecular functions of the gene")
    cellular_location: Series[str] = column("Names of cellular locations of the gene")
    drug_scores: Series[str] = optional(_ARCHIVED)
    alt_transcript_ids: Series[str] = column("Other ids of the transcript, by authority")
    alt_gene_ids: Series[str] = column("Other ids of the gene, by authority")
    uniprot_ids: Series[str] = column("UniProt accessions of the gene")
    ncbi_ids: Series[str] = column("NCBI gene ids")
    refseq_ids: Series[str] = column("RefSeq ids of the gene")
    source_references: Series[str] = column("Publications cited for the gene, by section")
    pdb_ids: Series[str] = column("PDB ids of the gene")
    pharmgkb_pathways: Series[str] = column("PharmGKB pathways of the gene, by accession")
    evidence_quality_metrics: Series[str] = optional(_ARCHIVED)
    pharmgkb_variants: Series[str] = column("PharmGKB variant annotations of the gene, by list")


CANCER_TRANSCRIPT_BASE_COMPAT = View(
    "cancer_transcript_base_compat",
    CancerTranscriptBaseCompat,
    ("transcript_id",),
    (
        "genes", "transcripts", "gene_cross_references", "go_terms", "transcript_go_terms", "pathways", "gene_pathways",
        "gene_drug_interactions", "publications", "gene_publications", "transcript_products", "gene_annotations",
        "pharmgkb_pathway_reactions", "pharmacogenomic_annotations",
    ),
    is_materialized=False,
    audits_rows=False,
    cost=0.3,
)  # fmt: skip
