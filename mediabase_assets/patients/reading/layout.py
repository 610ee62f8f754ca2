"""Where a table's header is, and what its columns are called: title rows, a header one field short, no header.

Contains the rules on rows of cells, for text and workbooks alike.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mediabase_assets.patients.reading.words import Meaning, meaning

#: Rows that may stand above a header.
_TITLES = 40
_NUMBER = re.compile(r"[+-]?(\d[\d,.'\u2019\u00a0\u202f ]*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?|nan|na", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """The header of a table.

    Attributes:
        headers: One for every column.
        first: Index of the first row of data, among the rows that were looked at.
        has_header: Whether a row holds the headers.
        notes: What was repaired.
    """

    headers: tuple[str, ...]
    first: int
    has_header: bool
    notes: tuple[str, ...] = ()


def width_of(rows: Sequence[Sequence[str]]) -> int:
    """The number of fields that most rows have, those above a table not counted.

    >>> width_of([["Table S1"], ["gene", "logFC"], ["TP53", "1"], ["EGFR", "2"]])
    2
    """
    counts = Counter(len(row) for row in rows[len(rows) // 4 if len(rows) < 8 else 2 :] if row)
    return counts.most_common(1)[0][0] if counts else 0


def is_number(cell: str) -> bool:
    r"""Whether a cell holds a number or a word for a missing one.

    >>> [is_number(cell) for cell in ("1.5", "-2,5e-3", "NA", "TP53", "2\u2019501.5", "")]
    [True, True, True, False, True, False]
    """
    return _NUMBER.fullmatch(cell.strip()) is not None


def find_layout(rows: Sequence[Sequence[str]], width: int) -> Layout:
    """Find the header among the first rows."""
    best: tuple[int, int] | None = None
    for index, row in enumerate(rows[:_TITLES]):
        cells = [cell.strip() for cell in row]
        filled = [cell for cell in cells if cell]
        if not width - 1 <= len(cells) <= width + 1 or len(filled) * 2 < len(cells) or (len(cells) > width and cells[-1]):
            continue
        numbers = sum(is_number(cell) for cell in filled)
        if numbers * 3 > len(filled):
            break
        known = sum(meaning(cell.lstrip("#")).what is not Meaning.OTHER for cell in filled)
        if best is None or known > best[1]:
            best = (index, known)
    if best is None:
        return Layout(("",) * width, 0, False)
    return _named(rows, best[0], width)


def _named(rows: Sequence[Sequence[str]], index: int, width: int) -> Layout:
    headers = [_clean(cell) for cell in rows[index]]
    notes: list[str] = []
    if len(headers) == width + 1:
        headers = headers[:-1]
    elif len(headers) == width - 1:
        below = [row for row in rows[index + 1 :] if len(row) == width]
        if below and not any(row[-1].strip() for row in below):
            headers.append("")
        else:
            headers.insert(0, "")
            notes.append("The header is one field short, as R writes it: the first column are the row names.")
    if headers and headers[0].startswith("#"):
        headers[0] = headers[0].lstrip("# ")
    if index:
        notes.append(f"{index} {'row' if index == 1 else 'rows'} above the header left out.")
    return Layout(tuple(headers), index + 1, True, tuple(notes))


def _clean(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").replace("\u00a0", " ").split()).strip("'\"")
