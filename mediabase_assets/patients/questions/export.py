"""A patient's values as a file that R and pandas read back: Parquet or CSV.

Contains the writing. CSV: comma, quotes where needed, UTF-8, `NA` for a missing value, TRUE and FALSE; a text that a spreadsheet would take
for a formula begins with an apostrophe. Numbers are written with all their digits. The file appears when it is complete.
"""

import os
import tempfile
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from psycopg import sql

from mediabase_assets.audit.arrow import iter_arrow
from mediabase_assets.model.patients import PatientError
from mediabase_assets.patients.questions.asking import require_patient, statement
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

Format = Literal["parquet", "csv"]
_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.int64()
SCHEMA = pa.schema(
    [
        ("patient_id", _TEXT), ("level", _TEXT), ("transcript_id", _TEXT), ("gene_id", _TEXT), ("gene_symbol", _TEXT),
        ("expression_fold_change", _NUMBER), ("log2_fold_change", _NUMBER), ("expression_status", _TEXT), ("p_value", _NUMBER),
        ("adjusted_p_value", _NUMBER), ("is_significant", pa.bool_()), ("base_mean", _NUMBER), ("average_expression", _NUMBER),
        ("standard_error", _NUMBER), ("na_reason", _TEXT), ("raw_id", _TEXT), ("id_kind", _TEXT), ("matched_by", _TEXT),
        ("gene_name", _TEXT), ("gene_type", _TEXT), ("chromosome", _TEXT), ("drug_interaction_count", _COUNT),
        ("drug_names", _TEXT), ("pathway_count", _COUNT),
        ("pathway_names", _TEXT), ("go_term_count", _COUNT), ("publication_count", _COUNT),
    ]
)  # fmt: skip
"""Columns of an export; see `sql/exported.sql`."""
#: With one of these a spreadsheet takes a cell for a formula; a tab or a line break may hide one.
_FORMULA = r"^[=+\-@\t\r\n]"


def export_patient(conn: Connection, settings: Settings, patient_id: str, path: Path, file_format: Format) -> int:
    """Write what is known about a patient, one row per gene or transcript; returns the rows.

    Args:
        conn: A session that may read the patient.
        settings: Which live schema.
        patient_id: Whose.
        path: Where to; a file that exists there is replaced.
        file_format: `parquet` or `csv`.

    Raises:
        PatientError: There is no such patient, or the file cannot be written.
    """
    require_patient(conn, patient_id)
    query = statement(conn, settings, "exported", patient_id=sql.Literal(patient_id))
    table = pa.Table.from_batches(iter_arrow(conn, query, SCHEMA), SCHEMA)
    write = {"parquet": _write_parquet, "csv": _write_csv}[file_format]
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")  # readable by the owner only
        os.close(handle)
        try:
            write(table, Path(name))
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise PatientError(
            f"The file cannot be written: {error.strerror}.", where=str(path), next_step="Give a path in a folder that you may write to."
        ) from error
    return int(table.num_rows)


def csv_text(table: pa.Table) -> str:
    """A table as CSV.

    >>> print(csv_text(pa.table({"gene_symbol": ["=1+1", None, 'a,"b'], "change": [-1.5, None, 0.1], "is_up": [True, None, False]})))
    gene_symbol,change,is_up
    "'=1+1",-1.5,TRUE
    NA,NA,NA
    "a,""b",0.1,FALSE
    <BLANKLINE>
    """
    columns = [_csv_column(column.combine_chunks()) for column in table.columns]
    lines = pc.binary_join_element_wise(*columns, ",") if columns else pa.array([], _TEXT)
    return "\n".join([",".join(table.column_names), *lines.to_pylist(), ""])


def _csv_column(column: Any) -> Any:
    """The cells of a column as they are written."""
    if pa.types.is_string(column.type):
        escaped = pc.if_else(pc.match_substring_regex(column, _FORMULA), pc.binary_join_element_wise("'", column, ""), column)
        quoted = pc.binary_join_element_wise('"', pc.replace_substring(escaped, '"', '""'), '"', "")
        # a text that reads as NA is quoted too, but R and pandas take it for a missing value all the same; no id or symbol is one
        cells = pc.if_else(pc.match_substring_regex(escaped, "[\",'\r\n]|^$|^NA$"), quoted, escaped)
    elif pa.types.is_boolean(column.type):
        cells = pc.if_else(column, "TRUE", "FALSE")
    else:
        cells = pa.array([None if value is None else repr(value) for value in column.to_pylist()], _TEXT)
    return pc.fill_null(cells, "NA")


def _write_csv(table: pa.Table, path: Path) -> None:
    path.write_text(csv_text(table), encoding="utf-8", newline="")


def _write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")
