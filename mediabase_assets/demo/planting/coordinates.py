"""Planted damage of places and values: coordinates that differ or are bad, bad fold changes (C18, C19, C27).

Contains rows whose `coordinates`, `chromosome` or `expression_fold_change` is damaged.
"""

from collections.abc import Iterator
from typing import Any

from mediabase_assets.demo.planting.variant import Planted, Slot, Variant, one_of_two
from mediabase_assets.demo.rows import clean_row

_UNKNOWN = "Coordinates unknown (NULL), the raw value in quarantine; the gene's span comes from its other transcript."
_COERCED = "Read as the numbers that they are, counted as repaired."

#: Name, value, whether it can be read.
_BAD: tuple[tuple[str, Any, bool], ...] = (
    ("missing-end", {"start": 1_000_000, "strand": 1}, False),
    ("missing-all", {}, False),
    ("null-start", {"start": None, "end": 1_005_000, "strand": 1}, False),
    ("start-after-end", {"start": 1_005_000, "end": 1_000_000, "strand": 1}, False),
    ("zeros", {"start": 0, "end": 0, "strand": 0}, False),
    ("non-number", {"start": "unknown", "end": "1005000", "strand": 1}, False),
    ("beyond-bigint", {"start": 1, "end": 92233720368547758080, "strand": 1}, False),
    ("negative", {"start": -1_000_000, "end": 1_005_000, "strand": 1}, False),
    ("numeric-text", {"start": "1000000", "end": "1005000", "strand": "-1"}, True),
    ("strand-plus", {"start": 1_000_000, "end": 1_005_000, "strand": "+"}, True),
    ("strand-minus", {"start": 1_000_000, "end": 1_005_000, "strand": "-"}, True),
)
_FOLD_CHANGES = (
    ("zero", 0.0),
    ("negative", -2.5),
    ("nan", float("nan")),
    ("infinity", float("inf")),
    ("minus-infinity", float("-inf")),
)


def variants() -> Iterator[Variant]:
    """The variants of this module, in order of their code."""
    yield Variant(
        "C18",
        "spans",
        "Three transcripts of one gene span different intervals.",
        "The gene spans from the least start to the greatest end; each transcript keeps its own interval.",
        "",
        _spans,
    )
    majority = "The gene lies where most of its transcripts lie; the difference is reported."
    yield Variant("C18", "strand", "One of three transcripts has the other strand.", majority, "locus_differs", _strand)
    yield Variant("C18", "chromosome", "One of three transcripts lies on another chromosome.", majority, "locus_differs", _place)
    for name, value, is_readable in _BAD:
        looks_like = f"One of two transcripts has the coordinates {value}."
        expected, reason = (_COERCED, "coordinates_coerced") if is_readable else (_UNKNOWN, "bad_coordinates")
        yield Variant("C19", name, looks_like, expected, reason, one_of_two(coordinates=value))
    for name, number in _FOLD_CHANGES:
        yield Variant(
            "C27",
            name,
            f"One of two transcripts has the fold change {number}.",
            "The value is quarantined, the transcript kept without it.",
            "bad_fold_change",
            one_of_two(expression_fold_change=number),
        )


def _spans(slot: Slot) -> list[Planted]:
    return [
        Planted(clean_row(slot.gene(), n, coordinates={"start": start, "end": start + 3_000, "strand": -1}))
        for n, start in enumerate((2_000_000, 2_000_750, 2_040_000), start=1)
    ]


def _strand(slot: Slot) -> list[Planted]:
    first, *others = (clean_row(slot.gene(), n) for n in (1, 2, 3))
    turned = first | {"coordinates": first["coordinates"] | {"strand": -1}}
    return [Planted(turned), *(Planted(row, is_damaged=False) for row in others)]


def _place(slot: Slot) -> list[Planted]:
    first, *others = (clean_row(slot.gene(), n) for n in (1, 2, 3))
    return [Planted(first | {"chromosome": "chr9"}), *(Planted(row, is_damaged=False) for row in others)]
