"""The views at the grain of genes and transcripts: what most questions start from."""

from pandera.typing import Series

from mediabase_assets.model.tables.base import Bool, Float, Int, TableModel, column, optional
from mediabase_assets.model.views.base import Index, View, members
from mediabase_assets.model.vocabulary import CHROMOSOME, ENSEMBL_GENE, ENSEMBL_TRANSCRIPT

_STAMP_OF_GENE = "When the gene's row was last written; it stays while the gene does"
_STAMP_OF_TRANSCRIPT = "When the transcript's or its gene's row was last written; it stays while they do"


class GeneSummaryView(TableModel):
    """One row per gene, with everything that is known about it: identifiers, GO terms, pathways, drugs, publications."""

    gene_id: Series[str] = column("Ensembl gene id without version", str_matches=ENSEMBL_GENE)
    gene_symbol: Series[str] = column("Gene symbol as official; unique")
    gene_name: Series[str] = optional("Full name; the legacy table never held it")
    gene_type: Series[str] = optional("GENCODE gene biotype")
    chromosome: Series[str] = optional("Chromosome with the prefix chr", str_matches=CHROMOSOME)
    start_pos: Series[Int] = optional("First base of the gene, 1-based", ge=1)
    end_pos: Series[Int] = optional("Last base of the gene, 1-based, inclusive", ge=1)
    strand: Series[Int] = optional("1 or -1", isin=[1, -1])
    transcript_count: Series[Int] = column("Transcripts of the gene", ge=0)
    transcript_ids: Series[Int] = members("Their ids, in order")
    cross_references: Series[Int] = members("Identifiers elsewhere: a list of {database, id, description}")
    go_terms: Series[Int] = members("GO annotations of its transcripts, each once: a list of {go_id, term, category, evidence}")
    pathways: Series[Int] = members("Pathways: a list of {pathway_id, name, database, species}")
    drug_interactions: Series[Int] = members("Drugs: a list of {drug_name, mechanism, target_type, indication, source}")
    publications: Series[Int] = members("Publications, each once: a list of {pmid, title, year, relevance_score}")
    denied_go_terms: Series[Int] = members(
        "GO annotations that deny a term (qualifier NOT): a list of {go_id, term, category, evidence, qualifier}; in no other list or flag"
    )
    has_cross_references: Series[Bool] = column("Whether cross_references has members")
    has_go_terms: Series[Bool] = column("Whether go_terms has members")
    has_pathways: Series[Bool] = column("Whether pathways has members")
    has_drug_interactions: Series[Bool] = column("Whether drug_interactions has members")
    has_publications: Series[Bool] = column("Whether publications has members")
    avg_expression_fold_change: Series[Float] = optional("Mean linear fold change of its transcripts", gt=0)
    max_expression_fold_change: Series[Float] = optional("Highest linear fold change of its transcripts", gt=0)
    min_expression_fold_change: Series[Float] = optional("Lowest linear fold change of its transcripts", gt=0)
    view_created_at: Series[str] = column(_STAMP_OF_GENE)


class TranscriptEnrichmentView(TableModel):
    """One row per transcript, with its gene, its GO annotations and its products."""

    transcript_id: Series[str] = column("Ensembl transcript id without version", str_matches=ENSEMBL_TRANSCRIPT)
    transcript_name: Series[str] = optional("GENCODE transcript name, TP53-201")
    transcript_type: Series[str] = optional("Transcript biotype; the legacy table never held it")
    transcript_support_level: Series[Int] = optional("GENCODE transcript support level, 1 (best) to 5", ge=1, le=5)
    gene_id: Series[str] = column("Its gene", str_matches=ENSEMBL_GENE)
    gene_symbol: Series[str] = column("Symbol of the gene")
    gene_name: Series[str] = optional("Full name of the gene")
    gene_type: Series[str] = optional("GENCODE gene biotype")
    chromosome: Series[str] = optional("Chromosome of the gene", str_matches=CHROMOSOME)
    go_annotations: Series[Int] = members("GO annotations: a list of {go_id, term, category, evidence}, with qualifier where there is one")
    denied_go_annotations: Series[Int] = members(
        "GO annotations that deny a term (qualifier NOT): a list of {go_id, term, category, evidence, qualifier}"
    )
    products: Series[Int] = members("Products: a list of {product_id, product_type}, with what else is known of them")
    expression_fold_change: Series[Float] = optional("Linear fold change; 1.0 in a database without patient data", gt=0)
    expression_status: Series[str] = optional(
        "upregulated above 2, downregulated below 0.5, else normal", isin=["upregulated", "downregulated", "normal"]
    )
    view_created_at: Series[str] = column(_STAMP_OF_TRANSCRIPT)


