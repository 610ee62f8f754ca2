"""Planted damage of symbols: shared, invalid, missing, blank and odd ones (C4, C5, C8-C10, C12-C14).

Contains rows whose gene symbol is damaged; identifiers are in `identifiers`.
"""

from collections.abc import Iterator
from typing import Any

from mediabase_assets.demo.planting.variant import (
    Plant,
    Planted,
    Slot,
    Variant,
    competing,
    feature,
    gene_wide,
    lone_row,
    one_of_two,
)
from mediabase_assets.demo.rows import Values, clean_row

_BEST = "The best gene keeps the symbol, the others go to quarantine with their transcripts and the winner's id."


def _without_hgnc(row: Values) -> dict[str, Any]:
    return {name: value for name, value in row["alt_gene_ids"].items() if name != "HGNC"}


def _par_copy(row: Values) -> dict[str, Any]:
    versions = {name: f"{row[name]}.1_PAR_Y" for name in ("gene_id", "transcript_id")}
    return feature(gene_id_versioned=versions["gene_id"], transcript_id_versioned=versions["transcript_id"])(row)


def _gene_version(version: int) -> dict[str, Any]:
    return {
        "features": lambda row: feature(gene_id_versioned=f"{row['gene_id']}.{version}")(row),
        "alt_gene_ids": lambda row: row["alt_gene_ids"] | {"Ensembl": f"{row['gene_id']}.{version}"},
    }


#: Name, what decides, the changes of the losing gene 1 and of the winning gene 2; all else is equal.
_TIES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("score", "one has no gene type and so fewer points", {"gene_type": None}, {}),
    ("primary-chromosome", "one lies on a scaffold", {"chromosome": "KI270728.1"}, {}),
    ("par", "one is a PAR_Y gene", {"chromosome": "chrY", "features": _par_copy}, {}),
    ("hgnc", "one has no HGNC id", {"alt_gene_ids": _without_hgnc}, {}),
    ("gene-type", "one is a pseudogene", {"gene_type": "processed_pseudogene"}, {}),
    ("sources", "one has no drugs", {"drugs": {}}, {}),
    ("transcripts", "one has more transcripts", {}, {"transcripts": 3}),
    ("annotation-level", "one has the better annotation level", {}, {"features": feature(annotation_level="1")}),
    ("gene-version", "one has the higher version", _gene_version(2), _gene_version(7)),
)


def variants() -> Iterator[Variant]:
    """The variants of this module, in order of their code."""
    yield from _several_genes()
    yield from _invalid()
    yield from _missing()
    yield from _odd()


def _several_genes() -> Iterator[Variant]:
    def conflict(name: str, looks_like: str, plant: Plant, winner: int) -> Variant:
        return Variant("C4", name, looks_like, _BEST, "symbol_conflict", plant, winner)

    same: dict[str, Any] = {}
    yield conflict(
        "y-rna",
        "Six genes are called Y_RNA and equal in every respect, so that the lowest gene id decides.",
        competing("Y_RNA", same, same, same, same, same, same, gene_type="misc_RNA"),
        1,
    )
    bare = {"alt_gene_ids": _without_hgnc}
    yield conflict(
        "u6",
        "Four genes are called U6, the third alone has an HGNC id.",
        competing("U6", bare, bare, same, bare, gene_type="snRNA"),
        3,
    )
    yield conflict(
        "7sk",
        "Three genes are called 7SK, the second has more transcripts.",
        competing("7SK", same, {"transcripts": 2}, same, gene_type="misc_RNA"),
        2,
    )
    for name, decides, loser, winner in _TIES:
        symbol = f"DEMOTIE-{name.upper()}"
        yield conflict(f"tie-{name}", f"Two genes share a symbol; {decides}.", competing(symbol, loser, winner), 2)
    yield conflict(
        "tie-gene-id",
        "Two genes share a symbol and are equal; the lower gene id decides.",
        competing("DEMOTIE-GENE-ID", same, same),
        1,
    )


