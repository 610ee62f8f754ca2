"""The three materialized and two plain views of schema v0.3.0: pathways and drugs against each other."""

from pandera.typing import Series

from mediabase_assets.model.tables.base import Float, Int, TableModel, column, optional
from mediabase_assets.model.views.base import Index, View, members
from mediabase_assets.model.vocabulary import PATHWAY_ID, PATHWAY_SOURCES, PHASES


class PathwayGeneCounts(TableModel):
    """One row per pathway and source: its genes, for enrichment."""

    pathway_id: Series[str] = column("The pathway", str_matches=PATHWAY_ID)
    pathway_name: Series[str] = optional("Its name")
    pathway_source: Series[str] = column("Reactome or PharmGKB", isin=PATHWAY_SOURCES)
    pathway_category: Series[str] = optional("Its category")
    parent_pathway_id: Series[str] = optional("More general pathway")
    pathway_level: Series[Int] = optional("Depth in the hierarchy", ge=1)
    gene_count: Series[Int] = column("Genes in the pathway", ge=1)
    gene_members: Series[Int] = members("Their ids, in order")
    gene_symbols: Series[Int] = members("Their symbols, in order")
    avg_confidence: Series[Float] = optional("Mean confidence over the genes; NULL where none is known", ge=0, le=1)
    experimental_evidence_count: Series[Int] = column("Genes with evidence IDA, IMP, IPI, IGI or IEP", ge=0)
    computational_evidence_count: Series[Int] = column("Genes with evidence IEA", ge=0)
    evidence_codes: Series[Int] = members("Evidence codes, each once, in order")
    last_updated: Series[str] = column("When the newest link was written")


class PathwayDruggability(TableModel):
    """One row per pathway and source: how far drugs reach its genes."""

    pathway_id: Series[str] = column("The pathway", str_matches=PATHWAY_ID)
    pathway_name: Series[str] = optional("Its name")
    pathway_source: Series[str] = column("Reactome or PharmGKB", isin=PATHWAY_SOURCES)
    pathway_category: Series[str] = optional("Its category")
    total_genes: Series[Int] = column("Genes in the pathway", ge=1)
    druggable_genes: Series[Int] = column("Those that a drug interacts with", ge=0)
    druggability_percentage: Series[Float] = column("Druggable genes in percent of all, two digits", ge=0, le=100)
    unique_drugs: Series[Int] = column("Drugs that interact with any of the genes, by name", ge=0)
    approved_drugs: Series[Int] = members("Names of those whose clinical phase is Approved, in order")
    drug_classes: Series[Int] = members("Classes of the drugs, in order")
    avg_evidence_strength: Series[Float] = optional("Mean evidence strength over the interactions of the genes", ge=1, le=5)
    avg_pathway_confidence: Series[Float] = optional("Mean confidence over the genes; NULL where none is known", ge=0, le=1)
    last_updated: Series[str] = column("When the newest link or interaction was written")


class DrugGeneSummary(TableModel):
    """One row per drug name, whatever sources and keys it is reported under: its genes and the pathways that they are in."""

    drug_name: Series[str] = column("Name of the drug; unique")
    drug_id: Series[str] = column("Key at the source of the most advanced phase")
    drug_chembl_id: Series[str] = optional("ChEMBL id")
    drugbank_id: Series[str] = optional("DrugBank id; the legacy table never held it")
    drug_class: Series[str] = optional("Therapeutic class; the legacy table never held it")
    drug_type: Series[str] = optional("Type of molecule; the legacy table never held it")
    clinical_phase: Series[str] = optional("Most advanced clinical phase", isin=PHASES)
    approval_status: Series[str] = optional("What the phase means")
    target_gene_count: Series[Int] = column("Genes that it interacts with, each once", ge=1)
    target_genes: Series[Int] = members("Their symbols, in order")
    interaction_types: Series[Int] = members("Types of action, each once, in order")
    avg_evidence_strength: Series[Float] = column("Mean evidence strength over its interactions", ge=1, le=5)
    high_confidence_interactions: Series[Int] = column("Interactions of evidence strength 4 or 5", ge=0)
    affected_pathways: Series[Int] = members("Names of the pathways of its genes, each once, in order")
    pathway_count: Series[Int] = column("Pathways of its genes, each once", ge=0)
    last_updated: Series[str] = column("When the newest interaction was written")


class PathwayAnnotationCoverage(TableModel):
    """One row: how far genes are annotated with pathways."""

    total_genes: Series[Int] = column("Genes", ge=0)
    genes_with_pathways: Series[Int] = column("Genes in at least one pathway", ge=0)
    pathway_coverage_percentage: Series[Float] = optional("These in percent of all genes", ge=0, le=100)
    unique_pathways: Series[Int] = column("Pathways with genes", ge=0)
    total_pathway_annotations: Series[Int] = column("Links of genes and pathways", ge=0)
    avg_confidence_score: Series[Float] = optional("Mean confidence over the links; NULL where none is known", ge=0, le=1)


class DrugInteractionCoverage(TableModel):
    """One row: how far genes are known to interact with drugs."""

    total_genes: Series[Int] = column("Genes", ge=0)
    genes_with_drugs: Series[Int] = column("Genes that interact with at least one drug", ge=0)
    drug_coverage_percentage: Series[Float] = optional("These in percent of all genes", ge=0, le=100)
    unique_drugs: Series[Int] = column("Drugs by name", ge=0)
    total_drug_interactions: Series[Int] = column("Interactions of genes and drugs", ge=0)
    avg_evidence_strength: Series[Float] = optional("Mean evidence strength over the interactions", ge=1, le=5)
    clinical_stage_interactions: Series[Int] = column("Interactions of phase Approved or Phase III", ge=0)
    high_confidence_interactions: Series[Int] = column("Interactions of evidence strength 4 or 5", ge=0)


PATHWAY_GENE_COUNTS = View(
    "pathway_gene_counts",
    PathwayGeneCounts,
    ("pathway_id", "pathway_source"),
    ("gene_pathways", "genes"),
    (Index(("gene_count",)), Index(("pathway_category",))),
)
PATHWAY_DRUGGABILITY = View(
    "pathway_druggability",
    PathwayDruggability,
    ("pathway_id", "pathway_source"),
    ("gene_pathways", "gene_drug_interactions"),
    (Index(("druggability_percentage",)),),
)
DRUG_GENE_SUMMARY = View(
    "drug_gene_summary",
    DrugGeneSummary,
    ("drug_name",),
    ("gene_drug_interactions", "genes", "gene_pathways"),
    (Index(("drug_chembl_id",)), Index(("clinical_phase",)), Index(("target_gene_count",))),
)
PATHWAY_ANNOTATION_COVERAGE = View(
    "pathway_annotation_coverage", PathwayAnnotationCoverage, (), ("genes", "gene_pathways"), is_materialized=False, cost=0.1
)
DRUG_INTERACTION_COVERAGE = View(
    "drug_interaction_coverage", DrugInteractionCoverage, (), ("genes", "gene_drug_interactions"), is_materialized=False, cost=0.1
)
