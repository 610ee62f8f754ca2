"""A legacy file into a database, whatever its format: all of it or nothing.

Contains the choice of the reader, the transaction and the report; the readers are the other modules of the package.
"""

import time
from pathlib import Path

import psycopg
from psycopg import errors, sql

from mediabase_assets.legacy.files.detect import detect_format
from mediabase_assets.legacy.files.dump import load_dump
from mediabase_assets.legacy.files.parquet import load_parquet
from mediabase_assets.legacy.files.report import FileFormat, LoadReport, Progress
from mediabase_assets.legacy.files.staging import reason
from mediabase_assets.legacy.table import add_keys_and_indexes, describe_legacy_table, refuse_existing
from mediabase_assets.model.errors import LegacyFileError, ServerError
from mediabase_assets.model.legacy import LEGACY_TABLE
from mediabase_assets.postgres.connection import Session


def load_legacy_file(
    conn: Session,
    path: Path,
    *,
    schema: str = "public",
    table: str = LEGACY_TABLE,
    progress: Progress | None = None,
) -> LoadReport:
    """Load a legacy table from a Parquet file, a pg_dump archive or an SQL script, with its keys and indexes.

    One transaction: a failed or interrupted load leaves nothing behind. Of dumps and scripts only the definition and
    the rows of `cancer_transcript_base` are read; no statement of them is executed.

    Args:
        conn: A session that may create the table; it is left without an open transaction if it had none.
        path: The file, or the folder of a dump in directory format.
        schema: Where the table goes; created if absent.
        table: Its name there.
        progress: Gets rows done and rows in all.

    Raises:
        LegacyFileError: The file is broken, truncated, of something else, or holds a value that PostgreSQL refuses.
        LegacyTableExistsError: A relation of that name exists already.
        ServerError: The server gave up: disk full, out of memory, connection lost.
    """
    path = Path(path)
    file_format = detect_format(path)
    try:
        with conn.transaction():
            return _load(conn, path, file_format, schema, table, progress)
    except (errors.InsufficientPrivilege, psycopg.OperationalError) as error:
        raise ServerError(
            f"The server could not load the legacy table: {reason(error)}.",
            where=f"{schema}.{table}",
            next_step="Give the server what it lacks and load again; nothing was loaded.",
        ) from error


def _load(conn: Session, path: Path, file_format: FileFormat, schema: str, table: str, progress: Progress | None) -> LoadReport:
    """Create, fill and index the table, inside the transaction of the load."""
    started = time.monotonic()
    refuse_existing(conn, schema, table)
    ignored: tuple[str, ...] = ()
    if file_format is FileFormat.PARQUET:
        rows = load_parquet(conn, path, schema=schema, table=table, progress=progress)
    else:
        rows, ignored = load_dump(conn, path, file_format, schema=schema, table=table, progress=progress)
    copied = time.monotonic()
    if rows == 0:
        raise LegacyFileError(
            "The file holds the legacy table without any row.",
            where=str(path),
            next_step="Export the table with its data.",
        )
    add_keys_and_indexes(conn, schema, table)
    conn.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))
    description = describe_legacy_table(conn, schema, table)
    return LoadReport(
        format=file_format,
        rows=rows,
        seconds=time.monotonic() - started,
        copy_seconds=copied - started,
        columns_missing=description.missing,
        columns_extra=description.extra,
        ignored=ignored,
    )
