"""What a workbook may hold, checked before it is read: a small file can unpack to a sheet without end.

Contains the count of bytes as they unpack, of the rectangle that a sheet's cells span (a reader holds all of it), and of the text
that shared strings become. The sizes that the archive states are not believed.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np

from mediabase_assets.model.patients import PatientFileError
from mediabase_assets.model.quantities import counted

_MAXIMUM_CELLS = 20_000_000
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]{0,200}?\br=["']([0-9]{1,7})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\b")
_SHARED = re.compile(rb"""\bt=["']s["'][^<>]{0,200}>\s{0,20}<(?:\w+:)?v>([0-9]{1,8})<""")
_STRING = re.compile(rb"<(?:\w+:)?si\b")


def check_bounds(data: bytes, maximum_bytes: int) -> None:
    """Unpack every part piece by piece and count.

    Raises:
        PatientFileError: It is no workbook, damaged, or too large.
    """
    size = area = 0
    lengths, uses = np.zeros(0, np.int64), [np.zeros(0, np.int64)]
    for entry in _entries(data):
        part = bytearray()
        for piece in _pieces(data, entry):
            size += len(piece)
            if size > maximum_bytes:
                raise too_large(f"more than {maximum_bytes / 1024**2:,.0f} MB")
            part += piece
        if entry.filename.lower().endswith("sharedstrings.xml"):
            starts = [match.start() for match in _STRING.finditer(part)]
            ends = np.array([*starts[1:], len(part)][: len(starts)], np.int64)
            lengths = ends - np.array(starts, np.int64)
        elif entry.filename.lower().endswith(".xml"):
            area += _area(part)
            uses.append(np.array([int(number) for number in _SHARED.findall(part)], np.int64))
    if area > _MAXIMUM_CELLS:
        raise too_large(f"room for {counted(area, 'cell')}")
    used = np.concatenate(uses)
    text = int(lengths[used[used < len(lengths)]].sum())
    if text > maximum_bytes:
        raise too_large(f"{text / 1024**2:,.0f} MB of text")


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged() from error
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise PatientFileError(
            "The file is a zip archive and no Excel workbook (.xlsx).",
            where="file",
            next_step="Unpack it and give the table; gzip is read as it is.",
        )
    return entries


def _pieces(data: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one part, unpacked piece by piece, whatever size the archive states."""
    start = entry.header_offset
    name, extra = int.from_bytes(data[start + 26 : start + 28], "little"), int.from_bytes(data[start + 28 : start + 30], "little")
    begin = start + 30 + name + extra
    packed = data[begin : begin + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED or entry.flag_bits & 1:
        raise damaged()
    unpacker = zlib.decompressobj(-15)
    try:
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, 1024 * 1024)
            packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise damaged() from error


def _area(part: bytearray) -> int:
    """Cells of the rectangle that a sheet's cells span; 0 of a part that is no sheet."""
    places = [(match[1], int(match[2])) for match in _PLACE.finditer(part)]
    rows = max((row for _, row in places), default=0)
    rows = max([rows, *(int(row) for row in _ROW.findall(part))])
    columns = max((_number(letters) for letters in {letters for letters, _ in places}), default=0)
    if len(_CELL.findall(part)) > len(places):
        columns = max([columns, *(len(_CELL.findall(row)) for row in re.split(rb"<(?:\w+:)?row\b", part)[1:])])
    return rows * columns


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def damaged() -> PatientFileError:
    """The error for a workbook that cannot be read."""
    return PatientFileError("The workbook is damaged or protected.", where="workbook", next_step="Save it again as .xlsx, or as CSV.")


def too_large(what: str) -> PatientFileError:
    """The error for a workbook over a bound."""
    return PatientFileError(
        f"The workbook is too large: {what}.",
        where="workbook",
        next_step="Save the result table alone, as CSV or in a workbook of its own.",
    )
