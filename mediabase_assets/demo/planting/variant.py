"""What a planted variant of damage is, and the ways to make its rows.

Contains the value type and the helpers that the modules beside this one share; no particular damage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mediabase_assets.demo.rows import PlantedGene, Values, clean_row, with_go_names


class Planted(NamedTuple):
    """One row of a variant.

    Attributes:
        values: The legacy row.
        is_damaged: Whether it carries the damage; the others are its clean companions.
    """

    values: Values
    is_damaged: bool = True


class Slot(NamedTuple):
    """The range of ids that a variant has to itself.

    Attributes:
        code: Number of the kind of damage; 90 for what is only odd.
        variant: Number of the variant within the code, from 1.
    """

    code: int
    variant: int

    def gene(self, number: int = 1, **changes: Any) -> PlantedGene:
        """A gene of the variant, with a symbol that nothing else has unless one is given."""
        symbol = changes.pop("symbol", f"DEMOC{self.code:02d}V{self.variant:02d}N{number}")
        return PlantedGene(self.code, self.variant, number, symbol, **changes)


Plant = Callable[[Slot], list[Planted]]


@dataclass(frozen=True)
class Variant:
    """One way in which a kind of damage looks.

    Attributes:
        code: `C1` to `C28` of the legacy contract, or `X` for odd values that are not damage.
        name: What distinguishes it from the others of its code.
        looks_like: What the rows hold, one sentence.
        expected: What the migration must do with them, one sentence.
        reason: The reason code under which the migration accounts for it, empty where it is simply kept.
        plant: Makes its rows.
        winner: For variants in which genes compete for a symbol, the number of the gene that must keep it.
    """

    code: str
    name: str
    looks_like: str
    expected: str
    reason: str
    plant: Plant
    winner: int | None = None

    @property
    def key(self) -> str:
        """Its name in the catalogue and in reports, such as `C4-y-rna`."""
        return f"{self.code}-{self.name}"


def _resolved(row: Values, changes: dict[str, Any]) -> Values:
    changed = row | {name: change(row) if callable(change) else change for name, change in changes.items()}
    return with_go_names(changed) if "go_terms" in changes else changed


def gene_wide(**changes: Any) -> Plant:
    """One gene whose two transcripts both carry the damage; a callable gets the clean row."""

    def plant(slot: Slot) -> list[Planted]:
        return [Planted(_resolved(clean_row(slot.gene(), n), changes)) for n in (1, 2)]

    return plant


def one_of_two(**changes: Any) -> Plant:
    """One gene whose first transcript carries the damage and whose second is clean."""

    def plant(slot: Slot) -> list[Planted]:
        return [
            Planted(_resolved(clean_row(slot.gene(), 1), changes)),
            Planted(clean_row(slot.gene(), 2), is_damaged=False),
        ]

    return plant


def lone_row(**changes: Any) -> Plant:
    """One gene with one transcript, which carries the damage."""

    def plant(slot: Slot) -> list[Planted]:
        return [Planted(_resolved(clean_row(slot.gene()), changes))]

    return plant


def competing(symbol: str, *genes: dict[str, Any], gene_type: str = "protein_coding") -> Plant:
    """Genes of one symbol, each clean but for its changes; `transcripts` says how many it has (1)."""

    def plant(slot: Slot) -> list[Planted]:
        rows = []
        for number, changes in enumerate(genes, start=1):
            rest = {name: value for name, value in changes.items() if name != "transcripts"}
            gene = slot.gene(number, symbol=symbol, gene_type=gene_type)
            rows += [Planted(_resolved(clean_row(gene, n), rest)) for n in range(1, changes.get("transcripts", 1) + 1)]
        return rows

    return plant


def feature(**changes: Any) -> Callable[[Values], dict[str, Any]]:
    """`features` of the clean row with other values; None removes a key."""

    def change(row: Values) -> dict[str, Any]:
        merged: dict[str, Any] = row["features"] | changes
        return {name: value for name, value in merged.items() if value is not None}

    return change
