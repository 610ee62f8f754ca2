"""Parquet files as tables of text.

Contains the bounds and the way from typed columns to text. Numbers keep all their digits.
"""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mediabase_assets.model.patients import PatientFileError
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.grid import MAXIMUM_COLUMNS, Grid
from mediabase_assets.patients.reading.text import MISSING


def read_parquet(data: bytes, maximum_bytes: int) -> Grid:
    """Read a Parquet file; columns of lists and records are left out.

    Raises:
        PatientFileError: It is damaged, too large, or holds no rows.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        metadata = file.metadata
        size = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
        if metadata.num_columns > MAXIMUM_COLUMNS:
            raise _refused(f"{counted(metadata.num_columns, 'column')}; {MAXIMUM_COLUMNS:,} are allowed")
        if size > maximum_bytes or metadata.num_rows * max(metadata.num_columns, 1) * 8 > maximum_bytes:
            raise _refused(f"more than {maximum_bytes / 1024**2:,.0f} MB")
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise PatientFileError("The Parquet file is damaged.", where="file", next_step="Write it again.") from error
    if not table.num_rows:
        raise PatientFileError("The file has columns and no row.", where="table", next_step="Give a table with rows.")
    names, columns, left_out = [], [], []
    for name in dict.fromkeys(table.column_names):
        for column in (table.column(index) for index, known in enumerate(table.column_names) if known == name):
            text = _text(column)
            if text is None:
                left_out.append(name)
            else:
                names.append("" if name.startswith("__index_level_") else name)
                columns.append(text)
    notes = (f"Columns of lists or records left out: {', '.join(left_out)}.",) if left_out else ()
    return Grid(tuple(names), tuple(columns), {"format": "Parquet"}, notes)


def _text(column: pa.ChunkedArray) -> pa.Array | None:
    """A column as text; None if it holds lists or records."""
    values = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_nested(values.type):
        return None
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, "TRUE", "FALSE")
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.date32(), safe=False)
    try:
        text = values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return pc.if_else(pc.is_in(text, pa.array(MISSING)), pa.scalar(None, pa.string()), text)


def _refused(what: str) -> PatientFileError:
    return PatientFileError(f"The Parquet file holds {what}.", where="file", next_step="Give the result table only.")