class PatientQueryOptimizedView(TableModel):
    """One row per transcript with flags and counts, to be joined with a patient's fold changes."""

    transcript_id: Series[str] = column("Ensembl transcript id without version", str_matches=ENSEMBL_TRANSCRIPT)
    gene_id: Series[str] = column("Its gene", str_matches=ENSEMBL_GENE)
    gene_symbol: Series[str] = column("Symbol of the gene")
    gene_name: Series[str] = optional("Full name of the gene")
    gene_type: Series[str] = optional("GENCODE gene biotype")
    chromosome: Series[str] = optional("Chromosome of the gene", str_matches=CHROMOSOME)
    transcript_name: Series[str] = optional("GENCODE transcript name")
    transcript_type: Series[str] = optional("Transcript biotype; the legacy table never held it")
    transcript_support_level: Series[Int] = optional("GENCODE transcript support level, 1 (best) to 5", ge=1, le=5)
    has_cross_references: Series[Bool] = column("Whether the gene has identifiers elsewhere")
    has_go_terms: Series[Bool] = column("Whether the transcript has GO annotations")
    has_pathways: Series[Bool] = column("Whether the gene is in a pathway")
    has_drug_interactions: Series[Bool] = column("Whether the gene interacts with a drug")
    has_publications: Series[Bool] = column("Whether publications are cited for the gene")
    has_products: Series[Bool] = column("Whether the transcript has products")
    go_term_count: Series[Int] = column("GO annotations of the transcript", ge=0)
    pathway_count: Series[Int] = column("Pathways of the gene", ge=0)
    drug_interaction_count: Series[Int] = column("Drugs, as sources report them, that the gene interacts with", ge=0)
    publication_count: Series[Int] = column("Publications cited for the gene, each once", ge=0)
    denied_go_term_count: Series[Int] = column("GO annotations that deny the transcript a term (qualifier NOT); not in go_term_count", ge=0)
    expression_fold_change: Series[Float] = optional("Linear fold change of the transcript; 1.0 without patient data", gt=0)
    patient_id: Series[str] = optional("The patient; NULL in a database without patients")
    avg_publication_relevance: Series[Float] = optional("Mean relevance of the gene's publications; NULL where none is known", ge=0, le=1)
    data_completeness_score: Series[Float] = column(
        "0 to 1: 0.2 for each of identifiers, GO terms, pathways, drugs, publications", ge=0, le=1
    )
    transcript_count: Series[Int] = column("Transcripts of the gene", ge=1)
    avg_expression: Series[Float] = optional("Mean fold change of the gene's transcripts", gt=0)
    max_expression: Series[Float] = optional("Highest fold change of the gene's transcripts", gt=0)
    min_expression: Series[Float] = optional("Lowest fold change of the gene's transcripts", gt=0)
    has_significant_expression_change: Series[Bool] = optional("Whether a transcript of the gene is above 2 or below 0.5")
    view_created_at: Series[str] = column(_STAMP_OF_TRANSCRIPT)


#: Without a patient's data every fold change is 1.0, which no query selects.
_CHANGED = Index(("expression_fold_change",), label="changed", where="expression_fold_change <> 1.0")
_ANNOTATION = ("gene_cross_references", "gene_pathways", "gene_drug_interactions", "gene_publications")

GENE_SUMMARY_VIEW = View(
    "gene_summary_view",
    GeneSummaryView,
    ("gene_id",),
    ("genes", "transcripts", "transcript_go_terms", "go_terms", "pathways", "drug_interactions", "publications", *_ANNOTATION),
    (
        Index(("gene_symbol",)),
        Index(("chromosome",)),
        Index(("has_drug_interactions", "has_pathways", "has_publications", "has_go_terms"), label="flags"),
        Index(("transcript_count",)),
    ),
    cost=4,
)
TRANSCRIPT_ENRICHMENT_VIEW = View(
    "transcript_enrichment_view",
    TranscriptEnrichmentView,
    ("transcript_id",),
    ("transcripts", "genes", "transcript_go_terms", "go_terms", "transcript_products"),
    (Index(("gene_id",)), Index(("gene_symbol",)), _CHANGED),
    cost=5,
)
PATIENT_QUERY_OPTIMIZED_VIEW = View(
    "patient_query_optimized_view",
    PatientQueryOptimizedView,
    ("transcript_id",),
    ("transcripts", "genes", "transcript_go_terms", "transcript_products", *_ANNOTATION),
    (
        Index(("gene_id",)),
        Index(("gene_symbol",)),
        Index(("has_drug_interactions", "has_pathways", "has_publications"), label="flags"),
        Index(("data_completeness_score",)),
        _CHANGED,
    ),
    cost=2,
)
