"""GO terms, pathways, annotations and publications of genes."""

from pandera.typing import Series

from mediabase_assets.model.tables.base import Bool, Float, Int, Reference, Relation, Table, TableModel, column, optional
from mediabase_assets.model.vocabulary import ENSEMBL_GENE, ENSEMBL_TRANSCRIPT, GO_ASPECTS, GO_ID, PATHWAY_ID, PATHWAY_SOURCES, PUBMED_ID

_EVIDENCE = r"^[A-Z]{2,3}$"


class GoTerms(TableModel):
    """One row per term of the Gene Ontology that the legacy table names."""

    go_id: Series[str] = column("GO id, GO:0005515", str_matches=GO_ID)
    term_name: Series[str] = optional("Name of the term")
    category: Series[str] = optional("Aspect of the term", isin=GO_ASPECTS)
    definition: Series[str] = optional("Definition; the legacy table hardly ever held it")


class GoTermSets(TableModel):
    """One row per distinct set of GO annotations that transcripts hold."""

    go_set_id: Series[Int] = column("Number that follows from the content of the set")
    term_count: Series[Int] = column("Terms in the set", ge=1)


class GoTermSetMembers(TableModel):
    """One row per set of GO annotations and term in it."""

    go_set_id: Series[Int] = column("The set")
    go_id: Series[str] = column("The term", str_matches=GO_ID)
    evidence_code: Series[str] = optional("GO evidence code (IDA, IEA …); NULL where the legacy table tells none", str_matches=_EVIDENCE)
    qualifier: Series[str] = optional(
        "GO qualifier; the legacy table hardly ever held it. One that begins with NOT denies: the gene does not have the term"
    )
    is_inherited: Series[Bool] = column("Whether the annotation comes from a more specific term")
    inherited_from: Series[str] = optional("That more specific term", str_matches=GO_ID)
    pmids: Series[str] = column("PubMed ids of the evidence")


class TranscriptGoTerms(TableModel):
    """One row per transcript and GO term; a view, stored once per distinct set of annotations."""

    transcript_id: Series[str] = column("The transcript", str_matches=ENSEMBL_TRANSCRIPT)
    go_id: Series[str] = column("The term", str_matches=GO_ID)
    go_term: Series[str] = optional("Name of the term")
    go_category: Series[str] = optional("Aspect of the term", isin=GO_ASPECTS)
    evidence_code: Series[str] = optional("GO evidence code; NULL where the legacy table tells none", str_matches=_EVIDENCE)
    qualifier: Series[str] = optional("GO qualifier; that of a denied annotation begins with NOT")
    is_inherited: Series[Bool] = column("Whether the annotation comes from a more specific term")
    inherited_from: Series[str] = optional("That more specific term", str_matches=GO_ID)
    pmids: Series[str] = column("PubMed ids of the evidence")
    is_denied: Series[Bool] = column("Whether it denies the term (qualifier NOT): such a row is no annotation with the term")


class Pathways(TableModel):
    """One row per pathway of Reactome or PharmGKB that the legacy table names."""

    pathway_id: Series[str] = column("Reactome stable id or PharmGKB accession", str_matches=PATHWAY_ID)
    pathway_name: Series[str] = optional("Name; NULL where only the id is known", str_length={"max_value": 2000})
    source_database: Series[str] = column("Reactome or PharmGKB", isin=PATHWAY_SOURCES)
    species: Series[str] = optional("Species that the id names")
    pathway_url: Series[str] = optional("Its page at the source")
    parent_pathway_id: Series[str] = optional("More general pathway; unknown to the legacy table")
    pathway_level: Series[Int] = optional("Depth in the hierarchy; unknown to the legacy table", ge=1)
    pathway_category: Series[str] = optional("Type of a PharmGKB pathway", str_length={"max_value": 200})
    drug_focus: Series[str] = optional("Drug that a PharmGKB pathway is about")
    clinical_relevance: Series[str] = optional("PharmGKB's flags of clinical relevance")


class GenePathways(TableModel):
    """One row per gene, pathway and source that says so."""

    gene_id: Series[str] = column("The gene", str_matches=ENSEMBL_GENE)
    pathway_id: Series[str] = column("The pathway", str_matches=PATHWAY_ID)
    pathway_name: Series[str] = optional("Its name")
    pathway_source: Series[str] = column("Reactome or PharmGKB", isin=PATHWAY_SOURCES)
    parent_pathway_id: Series[str] = optional("More general pathway; unknown to the legacy table")
    pathway_level: Series[Int] = optional("Depth in the hierarchy; unknown to the legacy table", ge=1)
    pathway_category: Series[str] = optional("Type of a PharmGKB pathway")
    evidence_code: Series[str] = optional("Evidence code; the legacy table discarded it", str_matches=_EVIDENCE)
    confidence_score: Series[Float] = optional("Confidence, 0 to 1; never recorded by the legacy table", ge=0, le=1)
    gene_role: Series[str] = optional("Role of the gene in a PharmGKB pathway (enzyme, participant …)")
    pmids: Series[str] = column("PubMed ids of the reactions that the gene controls")
    details: Series[str] = optional("What else PharmGKB says about the gene in the pathway")


