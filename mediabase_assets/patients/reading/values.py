"""Effects and what stands beside them, as numbers of one meaning: linear and log2 fold change, p, means, standard error in log2.

Contains the arithmetic, the reasons where a value is missing, and the refusals of columns that cannot be what their header says.
Formulas: fold change = 2^log2 = e^ln; signed linear x is x where x >= 1 and -1/x where x <= -1; the standard error of a natural log
divided by ln 2 is that of log2.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mediabase_assets.model.patients import NaReason, PatientFileError, Role, Scale
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.companions import Companions
from mediabase_assets.patients.reading.effects import Effect, option_for
from mediabase_assets.patients.reading.grid import Grid
from mediabase_assets.patients.reading.numbers import Floats, Numbers, to_numbers

#: A log2 fold change beyond it is none; DESeq2 ends near 30 where one group has no count.
_PLAUSIBLE = 50.0
#: Share of rows without an effect, those without any count not counted, above which a column holds no result.
_EMPTY = 0.9


@dataclass
class Values:
    """Numbers of the rows; NaN where there is none.

    Attributes:
        log2: Of the fold change.
        linear: The fold change.
        others: By role.
        reasons: A value of `NaReason` each, or None.
        notes: What was set aside.
    """

    log2: Floats
    linear: Floats
    others: dict[Role, Floats]
    reasons: npt.NDArray[np.object_]
    notes: list[str] = field(default_factory=list)


def read_values(grid: Grid, effect: Effect, companions: Companions, decimal: str, tool: str) -> Values:
    """Read the numbers.

    Raises:
        PatientFileError: The effect's column holds text, values that its scale cannot have, or hardly any value.
    """
    notes: list[str] = []
    numbers = _effect_numbers(grid, effect, decimal, notes)
    others = {role: _beside(grid, role, index, companions, decimal, notes) for role, index in companions.columns.items()}
    log2 = _as_log2(numbers.values.copy(), effect.scale, grid.name(effect.index))
    infinite = np.isinf(log2) | (np.abs(log2) > 1000)
    log2[infinite] = np.nan
    if effect.scale is Scale.LN and Role.STANDARD_ERROR in others:
        others[Role.STANDARD_ERROR] = others[Role.STANDARD_ERROR] / np.log(2)
    elif effect.scale is not Scale.LOG2 and others.pop(Role.STANDARD_ERROR, None) is not None:
        notes.append("The standard error is not of a logarithm and was left out.")
    _check_plausible(log2, infinite, grid.name(effect.index))
    reasons = np.full(grid.height, None, object)
    if tool == "Cuffdiff":
        _not_tested(grid, log2, others, reasons, decimal)
    _reasons(log2, infinite, others, reasons, tool)
    _check_filled(reasons, grid.name(effect.index))
    log2[np.equal(log2, 0)] = 0.0
    given = numbers.values if effect.scale is Scale.LINEAR else np.exp2(log2)
    linear = np.where(np.isnan(log2), np.nan, given)
    _note_significant_only(others, notes)
    return Values(log2, linear, others, reasons, notes)


def _effect_numbers(grid: Grid, effect: Effect, decimal: str, notes: list[str]) -> Numbers:
    numbers = to_numbers(grid.columns[effect.index], decimal)
    name, unreadable = grid.name(effect.index), len(numbers.unreadable)
    if unreadable:
        rows = ", ".join(str(row + 1) for row in numbers.unreadable[:5])
        raise PatientFileError(
            f"{counted(unreadable, 'cell')} of the column {name!r} {'is no number' if unreadable == 1 else 'are no numbers'}.",
            where=f"row {rows}",
            next_step="Correct them or empty them; one cell must hold one number.",
        )
    if numbers.error_cells:
        hold = "holds an error of the spreadsheet and counts" if numbers.error_cells == 1 else "hold an error of the spreadsheet and count"
        notes.append(f"{counted(numbers.error_cells, 'cell')} of {name} {hold} as empty.")
    if numbers.is_missing.all():
        raise PatientFileError(f"The column {name!r} holds no value.", where="table", next_step="Export the table again with its values.")
    return numbers


def _beside(grid: Grid, role: Role, index: int, companions: Companions, decimal: str, notes: list[str]) -> Floats:
    """A column beside the effect; what cannot be is NaN and counted."""
    numbers = to_numbers(grid.columns[index], decimal)
    values, name = numbers.values.copy(), grid.name(index)
    if len(numbers.unreadable):
        are = "is no number and was" if len(numbers.unreadable) == 1 else "are no numbers and were"
        notes.append(f"{counted(len(numbers.unreadable), 'cell')} of {name} {are} left out.")
    values[np.isinf(values) & ~np.isin(role, list(companions.logs))] = np.nan
    if role in companions.logs:
        wrong = values < 0
        values = np.power(10.0, -np.where(wrong, np.nan, values))
    elif role is Role.ADJUSTED_P_VALUE and (values > 1).any():
        over = int((values > 1).sum())
        are, were = ("is", "was") if over == 1 else ("are", "were")
        notes.append(f"{counted(over, 'value')} of {name} {are} over 1 (not capped by the tool) and {were} set to 1.")
        values = np.minimum(values, 1.0)
    wrong = _impossible(values, role)
    if wrong.any():
        were = "was" if wrong.sum() == 1 else "were"
        notes.append(f"{counted(int(wrong.sum()), 'value')} of {name} cannot be a {role.value.replace('_', ' ')} and {were} left out.")
        values[wrong] = np.nan
    return values


def _impossible(values: Floats, role: Role) -> npt.NDArray[np.bool_]:
    if role in (Role.P_VALUE, Role.ADJUSTED_P_VALUE):
        return (values < 0) | (values > 1)
    if role in (Role.BASE_MEAN, Role.STANDARD_ERROR):
        return values < 0
    return np.zeros(len(values), bool)


def _as_log2(values: Floats, scale: Scale, name: str) -> Floats:
    with np.errstate(all="ignore"):
        if scale is Scale.LOG2:
            return values
        if scale is Scale.LN:
            return np.divide(values, np.log(2))
        if scale is Scale.LINEAR:
            return _log2_of_linear(values, name)
        return _log2_of_signed(values, name)


def _log2_of_linear(values: Floats, name: str) -> Floats:
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0]) + 1
        raise PatientFileError(
            f"{counted(int(wrong.sum()), 'value')} of the column {name!r} {'is' if wrong.sum() == 1 else 'are'} negative or infinite;"
            " a linear fold change is neither.",
            where=f"first in row {row}",
            next_step=f"If it is a logarithm, give {option_for(Scale.LOG2, name)};"
            f" if -2 means one half, {option_for(Scale.SIGNED_LINEAR, name)}.",
        )
    log2: Floats = np.log2(values)
    return log2


def _log2_of_signed(values: Floats, name: str) -> Floats:
    wrong = (np.abs(values) < 1) | np.isinf(values)
    if wrong.any():
        lie = "lies between -1 and 1 or is" if wrong.sum() == 1 else "lie between -1 and 1 or are"
        row = int(np.flatnonzero(wrong)[0]) + 1
        raise PatientFileError(
            f"{counted(int(wrong.sum()), 'value')} of the column {name!r} {lie} infinite; a signed fold change has none.",
            where=f"first in row {row}",
            next_step=f"If it is a logarithm, give {option_for(Scale.LOG2, name)}.",
        )
    log2: Floats = np.sign(values) * np.log2(np.abs(values))
    return log2


def _check_plausible(log2: Floats, infinite: npt.NDArray[np.bool_], name: str) -> None:
    there = ~np.isnan(log2)
    huge = int((np.abs(log2[there]) > _PLAUSIBLE).sum()) + int(infinite.sum() if (np.abs(log2[there]) > _PLAUSIBLE).any() else 0)
    if huge * 100 > int(there.sum()) + huge and huge > 1:
        raise PatientFileError(
            f"{counted(huge, 'value')} of the column {name!r} are over {_PLAUSIBLE:.0f} in log2 (a quadrillion-fold):"
            " they are no fold changes.",
            where="table",
            next_step="They may be differences of raw counts. Run the test on log2 values, or use DESeq2, edgeR or limma-voom.",
        )


def _not_tested(grid: Grid, log2: Floats, others: dict[Role, Floats], reasons: npt.NDArray[np.object_], decimal: str) -> None:
    """Cuffdiff writes 0 and p = 1 where it did not test; both are fillers."""
    headers = [header.casefold() for header in grid.headers]
    if not {"status", "value_1", "value_2"} <= set(headers):
        return
    is_tested = np.array([status == "OK" for status in grid.columns[headers.index("status")].to_pylist()])
    first, second = (to_numbers(grid.columns[headers.index(name)], decimal).values for name in ("value_1", "value_2"))
    is_filler = ~is_tested & (log2 == 0)
    reasons[is_filler] = np.where((first == 0) & (second == 0), NaReason.ALL_COUNTS_ZERO.value, NaReason.NO_EFFECT.value)[is_filler]
    log2[is_filler] = np.nan
    for role in (Role.P_VALUE, Role.ADJUSTED_P_VALUE):
        if role in others:
            others[role][~is_tested] = np.nan


def _reasons(
    log2: Floats, infinite: npt.NDArray[np.bool_], others: dict[Role, Floats], reasons: npt.NDArray[np.object_], tool: str
) -> None:
    """Why values are missing: of the effect always, of p and adjusted p in a table of DESeq2."""
    missing = np.isnan(log2)
    if tool == "DESeq2" and Role.P_VALUE in others and Role.ADJUSTED_P_VALUE in others:
        no_p, no_adjusted = np.isnan(others[Role.P_VALUE]), np.isnan(others[Role.ADJUSTED_P_VALUE])
        reasons[~missing & no_p & no_adjusted] = NaReason.OUTLIER.value
        reasons[~missing & ~no_p & no_adjusted] = NaReason.LOW_COUNT.value
    reasons[missing & (np.array([reason is None for reason in reasons]))] = NaReason.NO_EFFECT.value
    if Role.BASE_MEAN in others:
        reasons[missing & (others[Role.BASE_MEAN] == 0)] = NaReason.ALL_COUNTS_ZERO.value
    reasons[infinite] = NaReason.INFINITE.value


def _check_filled(reasons: npt.NDArray[np.object_], name: str) -> None:
    empty = int((reasons == NaReason.NO_EFFECT.value).sum())
    possible = len(reasons) - int((reasons == NaReason.ALL_COUNTS_ZERO.value).sum())
    if possible and empty > _EMPTY * possible and len(reasons) >= 20:
        raise PatientFileError(
            f"The column {name!r} is empty in {empty:,} of {counted(possible, 'row')}.",
            where="table",
            next_step="The tool could not compute it (scanpy on scaled data, for one). Compute it again from normalized counts.",
        )


def _note_significant_only(others: dict[Role, Floats], notes: list[str]) -> None:
    values = others.get(Role.ADJUSTED_P_VALUE, others.get(Role.P_VALUE))
    if values is not None and len(values) >= 10 and not np.isnan(values).all() and np.nanmax(values) <= 0.1:
        notes.append("The file holds significant genes only: the background that enrichment needs is missing.")
