"""Planted damage of annotation: redundancy, NULLs, accessions, labels, pathways, PMIDs (C20-C26).

Contains rows whose lists and cross-references are damaged.
"""

from collections.abc import Callable, Iterator
from typing import Any

from mediabase_assets.demo.planting.variant import Planted, Slot, Variant, gene_wide
from mediabase_assets.demo.rows import Values, clean_row, made_up_go, reference, references, with_go_names

_EMPTY_COLUMNS = (
    "product_type",
    "go_terms",
    "pathways",
    "drugs",
    "cancer_types",
    "molecular_functions",
    "cellular_location",
    "uniprot_ids",
    "ncbi_ids",
    "refseq_ids",
    "pdb_ids",
    "source_references",
    "pharmgkb_pathways",
    "pharmgkb_variants",
)


def variants() -> Iterator[Variant]:
    """The variants of this module, in order of their code."""
    yield from _repetition()
    yield from _accessions()
    yield from _protein_labels()
    yield from _pathways()
    yield from _pmids()


def _repetition() -> Iterator[Variant]:
    yield Variant(
        "C20",
        "redundancy",
        "Six transcripts repeat the same annotation of their gene.",
        "Each fact once for the gene, the repetitions merged; GO terms still answer for every transcript.",
        "",
        lambda slot: [Planted(clean_row(slot.gene(), n)) for n in range(1, 7)],
    )
    yield Variant(
        "C20",
        "differing",
        "Three transcripts of one gene have different GO terms, one of them none.",
        "Each transcript answers with its own GO terms.",
        "",
        _differing,
    )
    nulls = dict.fromkeys(_EMPTY_COLUMNS)
    empty = "The same as empty arrays and objects."
    yield Variant("C21", "nulls", "Arrays and JSON columns are NULL.", empty, "", gene_wide(**nulls))
    yield Variant("C21", "go-reset", "The GO program set its columns to NULL.", empty, "", gene_wide(go_terms=None))
    yield Variant(
        "C23",
        "identical",
        "Two genes of different symbols have exactly the same annotation, as a fuzzy match left it.",
        "Kept, and reported as suspicious.",
        "",
        _identical,
    )


def _differing(slot: Slot) -> list[Planted]:
    gene = slot.gene()
    others: tuple[Any, ...] = (made_up_go(gene.serial), made_up_go(gene.serial + 1), None)
    return [Planted(with_go_names(clean_row(gene, n, go_terms=terms))) for n, terms in enumerate(others, start=1)]


def _identical(slot: Slot) -> list[Planted]:
    shared = ("go_terms", "pathways", "drugs", "uniprot_ids", "ncbi_ids", "refseq_ids", "source_references")
    first, second = clean_row(slot.gene(1)), clean_row(slot.gene(2))
    names = ("molecular_functions", "cellular_location", "product_type")
    return [Planted(first), Planted(second | {name: first[name] for name in (*shared, *names)})]


def _twice(column: str) -> Callable[[Values], list[Any]]:
    return lambda row: [*row[column], *row[column]]


def _accessions() -> Iterator[Variant]:
    yield Variant(
        "C22",
        "duplicates",
        "uniprot_ids, ncbi_ids and refseq_ids hold each member twice.",
        "Each accession once.",
        "",
        gene_wide(**{name: _twice(name) for name in ("uniprot_ids", "ncbi_ids", "refseq_ids")}),
    )
    mixed = ["XP_950000001.1", "NM_950000001.1", "XM_950000001.1", "NP_950000001.1", "NM_950000001.2"]
    yield Variant(
        "C22",
        "mixed-types",
        "refseq_ids mixes NP_, XP_, NM_ and XM_, one of them in two versions.",
        "Each with its type; of two versions the newer one.",
        "older_version",
        gene_wide(refseq_ids=mixed),
    )
    yield Variant(
        "C22",
        "blanks",
        "Arrays of accessions hold NULL, empty and blank members.",
        "The blank members are counted as quarantined, the others kept.",
        "blank_value",
        gene_wide(uniprot_ids=lambda row: [*row["uniprot_ids"], None, "", "  "], ncbi_ids=["", None]),
    )
    yield Variant(
        "C22",
        "retyped",
        "A RefSeq accession is among the UniProt ids.",
        "Kept under the authority that its form shows.",
        "identifier_retyped",
        gene_wide(uniprot_ids=lambda row: [*row["uniprot_ids"], "NM_950000002.1"]),
    )


