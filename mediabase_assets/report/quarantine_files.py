"""The quarantine as a file for a spreadsheet, with empty columns for decisions: CSV, TSV, Parquet or JSON.

Contains the writing; decisions that come back are read in `curation.decisions`. A text that a spreadsheet would take for a formula begins
with an apostrophe in CSV and TSV. The file appears when it is complete.
"""

import csv
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mediabase_assets.curation.decisions import BLANK, escaped
from mediabase_assets.report.quarantine import Entry, QuarantineError

FORMATS = ("csv", "tsv", "parquet", "json")
COLUMNS = (
    "id", "reason", "sentence", "gene_id", "gene_symbol", "transcript_id", "legacy_column", "json_path", "raw_value", "winner",
    "fact_count", "asset", "migration_id", "rule_id",
)  # fmt: skip


def format_of(path: Path, wanted: str | None) -> str:
    """The format of a file, as given or by its ending.

    Raises:
        QuarantineError: It is none of those that there are.
    """
    found = (wanted or path.suffix.lstrip(".")).lower()
    if found not in FORMATS:
        raise QuarantineError(
            f"There is no format {found!r}." if found else "The name of the file does not tell its format.", where=str(path),
            next_step=f"Give --format: {', '.join(FORMATS)}.",
        )  # fmt: skip
    return found


def write_entries(entries: Sequence[Entry], path: Path, file_format: str) -> None:
    """Write entries, replacing a file that exists.

    Raises:
        QuarantineError: The file cannot be written.
    """
    rows = [_row(entry, file_format) for entry in entries]
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
        os.close(handle)
        try:
            _write(rows, Path(name), file_format)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise QuarantineError(
            f"The file cannot be written: {error.strerror}.", where=str(path), next_step="Give a path in a folder that you may write to."
        ) from error


def _row(entry: Entry, file_format: str) -> dict[str, Any]:
    told = entry.as_row()
    row = {name: told[name] for name in COLUMNS} | dict.fromkeys(BLANK, None if file_format in ("parquet", "json") else "")
    if file_format != "json":
        row["raw_value"] = json.dumps(row["raw_value"], ensure_ascii=False)
    return row


def _write(rows: list[dict[str, Any]], path: Path, file_format: str) -> None:
    names = [*COLUMNS, *BLANK]
    if file_format == "json":
        path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    elif file_format == "parquet":
        fields = [(name, pa.int64() if name == "fact_count" else pa.string()) for name in names]
        pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(fields)), path, compression="zstd")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if file_format == "tsv" else ",", lineterminator="\n")
            writer.writerow(names)
            writer.writerows(_cells(row, names) for row in rows)


def _cells(row: dict[str, Any], names: Iterable[str]) -> list[str]:
    return ["" if row[name] is None else escaped(str(row[name])) for name in names]
