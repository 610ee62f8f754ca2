"""The bytes of a file: what it is by its first bytes, unpacked, in UTF-8, within bounds.

Contains nothing that knows a table. A file is read once; gzip is unpacked piece by piece, so that a small file that unpacks
without end is refused at the bound.
"""

import codecs
import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mediabase_assets.model.patients import PatientFileError
from mediabase_assets.patients.reading.grid import MAXIMUM_LINE

_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind (.xls)", "Save it as .xlsx or CSV."),
    (b"\x89HDF", "an HDF5 file (AnnData, 10x)", "Export the result table as CSV."),
    (b"BZh", "compressed with bzip2", "Unpack it first."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it first."),
    (b"%PDF", "a PDF", "Give the table itself as CSV, TSV, xlsx or Parquet."),
    (b"ARROW1", "an Arrow IPC file", "Save it as Parquet or CSV."),
    (b"RDX", "an R data file", "Write the table with write.csv."),
    (b"RDA", "an R data file", "Write the table with write.csv."),
    (b"X\n\x00\x00", "an R data file (RDS)", "Write the table with write.csv."),
)
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Contents:
    """A file's bytes, unpacked.

    Attributes:
        kind: `text`, `xlsx` or `parquet`.
        data: The bytes; of text in UTF-8 without BOM, lines ended by newlines.
        sha256: Of the file as it is.
        compression: `gzip` or empty.
        encoding: Of text, as it was in the file.
    """

    kind: str
    data: bytes
    sha256: str
    compression: str = ""
    encoding: str = ""


def read_contents(path: Path, maximum_bytes: int) -> Contents:
    """Read and unpack a file.

    Raises:
        PatientFileError: It cannot be read, is too large, empty, broken, or of a kind that holds no table.
    """
    raw = _bytes_of(path, maximum_bytes)
    sha256 = hashlib.sha256(raw).hexdigest()
    data, compression = raw, ""
    if raw[:2] == b"\x1f\x8b":
        data, compression = _gunzipped(raw, path, maximum_bytes), "gzip"
    if not data or data.isspace():
        raise PatientFileError("The file is empty.", where=path.name, next_step="Give a table with a header and rows.")
    for magic, what, next_step in _FOREIGN:
        if data.startswith(magic):
            raise PatientFileError(f"The file is {what}.", where=path.name, next_step=next_step)
    if data.startswith(b"PAR1"):
        return Contents("parquet", data, sha256, compression)
    if data.startswith(b"PK\x03\x04"):
        return Contents("xlsx", data, sha256, compression)
    text, encoding = _utf8(data, path)
    _check_lines(text, path)
    return Contents("text", text, sha256, compression, encoding)


def _bytes_of(path: Path, maximum_bytes: int) -> bytes:
    try:
        if not path.is_file():
            raise PatientFileError("There is no such file.", where=str(path), next_step="Check the path.")
        size = path.stat().st_size
        if size > maximum_bytes:
            raise _too_large(path, maximum_bytes)
        return path.read_bytes()
    except OSError as error:
        raise PatientFileError(
            f"The file cannot be read: {error.strerror}.", where=str(path), next_step="Check its permissions."
        ) from error


def _gunzipped(raw: bytes, path: Path, maximum_bytes: int) -> bytes:
    """All members of a gzip file, joined."""
    pieces: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            while piece := file.read(_PIECE):
                size += len(piece)
                if size > maximum_bytes:
                    raise _too_large(path, maximum_bytes)
                pieces.append(piece)
    except (EOFError, OSError, zlib.error) as error:
        raise PatientFileError("The gzip file is cut or damaged.", where=path.name, next_step="Copy it again.") from error
    return b"".join(pieces)


def _utf8(data: bytes, path: Path) -> tuple[bytes, str]:
    """Text in UTF-8 with Unix line ends, and its encoding in the file."""
    encoding = "UTF-8"
    for bom, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(bom):
            try:
                data = data[len(bom) :] if name == "utf-8" else data[len(bom) :].decode(name).encode()
            except UnicodeDecodeError as error:
                raise PatientFileError(f"The file is no valid {name.upper()}.", where=path.name, next_step="Save it as UTF-8.") from error
            encoding = f"{name[:6].upper()} with BOM" if name != "utf-8" else "UTF-8 with BOM"
    if _is_binary(data):
        raise PatientFileError(
            "The file is binary, no table of text.", where=path.name, next_step="Give a CSV, TSV, xlsx or Parquet file, plain or gzipped."
        )
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            data, encoding = data.decode("cp1252", "replace").encode(), "Windows-1252"
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data or data.isspace():
        raise PatientFileError("The file is empty.", where=path.name, next_step="Give a table with a header and rows.")
    return data, encoding


def _is_binary(data: bytes) -> bool:
    if b"\0" in data:
        return True
    head = np.frombuffer(data[:65536], np.uint8)
    control = (head < 32) & ~np.isin(head, (9, 10, 12, 13, 27))
    return bool(control.sum() * 100 > len(head))


def _check_lines(data: bytes, path: Path) -> None:
    if len(data) <= MAXIMUM_LINE:
        return
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
    lengths = np.diff(ends, prepend=-1, append=len(data))
    if int(lengths.max()) > MAXIMUM_LINE:
        raise PatientFileError(
            f"Line {int(lengths.argmax()) + 1} is longer than 1 MB.",
            where=path.name,
            next_step="A row of a result table has a few hundred characters; check how the file was written.",
        )


def _too_large(path: Path, maximum_bytes: int) -> PatientFileError:
    return PatientFileError(
        f"The file holds more than {maximum_bytes / 1024**2:,.0f} MB.",
        where=path.name,
        next_step="Give the result table only; the bound is the setting patients.maximum_file_size.",
    )
