"""What a load reports at its end, and its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

#: Called with rows loaded so far and rows in all, None while that is unknown.
Progress = Callable[[int, int | None], None]


class FileFormat(StrEnum):
    """The kinds of file that can hold a legacy table, detected by their content."""

    PARQUET = "Parquet file"
    DUMP_CUSTOM = "pg_dump archive, custom format"
    DUMP_DIRECTORY = "pg_dump archive, directory format"
    DUMP_TAR = "pg_dump archive, tar format"
    SQL = "SQL script"
    SQL_GZIP = "SQL script, gzip"

    @property
    def is_archive(self) -> bool:
        """Whether pg_restore reads it."""
        return self in (FileFormat.DUMP_CUSTOM, FileFormat.DUMP_DIRECTORY, FileFormat.DUMP_TAR)


@dataclass(frozen=True)
class LoadReport:
    """What a load did.

    Attributes:
        format: What the file was.
        rows: Rows in the table now.
        seconds: Time of the whole load, indexes included.
        copy_seconds: Part of it until all rows were copied.
        columns_missing: Columns of schema v0.1.9 that the file does not hold; they were not created.
        columns_extra: Columns that no schema version had; they were loaded as they are.
        ignored: What else the file holds and was not touched, one phrase each.
    """

    format: FileFormat
    rows: int
    seconds: float
    copy_seconds: float
    columns_missing: tuple[str, ...] = ()
    columns_extra: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
