"""The suites that a migration is validated with: every check with its severity, its threshold, and what it says.

Contains the one table of thresholds, as values; what is measured is in `validation.suites`. A check before the release whose severity is
`error` stops the release; one after the release cannot undo it, and counts in the verdict.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What it means that a check does not pass."""

    ERROR = "error"
    WARNING = "warning"


class Outcome(StrEnum):
    """How a check ended; skipped if there was nothing to measure."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


class Bound(StrEnum):
    """On which side of its threshold a measured value has to be; one that equals the threshold passes, but for `BELOW`."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    BELOW = "less than"


@dataclass(frozen=True)
class ReleaseCheck:
    """One check.

    Attributes:
        suite: Which part of the validation it belongs to.
        name: The sentence that is true when it passes.
        severity: What it means when it does not pass.
        bound: On which side of the threshold the value has to be.
        threshold: The threshold, in `unit`; where a setting says it, the default of that setting.
        unit: Of value and threshold.
        meaning: What is measured, a sentence.
        problem: What is the case when it does not pass, a sentence; the numbers are in the explanation of its result.
        next_step: What to do then.
        setting: The setting that says the threshold; empty if none does.
        scale: How many units of the threshold one of the setting is.
        is_after: Whether it looks at what was released.
    """

    suite: str
    name: str
    severity: Severity
    bound: Bound
    threshold: float
    unit: str
    meaning: str
    problem: str
    next_step: str
    setting: str = ""
    scale: float = 1
    is_after: bool = False

    @property
    def stops(self) -> bool:
        """Whether it stops the release when it does not pass."""
        return self.severity is Severity.ERROR and not self.is_after

    @property
    def passed(self) -> str:
        """The sentence that is true when it passes.

        >>> CHECKS["genes_have_coordinates"].passed
        'Genes have coordinates.'
        """
        words = self.name.replace("_", " ").replace("go terms", "GO terms").replace("uniprot", "UniProt").replace("reactome", "Reactome")
        return f"{words[0].upper()}{words[1:]}."


_E, _W = Severity.ERROR, Severity.WARNING
_MIN, _MAX = Bound.AT_LEAST, Bound.AT_MOST
_SEE_QUARANTINE = "See the quarantine for the rows that were set aside and why; correct the legacy rows or add a rule."
_SEE_LEGACY = "Nothing was lost: the legacy table holds no more. See the sample for the rows."

