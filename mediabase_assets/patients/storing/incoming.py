"""The rows of a file on their way into the database: one COPY into a temporary table.

Contains that only; the rows come from `patients/reading`, what becomes of them is in `matching` and `writing`.
"""

import io
from collections.abc import Mapping
from typing import LiteralString

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from psycopg import sql

from mediabase_assets.patients.storing import codes
from mediabase_assets.patients.storing.statements import statement
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

_COPY: LiteralString = "copy incoming from stdin (format csv)"
#: Rows of which CSV is made at a time, where performance.batch_size does not say it.
_BATCH = 50_000


def load(conn: Connection, settings: Settings, rows: pa.Table) -> None:
    """Make the temporary table `incoming` of a file's rows (`READING_SCHEMA`), as CSV: Arrow writes it and the server reads it fastest.

    Args:
        conn: A session in a transaction; the table is gone at its end.
        settings: Which live schema.
        rows: The rows.
    """
    conn.execute(statement(conn, settings, "matching/incoming"))
    for column, letters in (("id_kind", codes.KINDS), ("na_reason", codes.NA_REASONS)):
        rows = rows.set_column(rows.schema.get_field_index(column), column, _letters(rows[column], letters))
    with conn.cursor() as cursor, cursor.copy(sql.SQL(_COPY)) as copy:
        for batch in rows.to_batches(max_chunksize=conn.batch_rows or _BATCH):
            text = io.BytesIO()
            pacsv.write_csv(batch, text, pacsv.WriteOptions(include_header=False))
            copy.write(text.getvalue())


def _letters(words: pa.ChunkedArray, letters: Mapping[str, str]) -> pa.ChunkedArray:
    places = pc.index_in(words, value_set=pa.array([str(word) for word in letters.values()]))
    return pc.take(pa.array(list(letters)), places)
