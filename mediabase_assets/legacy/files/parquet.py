"""A Parquet file into the legacy table, batch by batch, so that memory stays flat.

One thread decodes and renders the next batch while the server works on the last one.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mediabase_assets.legacy.files.arrow_text import LARGE_TYPES, sql_type_of
from mediabase_assets.legacy.files.report import Progress
from mediabase_assets.legacy.files.staging import Batch, Stage, prepare
from mediabase_assets.legacy.table import create_legacy_table, refuse_columns
from mediabase_assets.model.errors import LegacyFileError
from mediabase_assets.model.legacy import LegacyColumn
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.connection import Session

_BATCH_ROWS = 8000
_BATCH_BYTES = 16 << 20
_DICTIONARY_BYTES = 8 << 20


def load_parquet(conn: Session, path: Path, *, schema: str, table: str, progress: Progress | None = None) -> int:
    """Create the table with the columns of the file and fill it; returns the number of rows.

    Has to be called inside a transaction: a failure leaves the table to the rollback.

    Raises:
        LegacyFileError: The file is damaged, holds no legacy table, or PostgreSQL refuses a value.
    """
    file = _open(path)
    try:
        columns = _columns(file.schema_arrow, path)
        total = int(file.metadata.num_rows)
        create_legacy_table(conn, schema, table, columns)
        stage = Stage(conn, schema, table, columns, str(path))
        rows = 0
        with ThreadPoolExecutor(1, "parquet") as pool:
            batches = _batches(file, columns, conn.batch_rows or _BATCH_ROWS)
            future = pool.submit(next, batches, None)
            while (batch := _result(future, path)) is not None:
                future = pool.submit(next, batches, None)
                stage.add(batch)
                rows += batch.size
                if progress is not None:
                    progress(rows, total)
        stage.drop()
    finally:
        file.close()
    if rows != total:
        raise _damaged(path, f"it announces {counted(total, 'row')} and holds {rows:,}")
    return rows


def _open(path: Path) -> pq.ParquetFile:
    """Large columns stay dictionary-encoded where the file has them so: less memory, and distinct values for nothing."""
    try:
        with pq.ParquetFile(path) as file:
            encoded = [field.name for field in file.schema_arrow if _is_encoded_small(file, field)]
        return pq.ParquetFile(path, read_dictionary=encoded, pre_buffer=False, buffer_size=1 << 20)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, str(error)) from error


def _is_encoded_small(file: pq.ParquetFile, field: pa.Field) -> bool:
    """Whether a text column of large values takes little space in every row group: its dictionary is kept in memory."""
    is_text = pa.types.is_string(field.type) or pa.types.is_binary(field.type)
    if not is_text or sql_type_of(field.name, field.type) not in LARGE_TYPES:
        return False
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    chunks = [g.column(i) for g in groups for i in range(g.num_columns) if g.column(i).path_in_schema == field.name]
    return all(chunk.total_uncompressed_size <= _DICTIONARY_BYTES for chunk in chunks)


def _columns(arrow: pa.Schema, path: Path) -> list[LegacyColumn]:
    names = [field.name for field in arrow]
    refuse_columns(names, str(path))
    return [LegacyColumn(field.name, sql_type_of(field.name, field.type)) for field in arrow]


def _batches(file: pq.ParquetFile, columns: list[LegacyColumn], most: int) -> Iterator[Batch]:
    row = 1
    for record_batch in file.iter_batches(_batch_rows(file.metadata, most), use_threads=False):
        yield prepare(record_batch, columns, row)
        row += record_batch.num_rows


def _batch_rows(metadata: Any, most: int) -> int:
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    fitting = _BATCH_BYTES * max(int(metadata.num_rows), 1) // max(int(size), 1)
    return max(min(50, most), min(most, fitting))


def _result(future: Any, path: Path) -> Batch | None:
    try:
        batch: Batch | None = future.result()
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, str(error)) from error
    return batch


def _damaged(path: Path, why: str) -> LegacyFileError:
    return LegacyFileError(
        f"The Parquet file is damaged or cut short: {why.rstrip('.')}.",
        where=str(path),
        next_step="Copy or export it again, and compare sizes or checksums; nothing was loaded.",
    )