_BEFORE: tuple[ReleaseCheck, ...] = (
    ReleaseCheck(
        "schema", "what_is_released_has_the_versioned_schema", _E, _MAX, 0, "differences",
        "Tables, columns, types, NOT NULL, keys and indexes of what is to be released, against the versioned files deployed beside it.",
        "What is to be released differs from the versioned schema.",
        "Run `mediabase migrate --everything`; if a live table was altered by hand, undo that first.",
    ),
    ReleaseCheck(
        "keys", "every_audited_key_holds", _E, _MAX, 0, "relations",
        "Audits of keys (every_key_is_unique) of tables and views; primary keys and unique sets are constraints of the tables too.",
        "An audit of keys did not pass or is not recorded.",
        "Materialize them, or run `mediabase migrate`.",
    ),
    ReleaseCheck(
        "references", "no_row_is_an_orphan", _E, _MAX, 0, "relations",
        "Audits of references (every_reference_exists): transcripts of genes, GO terms of transcripts, drugs of genes and the others.",
        "An audit of references did not pass or is not recorded.",
        "Materialize them, or run `mediabase migrate`.",
    ),
    ReleaseCheck(
        "duplicates", "few_genes_share_a_symbol", _E, _MAX, 5, "% of genes",
        "Genes whose symbol another gene has too, whatever its case.",
        "More genes share a symbol than allowed.",
        "See extraction/symbol_conflicts; raise validation.max_duplicate_rate if they are meant to.",
        "max_duplicate_rate", 100,
    ),
    ReleaseCheck(
        "duplicates", "few_drugs_share_a_name", _W, _MAX, 5, "% of drugs",
        "Drugs of a source whose name another drug of that source has too.",
        "More drugs of a source share a name than allowed.",
        "See the sample; the source gave them different keys.",
        "max_duplicate_rate", 100,
    ),
    ReleaseCheck(
        "formats", "every_audited_value_has_its_form", _E, _MAX, 0, "relations",
        "Audits by the models (every_row_fits_its_model): Ensembl ids, GO, Reactome, PubMed and UniProt ids, chromosomes, scores, words.",
        "An audit by a model did not pass or is not recorded.",
        "Materialize them, or run `mediabase migrate`.",
    ),
    ReleaseCheck(
        "formats", "gene_symbols_have_the_usual_form", _W, _MIN, 90, "% of genes",
        "Genes whose symbol consists of letters, digits and - @ . _ /, as HGNC writes them.",
        "Fewer symbols have the usual form than expected.", "Add a pattern to validation.invalid_symbol_patterns if they are no symbols.",
    ),
    ReleaseCheck(
        "formats", "genes_are_on_known_chromosomes", _W, _MIN, 80, "% of genes",
        "Genes on chromosomes 1 to 22, X, Y or M; the others are on patches and scaffolds, or nowhere.",
        "Fewer genes are on known chromosomes than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "formats", "genes_have_coordinates", _W, _MIN, 70, "% of genes",
        "Genes with a start of 1 or more and an end behind it.", "Fewer genes have coordinates than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "formats", "go_terms_have_name_and_aspect", _W, _MIN, 80, "% of GO terms",
        "GO terms with a name and one of the three aspects.", "Fewer GO terms have name and aspect than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "formats", "pathways_have_ids_of_reactome", _W, _MIN, 50, "% of pathways",
        "Pathways with a stable id of Reactome; the others are of PharmGKB.", "Fewer pathways are of Reactome than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "formats", "uniprot_accessions_have_their_form", _W, _MIN, 80, "% of accessions",
        "Cross-references to UniProt that have the form of an accession.", "Fewer accessions of UniProt have their form than expected.",
        _SEE_QUARANTINE,
    ),
    ReleaseCheck(
        "formats", "molecular_functions_are_named_as_in_go", _W, _MIN, 30, "% of functions",
        "Molecular functions whose name ends as those of GO do (activity, binding).",
        "Fewer molecular functions are named as in GO than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "formats", "drug_names_are_names", _W, _MIN, 80, "% of drugs",
        "Drugs whose name holds a letter and is as long as validation.drug_name_min_length says.",
        "Fewer drugs have a usable name than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "completeness", "genes_have_their_required_fields", _W, _MAX, 1, "% missing",
        "Missing values among id, symbol of its own and type of all genes.",
        "More required values of genes are missing than allowed.", _SEE_LEGACY, "missing_data_threshold",
    ),
    ReleaseCheck(
        "completeness", "interactions_say_what_is_told_of_them", _W, _MIN, 90, "% of interactions",
        "Interactions with gene, name and key of the drug, and source.",
        "Fewer interactions are complete than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "completeness", "interactions_have_a_clinical_phase", _W, _MIN, 70, "% of interactions",
        "Interactions with a clinical phase, of those sources that tell the phase of any (DrugCentral never did).",
        "Fewer interactions have a clinical phase than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "completeness", "interactions_name_a_known_source", _W, _MIN, 95, "% of interactions",
        "Interactions of DrugCentral, ChEMBL or the Drug Repurposing Hub.",
        "Fewer interactions have a known source than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "accuracy", "genes_that_passed_the_filters_are_there", _E, _MIN, 99, "% of genes",
        "Gene ids of the legacy table that no rule set aside, against the ids of the genes.",
        "Genes that no rule set aside are missing.",
        "Report this: genes are lost without a reason. See the sample for their ids.", "data_accuracy_threshold",
    ),
    ReleaseCheck(
        "accuracy", "drug_keys_are_reconciled", _E, _MIN, 99, "% of keys",
        "Gene and drug key of every drug entry that no rule set aside, against the interactions, both ways.",
        "Keys of drugs are on one side only.",
        "Report this: interactions are lost or made up. See the sample for their keys.", "data_accuracy_threshold",
    ),
    ReleaseCheck(
        "accuracy", "facts_of_the_legacy_table_come_back", _W, _MIN, 99, "% of facts",
        "Facts that the round trip gave back as they were, repaired or merged; those in quarantine and archived do not count.",
        "Fewer facts come back from the tables than required.",
        "See validation/round_trip for the explanations.", "data_accuracy_threshold",
    ),
    ReleaseCheck(
        "accuracy", "few_facts_are_set_aside", _W, _MAX, 10, "% of facts",
        "Facts in quarantine, of all that were read.", "More facts are in quarantine than expected.", _SEE_QUARANTINE,
        "max_error_rate", 100,
    ),
    ReleaseCheck(
        "consistency", "links_agree_with_their_entities", _E, _MIN, 95, "% of links",
        "Names, sources and PubMed ids that links repeat, against the drugs, pathways and publications that they name.",
        "Links contradict the entities that they name.",
        "Report this, with the sample; a live table that was changed by hand is brought back by `mediabase migrate`.",
    ),
    ReleaseCheck(
        "consistency", "views_agree_with_their_tables", _E, _MAX, 0, "views",
        "Audits of the numbers in views (every_number_agrees_with_the_tables).",
        "An audit of numbers did not pass or is not recorded.", "Materialize them, or run `mediabase migrate`.",
    ),
    ReleaseCheck(
        "consistency", "genes_with_drugs_are_annotated", _W, _MIN, 30, "% of genes with drugs",
        "Genes with drugs that also have pathways or annotations.", "Fewer genes with drugs are annotated than expected.",
        _SEE_LEGACY,
    ),
    ReleaseCheck(
        "coverage", "genes_have_drugs", _W, _MIN, 5, "% of genes",
        "Genes with at least one drug.", "Fewer genes have drugs than expected.", _SEE_LEGACY, "min_drug_coverage", 100,
    ),
    ReleaseCheck(
        "coverage", "genes_have_annotations", _W, _MIN, 30, "% of genes",
        "Genes with a pathway or an annotation.", "Fewer genes have annotations than expected.", _SEE_LEGACY,
        "min_annotation_coverage", 100,
    ),
    ReleaseCheck(
        "coverage", "genes_have_cross_references", _W, _MIN, 80, "% of genes",
        "Genes with an identifier of another authority.", "Fewer genes have cross-references than expected.", _SEE_LEGACY,
        "min_cross_reference_coverage", 100,
    ),
    ReleaseCheck(
        "well-known genes", "no_well_known_gene_is_lost", _E, _MAX, 0, "genes",
        "Well-known oncogenes and tumour suppressors that the legacy table names, against the symbols of the genes.",
        "Well-known genes of the legacy table are not in the release.",
        "See the sample for the reason; correct their legacy rows, or leave them out of validation.well_known_genes.",
    ),
    ReleaseCheck(
        "well-known genes", "well_known_genes_have_drugs", _W, _MIN, 10, "% of them",
        "Well-known genes of the release that have at least one drug.", "Fewer well-known genes have drugs than expected.", _SEE_LEGACY,
    ),
    ReleaseCheck(
        "floors", "no_group_of_rows_fell_below_its_floor", _E, Bound.BELOW, 5, "% of rows lost",
        "The largest loss of any table, biotype or source against the release before.",
        "A table, biotype or source lost more rows than a release may.",
        "If the loss is wanted, accept it by name in floors.accept of a configuration file; otherwise correct the legacy table.",
        "floors.stop_share", 100,
    ),
    ReleaseCheck(
        "floors", "hardly_any_rows_were_lost", _W, Bound.BELOW, 1, "% of rows lost",
        "The largest loss of any table, biotype or source that does not stop the release, and is not accepted by name.",
        "A table, biotype or source lost rows.", "See which groups; if the loss is wanted, accept it by name in floors.accept.",
        "floors.warn_share", 100,
    ),
    ReleaseCheck(
        "audits", "no_other_audit_warned", _W, _MAX, 0, "audits",
        "Warnings of audits of all assets but the extraction, whose warnings describe the legacy table.",
        "Audits of other assets warned.", "See them with `mediabase checks --failed`.",
    ),
)  # fmt: skip

