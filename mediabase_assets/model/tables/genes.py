"""Genes, transcripts, their identifiers and products."""

from pandera.typing import Series

from mediabase_assets.model.tables.base import Bool, Float, Int, Reference, Relation, Table, TableModel, column, optional
from mediabase_assets.model.vocabulary import BIOTYPE, CHROMOSOME, ENSEMBL_GENE, ENSEMBL_PROTEIN, ENSEMBL_TRANSCRIPT, PRODUCT_TYPES


class Genes(TableModel):
    """One row per gene that the legacy table names and the migration keeps."""

    gene_id: Series[str] = column("Ensembl gene id without version, ENSG00000141510", str_matches=ENSEMBL_GENE)
    gene_version: Series[Int] = optional("Version of the Ensembl gene id", ge=1)
    gene_symbol: Series[str] = column("Gene symbol as official (mixed case kept); unique", str_length={"min_value": 1, "max_value": 120})
    symbol_source: Series[str] = column(
        "gene_symbol: as in the legacy table; gene_id: the gene has no symbol; qualified: SYMBOL@GENE_ID",
        isin=["gene_symbol", "gene_id", "qualified"],
    )
    gene_name: Series[str] = optional("Full name; the legacy table never held it")
    gene_type: Series[str] = optional("Gene biotype of GENCODE, Ensembl or NCBI", str_matches=BIOTYPE)
    chromosome: Series[str] = optional("Chromosome as UCSC names it; patches, haplotypes and scaffolds as written", str_matches=CHROMOSOME)
    genomic_coordinates: Series[str] = optional("start, end (1-based, inclusive) and strand of the gene: the span of its transcripts")
    start_position: Series[Int] = optional("First base of the gene, 1-based", ge=1)
    end_position: Series[Int] = optional("Last base of the gene, 1-based", ge=1)
    strand: Series[Int] = optional("1 or -1", isin=[1, -1])
    is_par: Series[Bool] = column("Whether the gene lies in a pseudoautosomal region of X and Y")
    quality_score: Series[Int] = column("Points of the quality rule that decides symbol conflicts, 0 to 8", ge=0, le=8)
    source_transcript_count: Series[Int] = column("Transcripts of the gene that are kept", ge=0)


class Transcripts(TableModel):
    """One row per transcript whose gene is kept."""

    transcript_id: Series[str] = column("Ensembl transcript id without version", str_matches=ENSEMBL_TRANSCRIPT)
    transcript_version: Series[Int] = optional("Version of the Ensembl transcript id", ge=1)
    gene_id: Series[str] = column("Its gene", str_matches=ENSEMBL_GENE)
    transcript_name: Series[str] = optional("GENCODE transcript name, TP53-201", str_length={"max_value": 200})
    transcript_type: Series[str] = optional("Transcript biotype; the legacy table never held it")
    support_level: Series[Int] = optional("GENCODE transcript support level, 1 (best) to 5", ge=1, le=5)
    chromosome: Series[str] = optional("Chromosome as UCSC names it; patches, haplotypes and scaffolds as written", str_matches=CHROMOSOME)
    coordinates: Series[str] = optional("start, end (1-based, inclusive) and strand of the transcript")
    annotation_level: Series[Int] = optional("GENCODE annotation level: 1 validated, 2 manual, 3 automatic", ge=1, le=3)
    tags: Series[str] = optional("GENCODE tags, in the order of the legacy table")
    ccds_id: Series[str] = optional("Consensus coding sequence id", str_matches=r"^CCDS[0-9]+(\.[0-9]+)?$")
    havana_id: Series[str] = optional("HAVANA transcript id", str_matches=r"^OTTHUMT[0-9]+(\.[0-9]+)?$")
    ensembl_protein_id: Series[str] = optional("Ensembl protein id with version", str_matches=ENSEMBL_PROTEIN)
    is_par: Series[Bool] = column("Whether the transcript lies in a pseudoautosomal region")
    expression_fold_change: Series[Float] = optional("Linear fold change; 1.0 in a database without patient data", gt=0)
    go_set_id: Series[Int] = optional("Its set of GO annotations (go_term_sets); NULL for none")


class GeneCrossReferences(TableModel):
    """One row per gene, authority and identifier of that authority."""

    gene_id: Series[str] = column("The gene", str_matches=ENSEMBL_GENE)
    external_db: Series[str] = column(
        "The authority",
        isin=["UniProt", "NCBI", "RefSeq", "HGNC", "HAVANA", "OMIM", "KEGG", "Ensembl", "PDB", "CCDS"],
    )
    external_id: Series[str] = column("The identifier, without version", str_length={"min_value": 1, "max_value": 100})
    external_version: Series[Int] = optional("Version of the identifier", ge=0)
    is_primary: Series[Bool] = column("Whether the legacy table names it as the one id of the gene, or there is no other")
    source: Series[str] = column("The legacy fields that named it, comma-separated")


class TranscriptProducts(TableModel):
    """One row per transcript and type of product."""

    product_id: Series[Int] = column("Number that follows from the row's content")
    transcript_id: Series[str] = column("The transcript", str_matches=ENSEMBL_TRANSCRIPT)
    uniprot_id: Series[str] = optional("UniProt accession; known per gene only, so NULL here")
    protein_name: Series[str] = optional("Protein name; the legacy table never held it")
    product_type: Series[str] = column("Type of product, from a closed vocabulary", isin=PRODUCT_TYPES)
    function_description: Series[str] = optional("Free text; the legacy table never held it")
    ensembl_protein_id: Series[str] = optional("Ensembl protein id of the transcript", str_matches=ENSEMBL_PROTEIN)


_GENE = Reference(("gene_id",), "genes", ("gene_id",))

GENES = Table(
    "genes",
    (Relation("genes", Genes, ("gene_id",), unique=(("gene_symbol",),)),),
    inputs=("gene_candidates", "gene_identities", "transcript_candidates", "row_states", "legacy_rows"),
    row_kind="gene of a row",
)
TRANSCRIPTS = Table(
    "transcripts",
    cost=4.5,
    row_kind="transcript",
    relations=(
        Relation(
            "transcripts",
            Transcripts,
            ("transcript_id",),
            (_GENE,),
            later_references=(Reference(("go_set_id",), "go_term_sets", ("go_set_id",)),),
        ),
    ),
    inputs=("transcript_candidates", "legacy_rows", "legacy_payloads", "go_payload_sets", "row_states"),
    parents=("genes",),
)
GENE_CROSS_REFERENCES = Table(
    "gene_cross_references",
    (Relation("gene_cross_references", GeneCrossReferences, ("gene_id", "external_db", "external_id"), (_GENE,)),),
    inputs=("cross_reference_facts",),
    cost=2,
    counted=tuple(
        (field, "identifier") for field in ("uniprot_ids", "ncbi_ids", "refseq_ids", "pdb_ids", "alt_gene_ids", "alt_transcript_ids")
    ),
    parents=("genes", "transcripts"),
)
TRANSCRIPT_PRODUCTS = Table(
    "transcript_products",
    (
        Relation(
            "transcript_products",
            TranscriptProducts,
            ("product_id",),
            (Reference(("transcript_id",), "transcripts", ("transcript_id",)),),
            unique=(("transcript_id", "product_type", "uniprot_id"),),
        ),
    ),
    inputs=("annotation_facts", "transcript_candidates", "legacy_payloads", "row_states", "fact_counts"),
    cost=2,
    parents=("transcripts",),
)