def _invalid() -> Iterator[Variant]:
    def invalid(name: str, looks_like: str, plant: Plant, reason: str = "invalid_symbol") -> Variant:
        return Variant("C5", name, looks_like, "Quarantined with its transcripts, never deleted.", reason, plant)

    same: dict[str, Any] = {}
    yield invalid(
        "metazoa-srp",
        "Five genes are called Metazoa_SRP.",
        competing("Metazoa_SRP", same, same, same, same, same, gene_type="misc_RNA"),
    )
    for name, symbol in (
        ("scaffold", "scaffold_1"),
        ("contig", "contig_2"),
        ("uncharacterized", "uncharacterized_demo"),
        ("underscores", "DEMO_A_B_C_D"),
    ):
        yield invalid(name, f"The symbol is {symbol}.", lone_row(gene_symbol=symbol))
    long = "DEMO" + "LONGSYMBOL" * 5
    yield invalid("too-long", "The symbol has 54 characters.", lone_row(gene_symbol=long), "symbol_too_long")
    yield Variant(
        "C5",
        "only-looks-invalid",
        "Symbols that hold `loc`, `contig` or three underscores inside a name, such as LOC990000001.",
        "Kept: the rules are anchored, only whole symbols match.",
        "",
        _look_alikes,
    )


def _look_alikes(slot: Slot) -> list[Planted]:
    symbols = ("LOC990000001", "DEMOLOC1", "CLOCKDEMO", "DEMOCONTIG", "DEMO_A_B_C")
    return [Planted(clean_row(slot.gene(n, symbol=symbol))) for n, symbol in enumerate(symbols, start=1)]


def _missing() -> Iterator[Variant]:
    named_by_id = "The gene id serves as symbol."
    for name, symbol in (("null", None), ("empty", "")):
        text = f"The symbol is {'NULL' if symbol is None else 'an empty text'}."
        yield Variant("C8", name, text, named_by_id, "missing_symbol", gene_wide(gene_symbol=symbol))
    for name, symbol in (("spaces", "   "), ("tab", "\t")):
        text = f"The symbol is white space ({name})."
        yield Variant("C9", name, text, named_by_id, "blank_symbol", gene_wide(gene_symbol=symbol))
    trimmed = "Trimmed and counted as repaired; the gene stays one."
    yield Variant(
        "C10",
        "trailing",
        "One of two transcripts has a space after the symbol.",
        trimmed,
        "white_space",
        one_of_two(gene_symbol=lambda row: row["gene_symbol"] + " "),
    )
    yield Variant(
        "C10",
        "leading",
        "Both transcripts have white space before the symbol.",
        trimmed,
        "white_space",
        gene_wide(gene_symbol=lambda row: "  " + row["gene_symbol"]),
    )


def _odd() -> Iterator[Variant]:
    yield Variant(
        "C12",
        "case",
        "Two genes are called C1orf9901 and C1ORF9901.",
        "Both are kept under their own spelling and reported as a pair.",
        "",
        _spelt("C1orf9901", "C1ORF9901"),
    )
    kept = "Kept unaltered."
    yield Variant(
        "C13",
        "punctuation",
        "Symbols with hyphens, dots, at-signs, apostrophes, slashes and repeated hyphens.",
        kept,
        "",
        _spelt("DEMO-DRB1", "DEMO2-1", "MT-DEMO1", "DEMO.1", "DEMO@", "DEMO5'", "DEMO/6", "DEMO--7"),
    )
    yield Variant(
        "C14",
        "gene-id",
        "The symbol is the gene's own Ensembl id, as GENCODE names unnamed genes.",
        "Kept, with the source of the symbol recorded.",
        "",
        gene_wide(gene_symbol=lambda row: row["gene_id"]),
    )


def _spelt(*symbols: str) -> Plant:
    def plant(slot: Slot) -> list[Planted]:
        return [Planted(clean_row(slot.gene(n, symbol=symbol))) for n, symbol in enumerate(symbols, start=1)]

    return plant
