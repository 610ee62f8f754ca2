"""Planted damage of JSON shapes: values that are not objects, other shapes of GO terms, odd but sound values (C15-C17, X).

Contains rows whose JSON has an unexpected form; wrong content in the right form is in `drugs` and `annotation`.
"""

from collections.abc import Iterator
from typing import Any

from mediabase_assets.demo.planting.variant import Plant, Planted, Slot, Variant, gene_wide, lone_row
from mediabase_assets.demo.rows import (
    JSON_NULL,
    Values,
    clean_row,
    made_up_drug,
    made_up_go,
    reference,
    references,
    with_go_names,
)

_SCALARS: tuple[tuple[str, Any], ...] = (("text", "damaged"), ("number", 42), ("null", JSON_NULL), ("bool", True))
_RAW = "The raw value goes to quarantine with its path; the rest of the row is kept."
_HUGE = 1_048_576
_DEEP = 200


def variants() -> Iterator[Variant]:
    """The variants of this module, in order of their code."""
    yield from _not_objects()
    yield from _go_shapes()
    yield from _inherited()
    yield from _odd()


def _array_of_objects(column: str) -> Plant:
    """A list with one member, where the column holds an object."""

    def plant(slot: Slot) -> list[Planted]:
        serial = slot.gene().serial
        members: dict[str, Any] = {
            "drugs": made_up_drug(f"listed drug {serial}"),
            "go_terms": {"go_id": f"GO:{3_000_000 + serial * 3}"} | next(iter(made_up_go(serial).values())),
            "coordinates": {"start": 1_000_000, "end": 1_005_000, "strand": 1},
            "features": {"TSL": "1"},
            "alt_transcript_ids": {"CCDS": f"CCDS95{serial}.1"},
            "alt_gene_ids": {"HGNC": f"HGNC:95{serial:07d}"},
            "source_references": reference(f"97{serial:06d}"),
            "pharmgkb_pathways": {"pathway_id": f"PA98{serial:07d}", "pathway_name": f"Listed pathway {serial}"},
            "pharmgkb_variants": {"variant_id": f"rs95{serial:07d}", "variant_type": "SNP"},
        }
        return [Planted(with_go_names(clean_row(slot.gene()) | {column: [members[column]]}))]

    return plant


_COLUMNS = (
    "drugs",
    "go_terms",
    "coordinates",
    "features",
    "alt_transcript_ids",
    "alt_gene_ids",
    "source_references",
    "pharmgkb_pathways",
    "pharmgkb_variants",
)


_REASON_OF_LIST = {
    "drugs": "array_salvaged",
    "go_terms": "array_salvaged",
    "source_references": "array_salvaged",
    "coordinates": "bad_coordinates",
    "pharmgkb_pathways": "bad_identifier",
}


def _not_objects() -> Iterator[Variant]:
    for column in _COLUMNS:
        name = column.replace("_", "-")
        yield Variant(
            "C15",
            f"{name}-array",
            f"{column} is a list with an object in it.",
            "Members that can be read are kept as salvaged, any other goes to quarantine with its path.",
            _REASON_OF_LIST.get(column, "not_an_object"),
            _array_of_objects(column),
        )
        for kind, value in _SCALARS:
            yield Variant(
                "C15",
                f"{name}-{kind}",
                f"{column} is a JSON {kind}.",
                _RAW,
                "bad_coordinates" if column == "coordinates" else "not_an_object",
                lone_row(**{column: value}),
            )
    nested = (
        ("drug", "drugs", lambda row: row["drugs"] | {"9200000001": "a text"}, "A drug's value is a text."),
        (
            "reference",
            "source_references",
            lambda row: row["source_references"] | {"publications": "none"},
            "A section of source_references is a text.",
        ),
        (
            "reference-member",
            "source_references",
            lambda row: references([*row["source_references"]["publications"], 17]),
            "A member of a list of references is a number.",
        ),
    )
    for name, column, change, looks_like in nested:
        yield Variant("C15", f"nested-{name}", looks_like, _RAW, "not_an_object", lone_row(**{column: change}))
    empty = "Counts as empty."
    yield Variant("C15", "empty-array", "drugs is an empty list.", empty, "", lone_row(drugs=[]))


def _go_shapes() -> Iterator[Variant]:
    aspects = {
        "molecular_function": ["GO:0005515", "GO:0005524"],
        "cellular_component": ["GO:0005634"],
        "biological_process": ["GO:0006915"],
    }
    yield Variant(
        "C16",
        "aspect-keyed",
        "GO ids are listed under their aspect.",
        "Read as GO terms of that aspect; names come from other rows.",
        "go_aspect_keyed",
        gene_wide(go_terms=aspects),
    )
    yield Variant(
        "C16",
        "text-values",
        "A GO id holds the term's name alone.",
        "Read as a GO term without evidence.",
        "go_text_value",
        gene_wide(go_terms={"GO:0005515": "protein binding", "GO:0005634": "nucleus"}),
    )
    other = {"GO:0005524": {"name": "ATP binding", "namespace": "molecular_function", "evidence": ["IDA", "IEA"]}}
    yield Variant(
        "C16",
        "integrated",
        "A GO term has name, namespace and a list of evidence.",
        "Read as a GO term with both evidence codes known.",
        "go_other_shape",
        gene_wide(go_terms=other),
    )
    yield Variant(
        "C16",
        "with-pmid",
        "GO terms still have the `pmid` key of the first pass.",
        "Kept.",
        "",
        gene_wide(go_terms=lambda row: {i: t | {"pmid": "97000001"} for i, t in row["go_terms"].items()}),
    )


def _inherited() -> Iterator[Variant]:
    yield Variant(
        "C17",
        "inherited",
        "The evidence of a GO term is `Inherited from GO:0005654`.",
        "Kept as inherited from that term, evidence code NULL.",
        "inherited_evidence",
        gene_wide(go_terms=_with_ancestor),
    )


def _with_ancestor(row: Values) -> dict[str, Any]:
    ancestor = {"term": "nucleus", "evidence": "Inherited from GO:0005654", "aspect": "cellular_component"}
    terms: dict[str, Any] = row["go_terms"]
    return terms | {"GO:0005634": ancestor}


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"end": True}
    for _ in range(levels):
        value = {"next": value}
    return value


def _odd() -> Iterator[Variant]:
    unicode = "cafe\u0301 \u202b\u05d3\u05de\u05d5\u202c \U0001f9ec \u03b2-\u00b5\u200bdemo"
    yield Variant(
        "X",
        "unicode",
        "Drug, GO and pathway names hold combining characters, right-to-left text, emoji and a zero-width space.",
        "Kept character for character.",
        "",
        gene_wide(
            drugs={"9200000002": made_up_drug(unicode)},
            pathways=[f"{unicode} [Reactome:R-HSA-990000001]"],
            go_terms={"GO:8999999": {"term": unicode, "evidence": "IDA", "aspect": "biological_process"}},
        ),
    )
    yield Variant(
        "X",
        "huge",
        "An unknown key of features holds a text of 1 MiB.",
        "Reported as an unknown key, complete; the rest of the row is kept.",
        "unknown_key",
        lone_row(features=lambda row: row["features"] | {"note": "MEDIABASE demo! " * (_HUGE // 16)}),
    )
    yield Variant(
        "X",
        "deep",
        "An unknown key of features holds objects 200 levels deep.",
        "Reported as an unknown key, complete; the rest of the row is kept.",
        "unknown_key",
        lone_row(features=lambda row: row["features"] | {"tree": _nested(_DEEP)}),
    )
