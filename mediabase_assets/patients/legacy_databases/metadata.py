"""What v0.6.0 noted about a patient's file, as sentences for the report.

Contains the columns of `metadata` by their own names. What is nested (`metadata_json`) is named, never copied: a free form may hold
what identifies a person. Of a path only the file's name is kept.
"""

from pathlib import Path, PureWindowsPath
from typing import Any

import psycopg
from psycopg import sql

from mediabase_assets.postgres.sql_files import Connection, is_there, read

SQL = Path(__file__).parent / "sql"
_LONGEST = 200
#: The id is the patient's key already.
_LEFT_OUT = ("patient_id", "id")


def metadata_notes(conn: Connection, schema: str) -> list[str]:
    """One sentence for each row of a schema's metadata; none where there is no such table, or this role may not read it."""
    if not is_there(conn, schema, "metadata"):
        return ["The schema has no metadata."]
    try:
        with conn.transaction():
            query = sql.SQL(read(SQL / "metadata.sql")).format(relation=sql.Identifier(schema, "metadata"))
            rows = conn.execute(query).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return ["The schema's metadata may not be read by this role."]
    return [sentence for (row,) in rows for sentence in _sentences(row)]


def _sentences(row: dict[str, Any]) -> list[str]:
    """The values of one row, and what of it is not taken.

    >>> _sentences({"patient_id": "a", "source_file": "data/her2.csv", "total_transcripts": 12, "metadata_json": {"age": 1}})
    ["The old database's metadata: source_file her2.csv, total_transcripts 12.", 'Not taken of its metadata: metadata_json (age).']
    """
    plain = {name: value for name, value in row.items() if not isinstance(value, dict | list) and name not in _LEFT_OUT and value != ""}
    nested = {name: value for name, value in row.items() if isinstance(value, dict | list) and value}
    sentences = []
    if plain:
        sentences.append(f"The old database's metadata: {', '.join(f'{name} {_shown(name, value)}' for name, value in plain.items())}.")
    if nested:
        names = [f"{name} ({', '.join(value)})" if isinstance(value, dict) else name for name, value in nested.items()]
        sentences.append(f"Not taken of its metadata: {'; '.join(names)}.")
    return sentences


def _shown(name: str, value: Any) -> str:
    text = PureWindowsPath(str(value)).name if "file" in name and "format" not in name else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
