"""What kind of file it is, by its first bytes and never by its name."""

import gzip
import zlib
from pathlib import Path

from mediabase_assets.legacy.files.report import FileFormat
from mediabase_assets.model.errors import LegacyFileError

_EXPORT = "Export it again with: pg_dump -Fc -t cancer_transcript_base."
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive (or an Excel workbook)"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"\x04\x22\x4d\x18", "compressed with lz4"),
    (b"ARROW1", "an Arrow IPC file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"%PDF", "a PDF document"),
)


def detect_format(path: Path) -> FileFormat:
    """Detect what a file or folder is.

    Raises:
        LegacyFileError: It does not exist, is empty, not readable, or has none of the formats.
    """
    try:
        if path.is_dir():
            if (path / "toc.dat").is_file() and _head(path / "toc.dat").startswith(b"PGDMP"):
                return FileFormat.DUMP_DIRECTORY
            raise _refused(path, "a folder without pg_dump's toc.dat", "Name a file, or the folder that pg_dump -Fd made.")
        head = _head(path)
    except OSError as error:
        raise LegacyFileError(f"The legacy file cannot be read: {error.strerror}.", where=str(path), next_step="Check the path.") from error
    if not head:
        raise LegacyFileError("The legacy file is empty (0 bytes).", where=str(path), next_step="Copy or export it again.")
    return _format_of(path, head)


def _format_of(path: Path, head: bytes) -> FileFormat:
    if head.startswith(b"PAR1"):
        return FileFormat.PARQUET
    if head.startswith(b"PGDMP"):
        return FileFormat.DUMP_CUSTOM
    if head[257:262] == b"ustar":
        if head.startswith(b"toc.dat\0"):
            return FileFormat.DUMP_TAR
        raise _refused(path, "a tar archive, but not one that pg_dump made", "Unpack it and name the file in it.")
    if head.startswith(b"\x1f\x8b"):
        return _format_of_gzip(path)
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise _refused(path, name, f"Unpack or convert it first. {_EXPORT}")
    if b"\0" in head:
        raise _refused(path, "a binary file of an unknown kind", _EXPORT)
    return FileFormat.SQL


def _format_of_gzip(path: Path) -> FileFormat:
    try:
        with gzip.open(path) as file:
            head = file.read(4096)
    except (OSError, EOFError, zlib.error) as error:
        raise LegacyFileError(f"The gzip file is damaged or cut short: {error}.", where=str(path), next_step="Copy it again.") from error
    if head.startswith((b"PGDMP", b"PAR1")) or head[257:262] == b"ustar" or b"\0" in head:
        raise _refused(path, "a gzip of something else than an SQL script", f"Unpack it first: gunzip {path.name}")
    return FileFormat.SQL_GZIP


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _refused(path: Path, what: str, next_step: str) -> LegacyFileError:
    return LegacyFileError(
        f"The file is {what}; expected is a Parquet file, a pg_dump archive or an SQL script.",
        where=str(path),
        next_step=next_step,
    )
