"""Tables of text: the delimiter, the header, and all cells as Arrow strings.

Contains form only; what the columns mean is decided in `roles`. A table is read whole by Arrow's CSV reader, after Python's `csv`
has looked at the first lines.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import csv as arrow_csv

from mediabase_assets.model.patients import PatientFileError
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.grid import MAXIMUM_COLUMNS, MAXIMUM_LINE, Grid
from mediabase_assets.patients.reading.layout import find_layout, is_number, width_of

#: Cells that mean that there is no value.
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "none", "NONE", "<NA>", "-nan", "na", ".")
NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", " ": "blank"}
_SAMPLE_LINES, _SAMPLE_BYTES = 200, 2 * 1024 * 1024
#: A vector that R wrote into a cell without quotes around it: c("ENST1", "ENST2").
_VECTOR = re.compile(rb'(?<=[,;\t])c\((?=["\d])([^()]*)\)(?=[,;\t\n]|$)')
_CONFLICT = re.compile(rb"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


@dataclass(frozen=True)
class _Sample:
    """The first lines, split at one delimiter.

    Attributes:
        rows: Their cells.
        ends: For each row, how many lines of the file it and those before it take.
    """

    rows: list[list[str]]
    ends: list[int]


def read_text(data: bytes, delimiter: str | None) -> Grid:
    """Read a table of text.

    Args:
        data: UTF-8, lines ended by newlines.
        delimiter: Of the fields; found if None.

    Raises:
        PatientFileError: There is no table, no delimiter, no row below the header, or rows differ in their fields.
    """
    whole = data
    data, vectors = _VECTOR.subn(_one_cell, data) if b'c("' in _head(data) else (data, 0)
    chosen = delimiter or _find_delimiter(data)
    sample = _split(data, chosen)
    width = width_of(sample.rows)
    _check_width(width, sample, chosen)
    layout = find_layout(sample.rows, width)
    start = _offset(data, sample.ends[layout.first - 1]) if layout.first else 0
    if not data[start : start + MAXIMUM_LINE].strip():
        raise PatientFileError("The file has a header and no row.", where="table", next_step="Give a table with rows.")
    columns, wrong = _cells(data[start:], chosen, width)
    if wrong and not vectors and b'c("' in data:
        data, vectors = _VECTOR.subn(_one_cell, data)
        columns, wrong = _cells(data[start:], chosen, width)
    if wrong:
        _refuse_conflict(whole)
        if not vectors or len(wrong) * 50 > len(columns[0]):
            raise _ragged(wrong, width, data.count(b"\n", 0, start) + 1)
    notes: tuple[str, ...] = ()
    if vectors:
        notes = (
            f"{counted(vectors, 'cell holds', 'cells hold')} several values that R wrote without quotes around them;"
            " each was read as one cell.",
        )
    if wrong:
        notes += (f"{counted(len(wrong), 'line was', 'lines were')} left out that R broke within such a cell.",)
    return Grid(layout.headers, columns, {"delimiter": NAMES.get(chosen, chosen)}, layout.notes + notes, layout.has_header)


def _refuse_conflict(data: bytes) -> None:
    conflict = _CONFLICT.search(data)
    if conflict:
        line = data.count(b"\n", 0, conflict.start()) + 1
        raise PatientFileError(
            "The file holds marks of a merge conflict of git.", where=f"line {line}", next_step="Resolve the conflict, then import it."
        )


def _find_delimiter(data: bytes) -> str:
    """The delimiter that splits most lines into equally many fields, some of them numbers, and fits the header."""
    best: tuple[float, str] = (0.0, "")
    head = _head(data)
    for delimiter in NAMES:
        if delimiter.encode() not in head:
            continue
        sample = _split(head, delimiter)
        width = width_of(sample.rows)
        if width < 2:
            continue
        rows = [row for row in sample.rows if row]
        share = sum(len(row) == width for row in rows) / len(rows)
        cells = [cell for row in rows[1:60] if len(row) == width for cell in row]
        numbers = sum(is_number(cell) for cell in cells) / max(len(cells), 1)
        header = any(len(row) in (width, width - 1) and not any(map(is_number, filter(None, row))) for row in rows[:40])
        score = share + 0.5 * (numbers > 0) + 0.5 * header + 0.2 * numbers - (0.3 if delimiter == " " else 0)
        if score > best[0]:
            best = (score, delimiter)
    if best[0] < 1.0:
        _refuse_conflict(data)
        _refuse_quoted_lines(data)
        raise PatientFileError(
            "No delimiter was found that splits the lines into equally many fields.",
            where="table",
            next_step="Give a table of at least two columns, split by comma, tab or semicolon, or give the sign with --delimiter.",
        )
    if best[1] in ",;\t":
        _refuse_quoted_lines(data)
    return best[1]


def _split(data: bytes, delimiter: str) -> _Sample:
    text = io.StringIO(_head(data).decode("utf-8", "replace"), newline="\n")
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=delimiter == " ", strict=False)
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for row in reader:
            if delimiter == " " and row and not row[-1]:
                row = row[:-1]
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error:
        return _Sample(rows, ends)
    return _Sample(rows, ends)


def _head(data: bytes) -> bytes:
    """The first lines, whole."""
    head = data[:_SAMPLE_BYTES]
    end = -1
    for _ in range(_SAMPLE_LINES):
        following = head.find(b"\n", end + 1)
        if following < 0:
            return head if len(head) == len(data) or end < 0 else head[: end + 1]
        end = following
    return head[: end + 1]


def _refuse_quoted_lines(data: bytes) -> None:
    """Refuse a table whose whole lines were put into quotes, as spreadsheets do when they save a file twice."""
    lines = [line for line in _head(data).split(b"\n") if line.strip()]
    whole = sum(
        line[:1] == b'"' and line[-1:] == b'"' and line.count(b'""') >= 2 and b'","' not in line.replace(b'""', b"") for line in lines
    )
    if whole * 3 > len(lines) and whole > 1:
        raise PatientFileError(
            f"{whole} of the first {counted(len(lines), 'line')} are one quoted cell each, the others are not: the file is damaged.",
            where="table",
            next_step="A spreadsheet saved it twice. Export the table again from where it was made.",
        )


def _check_width(width: int, sample: _Sample, delimiter: str) -> None:
    if width < 2:
        raise PatientFileError(
            f"The lines have one field with the delimiter {NAMES.get(delimiter, delimiter)!r}.",
            where="table",
            next_step="Give the sign that splits the fields with --delimiter, or leave the option out.",
        )
    widest = max(width, *(len(row) for row in sample.rows[:50]))
    if widest > MAXIMUM_COLUMNS:
        raise PatientFileError(
            f"The table has {counted(widest, 'column')}; {MAXIMUM_COLUMNS:,} are allowed.",
            where="header",
            next_step="Give the result table only, without the counts of samples.",
        )


def _offset(data: bytes, lines: int) -> int:
    """Where the line after so many lines begins."""
    position = 0
    for _ in range(lines):
        found = data.find(b"\n", position)
        if found < 0:
            return len(data)
        position = found + 1
    return position


def _one_cell(vector: re.Match[bytes]) -> bytes:
    return b'"' + vector[1].replace(b'"', b"").replace(b"\n", b" ").replace(b", ", b" ") + b'"'


def _cells(data: bytes, delimiter: str, width: int) -> tuple[tuple[pa.Array, ...], list[tuple[int | None, int]]]:
    """All cells as strings; and the rows of another number of fields, by row and number of fields."""
    if delimiter == " ":
        data, delimiter = _tabbed(data), "\t"
    names = [f"c{index}" for index in range(width)]
    wrong: list[tuple[int | None, int]] = []

    def keep_wrong(row: arrow_csv.InvalidRow) -> str:
        wrong.append((row.number, row.actual_columns))
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=max(len(data) + 1, 1024), use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in data, invalid_row_handler=keep_wrong),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=list(MISSING), check_utf8=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise PatientFileError(
            "The table cannot be split into cells: a quote is not closed, or a line is damaged.",
            where="table",
            next_step="Export the table again from where it was made.",
        ) from error
    return tuple(column.combine_chunks() for column in table.columns), wrong


def _tabbed(data: bytes) -> bytes:
    """A table whose fields are split by one blank or several, split by tabs."""
    reader = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline="\n"), delimiter=" ", skipinitialspace=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    try:
        writer.writerows(row[:-1] if row and not row[-1] else row for row in reader)
    except csv.Error as error:
        raise PatientFileError("A cell is longer than 128 KB.", where="table", next_step="Export the table again.") from error
    return text.getvalue().encode()


def _ragged(wrong: Sequence[tuple[int | None, int]], width: int, first_line: int) -> PatientFileError:
    counts = ", ".join(f"{rows:,} with {fields}" for fields, rows in sorted(Counter(fields for _, fields in wrong).items())[:5])
    lines = [str(first_line + number - 1) for number, _ in wrong[:5] if number is not None]
    return PatientFileError(
        f"{counted(len(wrong), 'row does', 'rows do')} not have {counted(width, 'field')} as the others: {counts}.",
        where=f"line {', '.join(lines)}" if lines else "table",
        next_step="The file is cut or damaged there, or a field holds the delimiter without quotes. Export it again.",
    )
