"""Why a value was quarantined or repaired: one closed list of codes, each with the sentence that a curator reads.

The codes are what the extraction SQL writes. A code that is not here raises: damage is never dropped silently and never
guessed. `damage` names the kind of the legacy contract that a code answers (C1 to C28), where there is one.
"""

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """The five accounts in which every fact of the legacy table ends."""

    KEPT = "kept"
    MERGED = "merged"
    REPAIRED = "repaired"
    QUARANTINED = "quarantined"
    ARCHIVED = "archived"


class Reason(NamedTuple):
    """A reason code.

    Attributes:
        code: As written by the SQL and stored in the account tables.
        sentence: What a curator reads.
        damage: The kinds of damage of the legacy contract, empty for none.
        changes_reading: Whether the migration reads such a value in another way than a query of the legacy table would.
    """

    code: str
    sentence: str
    damage: tuple[str, ...] = ()
    changes_reading: bool = False


#: Values that are not in the normalized tables.
QUARANTINE_REASONS: tuple[Reason, ...] = (
    Reason("symbol_conflict", "A better gene holds the same symbol; this one is kept aside with its transcripts.", ("C4",)),
    Reason("invalid_symbol", "The symbol breaks a configured rule (scaffold, contig, Metazoa_SRP …).", ("C5",)),
    Reason("symbol_too_long", "The symbol is longer than any gene symbol.", ("C5",)),
    Reason("gene_quarantined", "The gene that this describes is itself in quarantine.", ("C4", "C5")),
    Reason("bad_gene_id", "Not an Ensembl gene id, and the row holds no other id of the gene.", ("C11",)),
    Reason("gene_id_ambiguous", "The gene id is missing and several genes share the symbol.", ("C11",)),
    Reason("gene_id_unresolvable", "The gene id is missing and nothing else in the row names a gene.", ("C11",)),
    Reason("bad_transcript_id", "Not an Ensembl transcript id."),
    Reason("par_y_duplicate", "The transcript is a PAR_Y copy; its row on chromosome X is kept.", ("C7",)),
    Reason("duplicate_transcript", "Another row of the same transcript, with other values, is kept.", ("C6",)),
    Reason("row_quarantined", "The row that held this value is itself in quarantine.", ("C4", "C5", "C6", "C7", "C11")),
    Reason("bad_coordinates", "The coordinates are not an interval: missing, reversed, zero or not numbers.", ("C15", "C19")),
    Reason("bad_fold_change", "A fold change must be a positive, finite number.", ("C27",), changes_reading=True),
    Reason("not_an_object", "A JSON value of another kind than the column holds.", ("C15",), changes_reading=True),
    Reason("blank_value", "An empty entry.", ("C22",), changes_reading=True),
    Reason("value_too_long", "Longer than any real value of this kind.", changes_reading=True),
    Reason("unknown_key", "A key that no program of MEDIABASE ever wrote.", ("C15",), changes_reading=True),
    Reason("bad_identifier", "The identifier does not have the form of a known authority.", ("C22",), changes_reading=True),
    Reason("older_version", "A newer version of the same identifier is kept.", ("C22",), changes_reading=True),
    Reason("bad_go_id", "Not a GO id.", ("C16",), changes_reading=True),
    Reason("missing_identifier", "The entry does not name what it describes.", ("C15", "C16"), changes_reading=True),
    Reason("pathway_unparsable", "The pathway text does not hold a Reactome stable id.", ("C25",), changes_reading=True),
    Reason("unknown_drug_key", "A drug key of an unknown source.", ("C2",), changes_reading=True),
    Reason("missing_drug_name", "A drug entry without a name.", ("C2",), changes_reading=True),
    Reason("drug_name_too_short", "A drug name shorter than the configured minimum.", ("C2",), changes_reading=True),
    Reason(
        "conflicting_value", "Another entry for the same thing, held by more transcripts, is kept.", ("C3", "C20"), changes_reading=True
    ),
    Reason("bad_pmid", "Neither a PubMed id of 1 to 8 digits nor a DOI.", ("C26",), changes_reading=True),
    Reason("unreadable_value", "A value that should be a number is not one.", ("C19",)),
    Reason("number_out_of_range", "A number outside what the column can hold; the rest of the entry is kept.", ("C19",)),
    Reason("unexpected_kind", "A JSON value of another kind than its place holds; the rest of the entry is kept.", ("C15",)),
    Reason("unknown_chromosome", "Not a chromosome, scaffold, patch or haplotype as Ensembl, NCBI or UCSC name them; the row is kept."),
    Reason("unknown_biotype", "Not a biotype of GENCODE, Ensembl or NCBI; the row is kept."),
    Reason("unknown_product_type", "A type of product outside the closed vocabulary.", ("C22",), changes_reading=True),
    Reason("other_species", "An identifier of another species; its facts are not given to the human gene of that symbol."),
    Reason("spreadsheet_date", "A symbol that a spreadsheet made a date or a number; the gene is kept under its id."),
    Reason("contradicting_id", "The row names another gene or transcript here than in its own id; the row is kept under its own."),
    Reason("placeholder", "A placeholder (-, NA, .) in place of a value; unknown."),
    Reason("unexpected_value", "Another text than the constant that every real table has at this place; the rest of the entry is kept."),
    Reason("unknown_member", "A pathway gives a role to a name that is not a gene kept in it: a drug, a family, a gene in quarantine."),
    Reason("gene_without_transcripts", "No row of the gene could be kept; what its rows say about it is kept aside with them."),
    Reason("curator_dropped", "A rule of a curator leaves it out; the rule says why.", changes_reading=True),
)

