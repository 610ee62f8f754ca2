"""The columns beside the effect: p values, mean expression, standard error, of the same contrast.

Contains their choice by header, and what is said where one is missing or is another thing (s values, -log10 of p).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mediabase_assets.model.patients import ReadOptions, Role
from mediabase_assets.patients.reading.effects import SCALES, Effect
from mediabase_assets.patients.reading.grid import Grid, plain
from mediabase_assets.patients.reading.words import Meaning, meaning

_ROLES: Mapping[Role, Meaning] = {
    Role.P_VALUE: Meaning.P,
    Role.ADJUSTED_P_VALUE: Meaning.ADJUSTED,
    Role.BASE_MEAN: Meaning.BASE_MEAN,
    Role.AVERAGE_EXPRESSION: Meaning.AVERAGE,
    Role.STANDARD_ERROR: Meaning.ERROR,
}
_LOGS: Mapping[Role, Meaning] = {Role.P_VALUE: Meaning.NEG_LOG_P, Role.ADJUSTED_P_VALUE: Meaning.NEG_LOG_ADJUSTED}


@dataclass(frozen=True)
class Companions:
    """The columns beside the effect.

    Attributes:
        columns: Index by role.
        logs: The roles whose column holds -log10 of the value.
        notes: What was assumed or is missing.
    """

    columns: Mapping[Role, int]
    logs: frozenset[Role]
    notes: tuple[str, ...]


def choose_companions(grid: Grid, effect: Effect, options: ReadOptions) -> Companions:
    """Choose the columns beside the effect.

    Raises:
        PatientFileError: A column that a person gave does not exist.
    """
    chosen: dict[Role, int] = {}
    logs: set[Role] = set()
    notes: list[str] = []
    for role, what in _ROLES.items():
        if role in options.columns:
            chosen[role] = grid.find(options.columns[role])
            continue
        found = _of_contrast(grid, effect, what)
        if not found and role in _LOGS and (found := _of_contrast(grid, effect, _LOGS[role])):
            logs.add(role)
            notes.append(f"{grid.name(found[0])} holds -log10 of the {role.value.replace('_', ' ')}; it was turned back.")
        if found:
            chosen[role] = found[0]
            if len(found) > 1:
                notes.append(f"{grid.listing(found)}: the first was taken as {role.value.replace('_', ' ')}.")
    if any(meaning(header).what is Meaning.S_VALUE for header in grid.headers):
        notes.append("The column of s values is no p value and was left out.")
    if Role.P_VALUE not in chosen and Role.ADJUSTED_P_VALUE not in chosen:
        notes.append("The file has no p value: significance is unknown.")
    taken = {effect.index}
    for role in list(chosen):
        if chosen[role] in taken:
            del chosen[role]
        else:
            taken.add(chosen[role])
    return Companions(chosen, frozenset(logs), tuple(notes))


def _of_contrast(grid: Grid, effect: Effect, what: Meaning) -> list[int]:
    """Columns of a meaning that belong to the effect: with the same contrast, or without any where the file has one effect."""
    found = [(index, meaning(header)) for index, header in enumerate(grid.headers)]
    found = [(index, heading) for index, heading in found if heading.what is what and not heading.qualifier]
    same = [index for index, heading in found if plain(heading.contrast) == plain(effect.contrast)]
    if same:
        return same
    is_only = len(effect.labels) <= 1
    if effect.contrast:
        shared = what in (Meaning.AVERAGE, Meaning.BASE_MEAN)
        return [index for index, heading in found if not heading.contrast] if is_only or shared else []
    others = [index for index, _ in found]
    return others if is_only and len(others) == 1 else []


def roles_by_header(grid: Grid, effect: Effect, companions: Companions, ids: list[int]) -> dict[Role, str]:
    """Headers by role, for the report."""
    role = next(role for role, scale in SCALES.items() if scale is effect.scale)
    named = {Role.ID: " or ".join(grid.name(index) for index in ids), role: grid.name(effect.index)}
    return named | {role: grid.name(index) for role, index in companions.columns.items()}
