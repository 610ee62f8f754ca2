"""The views at the grain of drugs, pathways, publications, GO terms and identifiers."""

from pandera.typing import Series

from mediabase_assets.model.tables.base import Float, Int, TableModel, column, optional
from mediabase_assets.model.views.base import Index, View, members
from mediabase_assets.model.vocabulary import ENSEMBL_GENE, GO_ID, PATHWAY_ID, PATHWAY_SOURCES, PUBMED_ID

_STAMP = "When the newest row that it shows was last written; NULL where it shows none"


class DrugInteractionSummaryView(TableModel):
    """One row per drug as a source reports it, with the genes that it acts on."""

    drug_interaction_id: Series[str] = column("source_database:source_drug_key")
    drug_name: Series[str] = column("Name of the drug")
    mechanism_of_action: Series[str] = optional("Mechanism of action")
    target_type: Series[str] = optional("Type of target")
    indication: Series[str] = optional("Indication")
    source_database: Series[str] = column("The source")
    target_gene_count: Series[Int] = column("Genes that it interacts with", ge=0)
    target_genes: Series[Int] = members("Their symbols, in order")
    target_gene_ids: Series[Int] = members("Their ids, in the order of target_genes")
    target_gene_details: Series[Int] = members("A list of {gene_id, gene_symbol, gene_name, chromosome}, in the same order")
    view_created_at: Series[str] = optional(_STAMP)


class PathwayCoverageView(TableModel):
    """One row per pathway, with its genes."""

    pathway_id: Series[str] = column("Reactome stable id or PharmGKB accession", str_matches=PATHWAY_ID)
    pathway_name: Series[str] = optional("Name; NULL where only the id is known")
    source_database: Series[str] = column("Reactome or PharmGKB", isin=PATHWAY_SOURCES)
    species: Series[str] = optional("Species that the id names")
    pathway_url: Series[str] = optional("Its page at the source")
    gene_count: Series[Int] = column("Genes in the pathway", ge=0)
    pathway_genes: Series[Int] = members("Their symbols, in order")
    pathway_gene_ids: Series[Int] = members("Their ids, in the order of pathway_genes")
    transcript_count: Series[Int] = column("Transcripts of these genes", ge=0)
    pathway_gene_details: Series[Int] = members("A list of {gene_id, gene_symbol, gene_name, gene_type}, in the same order")
    view_created_at: Series[str] = optional(_STAMP)


class PublicationSummaryView(TableModel):
    """One row per publication, with the genes that it is cited for."""

    publication_id: Series[Int] = column("The PubMed id; a number above 10^10 for one known by DOI only", ge=1)
    pmid: Series[str] = optional("PubMed id", str_matches=PUBMED_ID)
    title: Series[str] = optional("Title")
    authors: Series[str] = optional("Authors, in order")
    journal: Series[str] = optional("Journal")
    publication_year: Series[Int] = optional("Year", ge=1500, le=2100)
    doi: Series[str] = optional("Digital object identifier")
    associated_gene_count: Series[Int] = column("Genes that it is cited for", ge=0)
    associated_genes: Series[Int] = members("Their symbols, in order")
    avg_relevance_score: Series[Float] = optional("Mean relevance over these genes; NULL where none is known", ge=0, le=1)
    max_relevance_score: Series[Float] = optional("Highest relevance; NULL where none is known", ge=0, le=1)
    gene_associations: Series[Int] = members("A list of {gene_id, gene_symbol, mention_count}, with relevance_score where it is known")
    view_created_at: Series[str] = optional(_STAMP)


class GoTermHierarchyView(TableModel):
    """One row per GO term, with genes and transcripts annotated with it, and the hierarchy as far as inheritance tells it."""

    go_id: Series[str] = column("GO id", str_matches=GO_ID)
    term_name: Series[str] = optional("Name of the term")
    category: Series[str] = optional("Aspect of the term")
    definition: Series[str] = optional("Definition; the legacy table hardly ever held it")
    associated_gene_count: Series[Int] = column("Genes with a transcript that is annotated with the term, and not denied it", ge=0)
    associated_genes: Series[Int] = members("Their symbols, in order")
    associated_transcript_count: Series[Int] = column("Transcripts annotated with the term, and not denied it", ge=0)
    direct_transcript_count: Series[Int] = column("Those whose annotation is not inherited", ge=0)
    evidence_distribution: Series[str] = column("Transcripts by evidence code, `unknown` for those without one: an object")
    qualifiers: Series[Int] = members("Qualifiers, each once, in order")
    more_specific_terms: Series[Int] = members("Terms that this one was inherited from, in order")
    more_general_terms: Series[Int] = members("Terms that inherited this one, in order")
    denied_gene_count: Series[Int] = column(
        "Genes of which an annotation denies the term (qualifier NOT); they are not counted above", ge=0
    )
    denied_genes: Series[Int] = members("Their symbols, in order")
    view_created_at: Series[str] = optional(_STAMP)


class CrossReferenceLookupView(TableModel):
    """One row per identifier, authority and gene: from any identifier to the gene and its transcripts."""

    external_id: Series[str] = column("The identifier, without version")
    database_name: Series[str] = column("The authority")
    external_description: Series[str] = optional("What the identifier names; the legacy table never held it")
    gene_id: Series[str] = column("The gene", str_matches=ENSEMBL_GENE)
    gene_symbol: Series[str] = column("Its symbol")
    gene_name: Series[str] = optional("Its full name")
    gene_type: Series[str] = optional("GENCODE gene biotype")
    transcript_ids: Series[Int] = members("Its transcripts, in order")
    transcript_count: Series[Int] = column("How many they are", ge=0)
    view_created_at: Series[str] = column("When the gene's row was last written; it stays while the gene does")


DRUG_INTERACTION_SUMMARY_VIEW = View(
    "drug_interaction_summary_view",
    DrugInteractionSummaryView,
    ("drug_interaction_id",),
    ("drug_interactions", "gene_drug_interactions", "genes"),
    (Index(("drug_name",)), Index(("mechanism_of_action",), "hash"), Index(("target_gene_count",))),
)
PATHWAY_COVERAGE_VIEW = View(
    "pathway_coverage_view",
    PathwayCoverageView,
    ("pathway_id",),
    ("pathways", "gene_pathways", "genes", "transcripts"),
    (Index(("pathway_name",), "hash"), Index(("source_database",)), Index(("gene_count",))),
    cost=0.7,
)
PUBLICATION_SUMMARY_VIEW = View(
    "publication_summary_view",
    PublicationSummaryView,
    ("publication_id",),
    ("publications", "gene_publications", "genes"),
    (Index(("pmid",)), Index(("publication_year",)), Index(("max_relevance_score",))),
    cost=2,
)
GO_TERM_HIERARCHY_VIEW = View(
    "go_term_hierarchy_view",
    GoTermHierarchyView,
    ("go_id",),
    ("go_terms", "transcript_go_terms", "transcripts", "genes"),
    (Index(("category",)), Index(("associated_gene_count",))),
)
CROSS_REFERENCE_LOOKUP_VIEW = View(
    "cross_reference_lookup_view",
    CrossReferenceLookupView,
    ("external_id", "database_name", "gene_id"),
    ("gene_cross_references", "genes", "transcripts"),
    (Index(("database_name",)), Index(("gene_symbol",))),
    cost=2,
)
