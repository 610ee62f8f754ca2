"""The catalogue of planted damage: every kind of the legacy contract, C1 to C28, in one or more variants.

Contains what joins the modules of `planting` into one catalogue and makes the rows. Each variant has genes of its
own, so that none disturbs another, and the same number of rows at any size of the database. Some kinds are natural too:
redundancy (C20) and mislabelled protein ids (C24) are on every gene of several transcripts, as in the old database.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mediabase_assets.demo.planting import annotation, coordinates, drugs, identifiers, json_shapes, symbols
from mediabase_assets.demo.planting.variant import Planted, Slot, Variant

ODD = "X"
"""The code of values that are odd but sound."""

CODES: tuple[str, ...] = tuple(f"C{number}" for number in range(1, 29))
"""The kinds of damage of the legacy contract."""


class PlantedVariant(NamedTuple):
    """A variant with its rows.

    Attributes:
        variant: Of the catalogue.
        rows: All of them, with clean companions.
        winner: The gene id that must keep a contested symbol, None where none is contested.
    """

    variant: Variant
    rows: tuple[Planted, ...]
    winner: str | None


@cache
def catalogue() -> tuple[Variant, ...]:
    """Every variant, in order of code."""
    unsorted = [v for module in (drugs, symbols, identifiers, json_shapes, coordinates, annotation) for v in module.variants()]
    return tuple(sorted(unsorted, key=lambda variant: _number(variant.code)))


@cache
def planted_variants() -> tuple[PlantedVariant, ...]:
    """Every variant with its rows; always the same."""
    return tuple(_planted())


def _planted() -> Iterator[PlantedVariant]:
    counts: dict[str, int] = {}
    for variant in catalogue():
        counts[variant.code] = counts.get(variant.code, 0) + 1
        slot = Slot(_number(variant.code), counts[variant.code])
        winner = None if variant.winner is None else slot.gene(variant.winner).gene_id
        yield PlantedVariant(variant, tuple(variant.plant(slot)), winner)


def _number(code: str) -> int:
    return 90 if code == ODD else int(code[1:])