_AFTER: tuple[ReleaseCheck, ...] = (
    ReleaseCheck(
        "schema", "the_live_schema_is_whole", _E, _MAX, 0, "differences",
        "Tables, columns, types, keys, foreign keys and valid indexes of the live schema, against the versioned files.",
        "The live schema differs from the versioned one.",
        "Bring back what is missing: the sample has the statement.", is_after=True,
    ),
    ReleaseCheck(
        "views", "every_view_is_there", _E, _MAX, 0, "views",
        "The live views, and for the materialized ones that they are populated.", "Views are missing or not populated.",
        "Run `mediabase migrate`: it makes them again.", is_after=True,
    ),
    ReleaseCheck(
        "views", "every_view_has_rows", _W, _MAX, 0, "views",
        "Live views without a row whose tables have rows.", "Views have no rows, though their tables have.",
        "Run the job refresh_views, or `mediabase migrate`.", is_after=True,
    ),
    ReleaseCheck(
        "performance", "look_ups_use_an_index", _W, _MAX, 0, "queries",
        "EXPLAIN of typical look-ups: each has to find its rows by an index.", "Look-ups read a whole relation.",
        "Run ANALYZE on the relations of the sample, and see that their indexes are there.", is_after=True,
    ),
    ReleaseCheck(
        "performance", "views_answer_faster", _W, _MIN, 2, "times faster",
        "Median speed-up of the questions of the query benchmark that the legacy table needs a while for.",
        "The views answer hardly faster than the legacy table.",
        "Measure again on a quiet machine: materialize validation/query_benchmark.", "performance_improvement_threshold", is_after=True,
    ),
    ReleaseCheck(
        "accuracy", "views_answer_as_the_legacy_table_does", _E, _MAX, 0, "questions",
        "Questions of the query benchmark whose answers from the legacy table and from the views differ without a reason.",
        "Questions get other answers from the views.", "See validation/query_benchmark for the rows that differ.",
        is_after=True,
    ),
)  # fmt: skip

#: All checks by name, in the order in which they are told.
CHECKS: dict[str, ReleaseCheck] = {check.name: check for check in (*_BEFORE, *_AFTER)}
#: Those that the release waits for, and those that look at what was released.
BEFORE, AFTER = tuple(c.name for c in _BEFORE), tuple(c.name for c in _AFTER)

#: The 17 oncogenes and 16 tumour suppressors that every release of a human cancer database should have.
WELL_KNOWN = (
    "ABL1", "AKT1", "ALK", "BRAF", "CCND1", "CDK4", "EGFR", "ERBB2", "FGFR1", "HRAS", "KIT", "KRAS", "MDM2", "MET", "MYC", "NRAS", "PIK3CA",
    "APC", "ATM", "BRCA1", "BRCA2", "CDH1", "CDKN2A", "MLH1", "MSH2", "NF1", "PTEN", "RB1", "SMAD4", "STK11", "TP53", "TSC1", "VHL",
)  # fmt: skip