class GeneAnnotations(TableModel):
    """One row per gene, kind of annotation and value."""

    gene_id: Series[str] = column("The gene", str_matches=ENSEMBL_GENE)
    annotation_type: Series[str] = column("Kind", isin=["product_type", "molecular_function", "cellular_location"])
    annotation_value: Series[str] = column("Value", str_length={"min_value": 1, "max_value": 600})
    source: Series[str] = column("Where MEDIABASE had it from", isin=["UniProt", "GO"])


class Publications(TableModel):
    """One row per publication that the legacy table cites."""

    publication_id: Series[Int] = column("The PubMed id; a number above 10^10 for one known by DOI only", ge=1)
    pmid: Series[str] = optional("PubMed id", str_matches=PUBMED_ID)
    title: Series[str] = optional("Title")
    abstract: Series[str] = optional("Abstract")
    authors: Series[str] = optional("Authors, in order")
    journal: Series[str] = optional("Journal")
    publication_year: Series[Int] = optional("Year", ge=1500, le=2100)
    doi: Series[str] = optional("Digital object identifier", str_matches=r"^10\.\d{4,9}/\S+$")
    url: Series[str] = optional("Address")
    citation_count: Series[Int] = optional("Citations", ge=0)


class GenePublications(TableModel):
    """One row per gene, publication and source that connects them."""

    gene_id: Series[str] = column("The gene", str_matches=ENSEMBL_GENE)
    publication_id: Series[Int] = column("The publication", ge=1)
    pmid: Series[str] = optional("Its PubMed id", str_matches=PUBMED_ID)
    evidence_type: Series[str] = optional("Kinds of evidence, comma-separated")
    source_db: Series[str] = column("Source that connects them")
    mention_count: Series[Int] = column("How often the gene's annotation cites it", ge=1)
    relevance_score: Series[Float] = optional("Relevance, 0 to 1; never computed by the legacy code", ge=0, le=1)
    details: Series[str] = optional("What else the references say, a list")


_GENE = Reference(("gene_id",), "genes", ("gene_id",))

GO_TERMS = Table("go_terms", (Relation("go_terms", GoTerms, ("go_id",)),), inputs=("go_facts",))
TRANSCRIPT_GO_TERMS = Table(
    "transcript_go_terms",
    (
        Relation("go_term_sets", GoTermSets, ("go_set_id",)),
        Relation(
            "go_term_set_members",
            GoTermSetMembers,
            ("go_set_id", "go_id"),
            (
                Reference(("go_set_id",), "go_term_sets", ("go_set_id",)),
                Reference(("go_id",), "go_terms", ("go_id",)),
            ),
        ),
    ),
    inputs=("go_facts", "go_payload_sets", "row_states", "fact_counts"),
    cost=2.5,
    shown_as=TranscriptGoTerms,
    parents=("transcripts", "go_terms"),
)
PATHWAYS = Table(
    "pathways", (Relation("pathways", Pathways, ("pathway_id",)),), inputs=("pathway_facts", "pharmgkb_pathway_facts", "gene_payloads")
)
GENE_PATHWAYS = Table(
    "gene_pathways",
    (
        Relation(
            "gene_pathways",
            GenePathways,
            ("gene_id", "pathway_id", "pathway_source"),
            (_GENE, Reference(("pathway_id",), "pathways", ("pathway_id",))),
        ),
    ),
    counted=tuple((field, "pathway") for field in ("pathways", "features.pathways", "drugs", "pharmgkb_pathways")),
    inputs=("pathway_facts", "pharmgkb_pathway_facts"),
    parents=("genes", "pathways"),
)
GENE_ANNOTATIONS = Table(
    "gene_annotations",
    (Relation("gene_annotations", GeneAnnotations, ("gene_id", "annotation_type", "annotation_value", "source"), (_GENE,)),),
    inputs=("annotation_facts",),
    counted=(("molecular_functions", "annotation"), ("cellular_location", "annotation")),
    parents=("genes",),
)
PUBLICATIONS = Table(
    "publications",
    (Relation("publications", Publications, ("publication_id",), unique=(("pmid",),)),),
    inputs=("reference_facts", "pharmgkb_reactions", "pharmgkb_annotation_facts", "go_facts"),
    cost=1.5,
)
GENE_PUBLICATIONS = Table(
    "gene_publications",
    (
        Relation(
            "gene_publications",
            GenePublications,
            ("gene_id", "publication_id", "source_db"),
            (_GENE, Reference(("publication_id",), "publications", ("publication_id",))),
        ),
    ),
    inputs=("reference_facts", "pharmgkb_pathway_facts", "pharmgkb_annotation_facts"),
    cost=3,
    counted=(("source_references", "reference"), ("publications", "reference"), ("drugs", "cited reference")),
    parents=("genes", "publications"),
)
