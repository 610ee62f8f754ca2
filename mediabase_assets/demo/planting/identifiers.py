"""Planted damage of gene and transcript ids: versions, PAR_Y, missing gene ids (C6, C7, C11).

Contains rows whose `gene_id` or `transcript_id` is damaged; accessions of other authorities are in `annotation`.
"""

from collections.abc import Iterator
from typing import Any

from mediabase_assets.demo.planting.variant import Plant, Planted, Slot, Variant, feature
from mediabase_assets.demo.rows import PlantedGene, Values, clean_row

_PAR_X = {"start": 1_500_000, "end": 1_505_000, "strand": 1}
_PAR_Y = {"start": 1_450_000, "end": 1_455_000, "strand": 1}


def variants() -> Iterator[Variant]:
    """The variants of this module, in order of their code."""
    yield from _versions()
    yield from _par_y()
    yield from _missing_gene_ids()


def _renamed(row: Values, transcript_id: str, gene_id: str | None, **changes: Any) -> Values:
    return row | {"transcript_id": transcript_id, "gene_id": gene_id} | changes


def _versions() -> Iterator[Variant]:
    def versioned(name: str, looks_like: str, plant: Plant) -> Variant:
        expected = "The version is split off and kept beside the id; rows of one gene stay one gene."
        return Variant("C6", name, looks_like, expected, "versioned_id", plant)

    yield versioned("both-ids", "Era E1: transcript id and gene id carry a version.", _versioned(".3", ".17"))
    yield versioned("transcript-only", "Era E2: the transcript id alone carries a version.", _versioned(".3", ""))
    yield versioned("gene-only", "The gene id alone carries a version.", _versioned("", ".17"))
    yield versioned("mixed-gene", "One gene appears with its bare id on one row and with its version on two others.", _mixed)
    yield Variant(
        "C6",
        "reloaded",
        "The same transcript occurs twice, with and without version, with the same annotation.",
        "One transcript with the version known; the second row is merged.",
        "versioned_id",
        _reloaded,
    )


def _versioned(transcript: str, gene: str) -> Plant:
    def plant(slot: Slot) -> list[Planted]:
        rows = (clean_row(slot.gene(), n, features={}) for n in (1, 2))
        return [Planted(_renamed(row, row["transcript_id"] + transcript, row["gene_id"] + gene)) for row in rows]

    return plant


def _mixed(slot: Slot) -> list[Planted]:
    bare, *versioned = (clean_row(slot.gene(), n) for n in (1, 2, 3))
    return [
        Planted(bare, is_damaged=False),
        *(Planted(row | {"gene_id": row["gene_id"] + ".17"}) for row in versioned),
    ]


def _reloaded(slot: Slot) -> list[Planted]:
    row = clean_row(slot.gene())
    twin = _renamed(row, row["transcript_id"] + ".1", row["gene_id"] + ".1")
    return [Planted(row, is_damaged=False), Planted(twin)]


def _par_y() -> Iterator[Variant]:
    def par(name: str, looks_like: str, plant: Plant, expected: str = "") -> Variant:
        expected = expected or "One gene, marked as PAR, at its locus on chromosome X."
        return Variant("C7", name, looks_like, expected, "par_y_duplicate" if name == "e2" else "par_y", plant)

    yield par("e1-pair", "Era E1: a row X.N on chrX and a row X.N_PAR_Y on chrY, in both ids.", _e1_pair)
    yield par(
        "e1-orphan",
        "Era E1: only the _PAR_Y row exists.",
        _e1_orphan,
        "The gene is kept under its own id, marked as PAR, on chromosome Y.",
    )
    yield par("e2", "Era E2: one gene id on chrX and chrY, only the transcript id ends in _PAR_Y.", _e2)
    yield par("ensgr-pair", "Old GENCODE: ENSGR and ENSTR ids on chrY beside the gene's own on chrX.", _ensgr_pair)
    yield par(
        "ensgr-orphan",
        "Old GENCODE: only the ENSGR row exists.",
        _ensgr_orphan,
        "The gene is kept under its own id, marked as PAR, on chromosome Y.",
    )
    yield par(
        "e3",
        "Era E3: the gene's own ids with chrY and its coordinates; only features say _PAR_Y.",
        _e3,
        "One gene, marked as PAR; nothing in the rows gives its locus on chromosome X.",
    )


def _on_x(row: Values) -> Values:
    return row | {"chromosome": "chrX", "coordinates": _PAR_X}


def _on_y(row: Values) -> Values:
    return row | {"chromosome": "chrY", "coordinates": _PAR_Y}


def _e1_pair(slot: Slot) -> list[Planted]:
    row = clean_row(slot.gene(), features={})
    x = _renamed(_on_x(row), row["transcript_id"] + ".4", row["gene_id"] + ".15")
    y = _renamed(_on_y(row), row["transcript_id"] + ".4_PAR_Y", row["gene_id"] + ".15_PAR_Y")
    return [Planted(x, is_damaged=False), Planted(y)]