def _protein_labels() -> Iterator[Variant]:
    for name, protein, kind, reason in (
        ("ensp", None, "an Ensembl protein id", "refseq_protein_relabelled"),
        ("np", "NP_950000003.1", "a true RefSeq protein id", ""),
        ("xp", "XP_950000004.1", "a predicted RefSeq protein id", ""),
    ):
        yield Variant(
            "C24",
            name,
            f"alt_transcript_ids.RefSeq_protein holds {kind}.",
            "Kept under the authority that its prefix shows.",
            reason,
            gene_wide(alt_transcript_ids=_labelled(protein)),
        )


def _labelled(protein: str | None) -> Callable[[Values], dict[str, Any]]:
    def change(row: Values) -> dict[str, Any]:
        ids: dict[str, Any] = row["alt_transcript_ids"]
        return ids if protein is None else ids | {"RefSeq_protein": protein}

    return change


def _pathways() -> Iterator[Variant]:
    parsed = "Name and id are split at the last bracket."
    cases = (
        ("bare-id", "R-HSA-990000011", "is a bare id", "Kept; its name comes from other rows.", "pathway_bare_id"),
        ("missing-id", "Demo pathway without id", "has no id", "Quarantined.", "pathway_unparsable"),
        ("empty-id", "Demo pathway [Reactome:]", "has an empty id", "Quarantined.", "pathway_unparsable"),
        ("brackets", "Demo [alpha] chain [beta] [Reactome:R-HSA-990000012]", "has more brackets", parsed, ""),
        (
            "punctuation",
            "Demo import, export (phase 1/2), and {repair} [Reactome:R-HSA-990000013]",
            "has commas, parentheses, slashes and braces",
            parsed,
            "",
        ),
        (
            "not-human",
            "Demo mouse pathway [Reactome:R-MMU-990000014]",
            "has an id of another species",
            "Kept, flagged.",
            "",
        ),
        ("blank", "  ", "is blank", "Counted as quarantined.", "blank_value"),
    )
    for name, text, description, expected, reason in cases:
        yield Variant(
            "C25",
            name,
            f"A pathway {description}.",
            expected,
            reason,
            gene_wide(pathways=lambda row, text=text: [*row["pathways"], text]),
        )


def _pmids() -> Iterator[Variant]:
    kept, without = "Kept as PubMed id without it.", "Quarantined: no publication can be identified."
    cases: tuple[tuple[str, list[Any], str, str, str], ...] = (
        ("prefix", ["PMID:98000011"], "has the prefix PMID:", kept, "pmid_prefix"),
        ("number", [98000012], "is a number", "Kept as text.", "pmid_number"),
        ("nan", ["nan"], "is `nan`", without, "bad_pmid"),
        ("nine-digits", ["980000131"], "has nine digits", without, "bad_pmid"),
        ("short", ["1", "123", "123456"], "has one to six digits", "Kept: old publications have short ids.", ""),
        ("duplicates", ["98000014"] * 3, "occurs three times", "One publication, the others merged.", ""),
        ("empty", [""], "is an empty text", without, "bad_pmid"),
        ("null", [None], "is null", without, "bad_pmid"),
    )
    for name, pmids, description, expected, reason in cases:
        publications = [reference(pmid) | ({"url": None} if not pmid else {}) for pmid in pmids]
        yield Variant(
            "C26",
            name,
            f"A PubMed id {description}.",
            expected,
            reason,
            gene_wide(source_references=references(publications)),
        )