#: Reasons for which a value itself is refused, not because of what is beside it: too many of one kind mean that a rule is missing.
REFUSALS = frozenset({
    "bad_transcript_id", "bad_gene_id", "bad_coordinates", "bad_fold_change", "not_an_object", "value_too_long", "unknown_key",
    "bad_identifier", "bad_go_id", "missing_identifier", "pathway_unparsable", "unknown_drug_key", "missing_drug_name",
    "drug_name_too_short", "bad_pmid", "unreadable_value", "number_out_of_range", "unexpected_kind", "unknown_chromosome",
    "unknown_biotype", "unknown_product_type", "other_species", "spreadsheet_date", "contradicting_id", "unexpected_value",
})  # fmt: skip

#: Values that are kept, changed.
REPAIR_REASONS: tuple[Reason, ...] = (
    Reason("pharmgkb_payload", "A PharmGKB record stored among the drugs; moved to its own table.", ("C1",)),
    Reason("drug_list_split", "An annotation that names several drugs; one row for each."),
    Reason("drug_wrapper_unpacked", "Drugs inside a wrapper object; unpacked.", ("C2",), changes_reading=True),
    Reason("symbol_qualified", "A better gene holds the same symbol; this one is called SYMBOL@GENE_ID.", ("C4",)),
    Reason("versioned_id", "The version was split off the identifier.", ("C6",)),
    Reason("par_y", "A PAR_Y identifier; mapped to the gene's or transcript's own id.", ("C7",)),
    Reason("missing_symbol", "No symbol; the gene id serves as one.", ("C8",)),
    Reason("blank_symbol", "A symbol of white space; the gene id serves as one.", ("C9",)),
    Reason("white_space", "White space around the value was removed.", ("C10",), changes_reading=True),
    Reason("missing_gene_id", "No gene id; resolved from the row's other ids or its symbol.", ("C11",)),
    Reason("bad_gene_id", "Not an Ensembl gene id; resolved from the row's other ids or its symbol.", ("C11",)),
    Reason("symbol_differs", "Most rows of the gene give another symbol; that one is shown."),
    Reason("gene_type_differs", "Most rows of the gene give another type; that one is shown.", changes_reading=True),
    Reason("locus_differs", "Most transcripts of the gene lie elsewhere; the gene is shown there.", ("C18",), changes_reading=True),
    Reason("coordinates_coerced", "Coordinates given as text or with a strand of another notation.", ("C19",)),
    Reason("array_salvaged", "A list in place of an object; its members were read.", ("C15",), changes_reading=True),
    Reason("go_aspect_keyed", "GO terms listed under their aspect.", ("C16",), changes_reading=True),
    Reason("go_text_value", "A GO term given by its name alone.", ("C16",)),
    Reason("go_other_shape", "A GO term with name, namespace and a list of evidence.", ("C16",)),
    Reason("go_id_format", "The GO id's spelling was normalized.", ("C16",), changes_reading=True),
    Reason("inherited_evidence", "Evidence inherited from a more specific term; kept apart from evidence codes.", ("C17",)),
    Reason("empty_evidence", "An empty evidence code; unknown.", ("C28",)),
    Reason("unreadable_evidence", "Not an evidence code; unknown.", ("C17",)),
    Reason("unreadable_aspect", "Not a GO aspect; unknown unless another fact has it.", ("C16",)),
    Reason("go_term_differs", "Most facts give the GO term another name or aspect; that one is shown.", ("C16",), changes_reading=True),
    Reason("pathway_name_differs", "Most facts give the pathway another name; that one is shown.", ("C25",)),
    Reason("reference_differs", "A richer description of the same publication is shown.", ("C26",)),
    Reason("identifier_retyped", "An identifier under the wrong authority; its form shows the right one.", ("C22",), changes_reading=True),
    Reason("refseq_protein_relabelled", "An Ensembl protein id labelled RefSeq.", ("C24",)),
    Reason("pathway_bare_id", "A pathway id without its name.", ("C25",)),
    Reason("pmid_prefix", "A prefix before the PubMed id was removed.", ("C26",), changes_reading=True),
    Reason("pmid_format", "The PubMed id's spelling was normalized.", ("C26",), changes_reading=True),
    Reason("pmid_number", "A PubMed id stored as a number.", ("C26",)),
    Reason("bad_pmid", "Not a PubMed id; the entry is kept without it.", ("C26",), changes_reading=True),
    Reason("default_evidence", "A default that means missing (score 1.0, experimental, unknown); unknown.", ("C28",)),
    Reason("unreadable_value", "A value that could not be read; unknown, the rest of the entry is kept.", ("C19",)),
    Reason("number_out_of_range", "A number outside what the column can hold; unknown, the rest is kept.", ("C19",)),
    Reason("chromosome_spelling", "A chromosome as Ensembl, NCBI or UCSC spell it; shown with UCSC's name."),
    Reason("lifted_id", "The suffix of an id that GENCODE lifted to another assembly (…5_2) was removed."),
    Reason("invisible_characters", "Invisible characters in the value were removed.", ("C10",)),
    Reason("integer_as_float", "An integer written with a decimal point (1.0)."),
    Reason("product_type_spelling", "A product type of the vocabulary in another spelling.", changes_reading=True),
    Reason("array_flattened", "An array of several dimensions; its members were read in order.", ("C15",)),
    Reason("evidence_spelling", "A GO evidence code in another spelling (ida)."),
    Reason(
        "denied_annotation",
        "A GO annotation that denies its term (NOT); kept apart from the others, its qualifier begins with NOT.",
        changes_reading=True,
    ),
    Reason("pathway_id_format", "The pathway id's spelling was normalized.", ("C25",), changes_reading=True),
    Reason("author_objects", "Authors given as objects; their names were read."),
    Reason("several_references", "Several PubMed ids in one text; each is read.", ("C26",), changes_reading=True),
    Reason("curator_rule", "A rule of a curator gives the value that is kept; the rule says why.", changes_reading=True),
)


def sentence(outcome: str, code: str) -> str:
    """The sentence for a reason code.

    Raises:
        KeyError: The code is not in the list.

    >>> sentence("quarantined", "bad_pmid")
    'Neither a PubMed id of 1 to 8 digits nor a DOI.'
    """
    reasons = QUARANTINE_REASONS if outcome == Outcome.QUARANTINED else REPAIR_REASONS
    return {r.code: r.sentence for r in reasons}[code]
