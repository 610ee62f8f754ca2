"""Text to numbers: decimal comma, thousands signs, words for missing and infinite values.

Contains no guess: what is no number is counted, with the row it is in. A sign that could be either (`1,234`) is an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.patients import PatientFileError
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.text import MISSING

Floats = npt.NDArray[np.float64]
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_COMMA = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"
_POINT = r"^[+-]?[\d,]*\.\d+([eE][+-]?\d+)?$"
_INFINITE = r"(?i)^([+-]?)inf(inity)?$"
#: Cells of spreadsheets that hold no value: #N/A, #ERROR!, #DIV/0!.
_ERROR_CELL = r"^#[A-Z/0-9]+[!?]?$"
#: What stands between thousands: an apostrophe, blanks of several widths.
_SEPARATORS = "['\u2019\u00a0\u2009\u202f ]"


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes:
        values: NaN where there is none; infinite values stay.
        unreadable: Rows (from 0) whose cell is neither a number nor a word for a missing value.
        error_cells: How many cells hold an error of a spreadsheet, such as #ERROR!.
    """

    values: Floats
    unreadable: npt.NDArray[np.int64]
    error_cells: int = 0

    @property
    def is_missing(self) -> npt.NDArray[np.bool_]:
        """Where there is no number."""
        return np.isnan(self.values)


def find_decimal(columns: Sequence[pa.Array]) -> str:
    """The decimal sign of a table's numbers: point or comma.

    Raises:
        PatientFileError: Both occur, or every comma could stand between thousands as well.
    """
    commas = groups = points = 0
    for column in columns:
        if not pc.any(pc.match_substring(column, ",")).as_py():
            points += _count(column.slice(0, 200), _POINT)
            continue
        commas += _count(column, _COMMA)
        groups += _count(column, _GROUPED)
        points += _count(column, _POINT)
    if not commas and not groups:
        return "."
    if commas > groups and not points:
        return ","
    if commas == groups and points:
        return "."
    if commas > groups:
        raise _unclear(f"{counted(commas, 'number has', 'numbers have')} a decimal comma and {points:,} a decimal point")
    raise _unclear(f"In {counted(groups, 'number')} such as 1,234 the comma could stand before decimals or between thousands")


def to_numbers(column: pa.Array, decimal: str = ".") -> Numbers:
    r"""Numbers of a column of text.

    >>> to_numbers(pa.array(["1.5", "NA", "-Inf", "2\u2019501.5", "x"])).values.tolist()
    [1.5, nan, -inf, 2501.5, nan]
    >>> to_numbers(pa.array(["1,5e-3", "1.234,5"]), ",").values.tolist()
    [0.0015, 1234.5]
    """
    if decimal == ".":
        try:
            return Numbers(_floats(column.cast(pa.float64())), np.zeros(0, np.int64))
        except pa.ArrowInvalid:
            pass
    text = pc.utf8_trim_whitespace(column)
    text = pc.replace_substring_regex(text, "^[\u2212\u2013](\\d)", "-\\1")
    is_error = pc.fill_null(pc.match_substring_regex(text, _ERROR_CELL), False)
    is_empty = pc.or_(pc.is_in(text, pa.array([*MISSING, "-", "--"])), is_error)
    text = pc.if_else(is_empty, pa.scalar(None, pa.string()), text)
    text = pc.replace_substring_regex(text, _SEPARATORS + r"(\d{3})", r"\1")
    if decimal == ",":
        text = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
    else:
        text = pc.if_else(pc.match_substring_regex(text, r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"), pc.replace_substring(text, ",", ""), text)
    fits = pc.or_(pc.match_substring_regex(text, _NUMBER), pc.match_substring_regex(text, _INFINITE))
    values = pc.if_else(fits, text, pa.scalar(None, pa.string())).cast(pa.float64())
    unreadable = np.flatnonzero(pc.fill_null(pc.invert(fits), False).to_numpy(zero_copy_only=False))
    return Numbers(_floats(values), unreadable, int(pc.sum(is_error).as_py() or 0))


def _floats(values: pa.Array) -> Floats:
    floats: Floats = values.to_numpy(zero_copy_only=False)
    return floats


def _count(column: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(pc.utf8_trim_whitespace(column), pattern)).as_py() or 0)


def _unclear(what: str) -> PatientFileError:
    return PatientFileError(f"{what}.", where="decimal sign", next_step="Say which sign stands before decimals: --decimal , or --decimal .")
