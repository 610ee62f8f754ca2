"""Excel workbooks (.xlsx): their sheets as tables of text.

Contains the way from cells to text; a workbook is checked against bounds first (`workbook_bounds`). Numbers keep all their digits;
dates, also those that were symbols, are written as 2023-03-01.
"""

import datetime
import io
import zipfile
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from mediabase_assets.model.patients import PatientFileError
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.grid import MAXIMUM_COLUMNS, Grid
from mediabase_assets.patients.reading.layout import find_layout, width_of
from mediabase_assets.patients.reading.text import MISSING
from mediabase_assets.patients.reading.workbook_bounds import check_bounds, damaged, too_large

_MAXIMUM_SHEETS = 200
_MISSING = frozenset(MISSING)


def read_workbook(data: bytes, maximum_bytes: int) -> dict[str, Grid]:
    """Read all sheets that hold a table of at least two columns and one row, by name.

    Raises:
        PatientFileError: It is no workbook, damaged, too large, or has no such sheet.
    """
    check_bounds(data, maximum_bytes)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if len(names) > _MAXIMUM_SHEETS:
            raise too_large(counted(len(names), "sheet"))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in names}
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise damaged() from error
    grids = {name: grid for name, rows in sheets.items() if (grid := _grid(name, rows)) is not None}
    if not grids:
        raise PatientFileError(
            "No sheet of the workbook holds a table with a header and rows.", where="workbook", next_step="Give a table with rows."
        )
    return grids


def _grid(name: str, rows: list[list[Any]]) -> Grid | None:
    head = [_trimmed([_text(cell) or "" for cell in row]) for row in rows[:300]]
    width = max((len(row) for row in head), default=0)
    usual = max(width_of(head), 0)
    if width > MAXIMUM_COLUMNS:
        raise too_large(counted(width, "column"))
    if width < 2 or usual < 1:
        return None
    padded = [row + [""] * (width - len(row)) for row in head]
    layout = find_layout(padded, width)
    below = [row for row in rows[layout.first :] if any(cell not in ("", None) for cell in row)]
    if not below:
        return None
    columns = tuple(pa.array([_text(row[index]) if index < len(row) else None for row in below], pa.string()) for index in range(width))
    return Grid(layout.headers, columns, {"sheet": name}, layout.notes, layout.has_header)


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _text(cell: Any) -> str | None:
    """A cell as text; None if it is empty.

    >>> [_text(cell) for cell in (10438.0, 0.1, True, datetime.date(2023, 3, 1), "NA", " TP53 ")]
    ['10438', '0.1', 'TRUE', '2023-03-01', None, 'TP53']
    """
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    text = cell.isoformat() if isinstance(cell, datetime.date) else str(cell).strip()
    return None if cell is None or text in _MISSING else text