def _e1_orphan(slot: Slot) -> list[Planted]:
    row = clean_row(slot.gene(), features={})
    return [Planted(_renamed(_on_y(row), row["transcript_id"] + ".4_PAR_Y", row["gene_id"] + ".15_PAR_Y"))]


def _e2(slot: Slot) -> list[Planted]:
    row = clean_row(slot.gene(), features={})
    x = _renamed(_on_x(row), row["transcript_id"] + ".4", row["gene_id"])
    y = _renamed(_on_y(row), row["transcript_id"] + ".4_PAR_Y", row["gene_id"])
    return [Planted(x, is_damaged=False), Planted(y)]


def _old_gencode(row: Values) -> Values:
    """ENSGR and ENSTR in place of ENSG0 and ENST0."""
    return _renamed(_on_y(row), "ENSTR" + row["transcript_id"][5:] + ".4", "ENSGR" + row["gene_id"][5:] + ".15", features={})


def _ensgr_pair(slot: Slot) -> list[Planted]:
    row = clean_row(slot.gene())
    own = _renamed(
        _on_x(row),
        "ENST0" + row["transcript_id"][5:] + ".4",
        "ENSG0" + row["gene_id"][5:] + ".15",
        features={},
        alt_gene_ids={},
    )
    return [Planted(own, is_damaged=False), Planted(_old_gencode(row) | {"alt_gene_ids": {}})]


def _ensgr_orphan(slot: Slot) -> list[Planted]:
    return [Planted(_old_gencode(clean_row(slot.gene())) | {"alt_gene_ids": {}})]


def _e3(slot: Slot) -> list[Planted]:
    rows = []
    for n in (1, 2):
        row = _on_y(clean_row(slot.gene(), n))
        features = feature(gene_id_versioned=f"{row['gene_id']}.15_PAR_Y", transcript_id_versioned=f"{row['transcript_id']}.4_PAR_Y")
        rows.append(Planted(row | {"features": features(row)}))
    return rows


def _missing_gene_ids() -> Iterator[Variant]:
    def resolved(name: str, looks_like: str, plant: Plant, how: str) -> Variant:
        return Variant("C11", name, looks_like, f"Resolved {how}.", "missing_gene_id", plant)

    by_features = "by features.gene_id_versioned"
    for name, blank in (("null", None), ("empty", ""), ("blank", "  ")):
        text = f"The gene id is {name}; features name the gene."
        yield resolved(f"features-{name}", text, _lacking(blank, alt_gene_ids={}), by_features)
    yield resolved(
        "alt-gene-ids",
        "The gene id is missing; alt_gene_ids.Ensembl names the gene.",
        _lacking(None, features={}),
        "by alt_gene_ids.Ensembl",
    )
    yield resolved(
        "same-symbol",
        "The gene id is missing and no other id exists; another row has the same symbol and a gene id.",
        _lacking(None, features={}, alt_gene_ids={}),
        "by the one gene of the same symbol",
    )
    quarantined = "Quarantined; an id is never invented."
    yield Variant(
        "C11",
        "ambiguous",
        "The gene id is missing, and two genes (in conflict themselves) have the same symbol.",
        quarantined,
        "gene_id_ambiguous",
        _ambiguous,
    )
    yield Variant(
        "C11",
        "unresolvable",
        "The gene id is missing and nothing else names a gene.",
        quarantined,
        "gene_id_unresolvable",
        _nameless("DEMONOID1"),
    )
    yield Variant(
        "C11",
        "no-symbol-either",
        "Gene id and symbol are missing and nothing else names a gene.",
        quarantined,
        "gene_id_unresolvable",
        _nameless(None),
    )


def _lacking(gene_id: str | None, **changes: Any) -> Plant:
    """A gene with one clean transcript and one without gene id."""

    def plant(slot: Slot) -> list[Planted]:
        gene: PlantedGene = slot.gene()
        damaged = clean_row(gene, 1, gene_id=gene_id, **changes)
        return [Planted(damaged), Planted(clean_row(gene, 2), is_damaged=False)]

    return plant


def _ambiguous(slot: Slot) -> list[Planted]:
    genes = [slot.gene(n, symbol="DEMOAMBIGUOUS") for n in (1, 2, 3)]
    damaged = clean_row(genes[2], gene_id=None, features={}, alt_gene_ids={})
    return [Planted(damaged), *(Planted(clean_row(gene), is_damaged=False) for gene in genes[:2])]


def _nameless(symbol: str | None) -> Plant:
    def plant(slot: Slot) -> list[Planted]:
        row = clean_row(slot.gene(), gene_id=None, features={}, alt_gene_ids={})
        return [Planted(row | {"gene_symbol": symbol})]

    return plant
