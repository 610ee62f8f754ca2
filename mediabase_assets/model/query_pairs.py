"""The pairs of the query benchmark: one question, asked of the legacy table and of the views.

Contains the questions as values, with what may be compared of their answers; their SQL is in
`validation/sql/query_benchmark/<name>.legacy.sql` and `<name>.views.sql`, and how they are timed in
`validation/benchmark`. Questions and literals are those of well-known genes, so that the real and the demonstration
table both have answers.

NOTE: the main database holds the fold change 1.0 for every transcript, so that questions about changed expression have
empty answers there; each has a companion that asks the same whatever the expression.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["stage 12", "SOTA", "look-up"]


@dataclass(frozen=True)
class QueryPair:
    """One question in two queries.

    Attributes:
        name: Stem of its SQL files.
        kind: The owner's performance tests, his SOTA questions, or a point look-up.
        question: What a curator wants to know.
        columns: Columns of the legacy table that the legacy query reads, beside ids and symbol.
        is_counted: The query is timed as a count over the rows that its files select; the rows themselves are compared.
        is_ordered: The order of rows is part of the answer.
        not_comparable: Why the legacy table cannot give this answer; empty where it can.
    """

    name: str
    kind: Kind
    question: str
    columns: tuple[str, ...]
    is_counted: bool = False
    is_ordered: bool = False
    not_comparable: str = ""

    @property
    def is_comparable(self) -> bool:
        """Whether both sides must give the same answer."""
        return not self.not_comparable


QUERY_PAIRS: tuple[QueryPair, ...] = (
    QueryPair("gene_by_symbol", "stage 12", "What is known about TP53?", ("gene_type", "go_terms", "drugs")),
    QueryPair("druggable_transcripts", "stage 12", "How many transcripts have a drug interaction?", ("drugs",), is_counted=True),
    QueryPair("multi_target_drugs", "stage 12", "How many drugs act on more than one gene?", ("drugs",), is_counted=True),
    QueryPair("large_pathways", "stage 12", "How many pathways have more than 10 genes?", ("pathways", "drugs"), is_counted=True),
    QueryPair("common_go_terms", "stage 12", "How many GO terms are on more than 100 genes?", ("go_terms",), is_counted=True),
    QueryPair("uniprot_identifiers", "stage 12", "How many UniProt accessions do genes have?", ("uniprot_ids",), is_counted=True),
    QueryPair(
        "relevant_publications", "stage 12", "How many publications have a relevance above 0.8?", (), is_counted=True,
        not_comparable="The old programs never recorded how relevant a publication is for a gene.",
    ),
    QueryPair(
        "fully_annotated_genes", "stage 12", "Which 10 genes first have drugs, pathways, papers?",
        ("drugs", "pathways", "source_references"), is_ordered=True,
    ),
    QueryPair("sota_1_cancer_genes", "SOTA", "Q1: expression and drugs of 31 cancer genes",
              ("drugs", "product_type", "expression_fold_change")),
    QueryPair("sota_1_changed_cancer_genes", "SOTA", "Q1 for genes whose expression changed",
              ("drugs", "product_type", "expression_fold_change")),
    QueryPair("sota_2_targets", "SOTA", "Q2: which 20 genes are the best targets?",
              ("drugs", "product_type", "pathways", "expression_fold_change"), is_ordered=True),
    QueryPair("sota_2_upregulated_targets", "SOTA", "Q2 for upregulated genes",
              ("drugs", "product_type", "pathways", "expression_fold_change"), is_ordered=True),
    QueryPair("sota_3_druggable_pathways", "SOTA", "Q3: which 15 pathways have most druggable genes?",
              ("drugs", "pathways"), is_ordered=True),
    QueryPair("sota_3_changed_pathways", "SOTA", "Q3 for genes whose expression changed",
              ("pathways", "expression_fold_change"), is_ordered=True),
    QueryPair("sota_4a_profile", "SOTA", "Q4A: how many druggable, kinases, receptors?",
              ("drugs", "product_type", "expression_fold_change")),
    QueryPair("sota_4a_changed_profile", "SOTA", "Q4A for transcripts whose expression changed",
              ("drugs", "product_type", "expression_fold_change")),
    QueryPair("sota_4b_top_candidates", "SOTA", "Q4B: which transcripts are most up or down?",
              ("expression_fold_change",), is_ordered=True),
    QueryPair("sota_5_validation", "SOTA", "Q5: how many transcripts have expression data?", ("expression_fold_change",)),
    QueryPair("transcript_by_id", "look-up", "Which gene does a transcript belong to?",
              ("gene_type", "chromosome", "expression_fold_change")),
    QueryPair("gene_by_uniprot_accession", "look-up", "Which gene has a UniProt accession?", ("uniprot_ids",)),
    QueryPair("genes_of_drug", "look-up", "Which genes does gefitinib act on?", ("drugs",)),
    QueryPair("genes_of_pathway", "look-up", "Which genes are in “Signaling by EGFR”?", ("pathways",)),
    QueryPair("pathways_of_gene", "look-up", "In which pathways is EGFR?", ("pathways",)),
    QueryPair("drugs_of_gene", "look-up", "Which drugs act on EGFR?", ("drugs",)),
    QueryPair("go_terms_of_transcript", "look-up", "Which GO terms does a transcript have?", ("go_terms",)),
    QueryPair("publications_of_gene", "look-up", "Which publications mention TP53?", ("source_references",)),
)  # fmt: skip
