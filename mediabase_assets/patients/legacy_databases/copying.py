"""The rows of the legacy table into another database, with a patient's fold changes instead of their own.

Rows go in binary from session to session, both of which work at the same time; nothing is kept in this process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from mediabase_assets.extraction.snapshot import read_as
from mediabase_assets.legacy.files.report import Progress
from mediabase_assets.legacy.files.staging import reason
from mediabase_assets.legacy.table import LegacyDescription, add_keys_and_indexes, create_legacy_table
from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.legacy import LegacyColumn, legacy_column
from mediabase_assets.model.patients import Level, PatientError
from mediabase_assets.patients.storing.listing import column_of
from mediabase_assets.postgres.sql_files import Connection, count, read

SQL = Path(__file__).parent / "sql"
VALUE = "expression_fold_change"
#: Bytes that are sent at a time.
_CHUNK = 1 << 18
#: Rows between two calls of the progress.
_STEP = 5_000


@dataclass(frozen=True)
class Copied:
    """Rows in all, rows that are not 1.0, and transcripts of the patient that the legacy table does not have."""

    rows: int
    changed: int
    not_there: int


def copy_legacy_table(
    source: Connection, target: Connection, legacy: LegacyDescription, patient_id: str, progress: Progress | None = None
) -> Copied:
    """Create the legacy table in another database, fill it, add its keys and indexes.

    Args:
        source: A session with the main database, outside a transaction.
        target: A session with an empty one.
        legacy: The table in the main database.
        patient_id: Whose values are set.
        progress: Gets rows done and rows in all.

    Raises:
        PatientError: The patient is unknown, or none of the transcripts is in the table.
        LegacyFileError: A transcript_id of the table is NULL or occurs twice.
    """
    columns = _columns(target, legacy)
    with source.transaction(), target.transaction():
        source.execute("set transaction isolation level repeatable read")
        values = _prepare(source, patient_id)
        rows, matched = _counts(source, legacy)
        if not matched:
            raise PatientError(
                f"None of the {values} transcripts with a value is in the legacy table, whose database it would be.",
                where=f"patient {patient_id}",
                next_step="Export the patient as a file.",
            )
        create_legacy_table(target, legacy.schema, legacy.table, columns)
        _copy(source, target, legacy, columns, lambda done: progress(done, rows) if progress else None)
        if progress is not None:
            progress(rows, rows)
        add_keys_and_indexes(target, legacy.schema, legacy.table)
        relation = sql.Identifier(legacy.schema, legacy.table)
        target.execute(sql.SQL("analyze {}").format(relation))
        row = target.execute(sql.SQL("select count(*), count(*) filter (where {} <> 1.0) from {}").format(sql.Identifier(VALUE), relation))
        copied, changed = row.fetchone() or (0, 0)
    return Copied(int(copied), int(changed), values - matched)


def _columns(target: Connection, legacy: LegacyDescription) -> list[LegacyColumn]:
    """The columns of the new table in their order: known ones as the old schema has them, others in their own type, or as text."""
    columns: list[LegacyColumn] = []
    for name, kind in (legacy.columns or {}).items():
        known = legacy_column(name)
        if known is None or (name in (legacy.wrong_types or {}) and name != VALUE):
            row = target.execute("select to_regtype(%s) is not null and %s ~ '^[a-z][a-z0-9 ]*(\\[\\])?$'", (kind, kind)).fetchone()
            known = LegacyColumn(name, kind if row and row[0] else "text")
        columns.append(known)
    value = legacy_column(VALUE)
    return columns if value is None or VALUE in (legacy.columns or {}) else [*columns, value]


def level_of(conn: Connection, patient_id: str) -> Level:
    """The grain of a patient's data.

    Raises:
        PatientError: The patient is unknown.
        ServerError: This role may not read the patients' data.
    """
    try:
        return Level(column_of(conn, patient_id, "level"))
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServerError(
            f"The role {conn.info.user} may not read every patient: {reason(error)}.",
            where=f"schema {conn.workspace.patients}",
            next_step="Export as the role that imported the patient.",
        ) from error


def _prepare(source: Connection, patient_id: str) -> int:
    """The patient's values in a temporary table; returns how many.

    Raises:
        PatientError: The patient is unknown.
    """
    schema = source.workspace.patients
    statements = sql.SQL(read(SQL / "patient_values.sql")).format(
        expression=sql.Identifier(schema, "patient_transcript_expression"),
        unmatched=sql.Identifier(schema, "patient_unmatched"),
        patient_id=sql.Literal(patient_id),
        is_of_transcripts=sql.Literal(level_of(source, patient_id) is Level.TRANSCRIPT),
    )
    source.execute(statements)
    return count(source, "mediabase_patient_values")


def _rows(legacy: LegacyDescription, columns: sql.Composable) -> sql.Composed:
    return sql.SQL(read(SQL / "legacy_rows.sql")).format(columns=columns, legacy=sql.Identifier(legacy.schema, legacy.table))


def _counts(source: Connection, legacy: LegacyDescription) -> tuple[int, int]:
    rows = _rows(legacy, sql.SQL("p.patient_transcript"))
    counts: Any = source.execute(sql.SQL(read(SQL / "legacy_counts.sql")).format(rows=rows)).fetchone()
    return int(counts[0]), int(counts[1])


def _copy(
    source: Connection, target: Connection, legacy: LegacyDescription, columns: list[LegacyColumn], done: Callable[[int], None]
) -> None:
    selected = sql.SQL(", ").join(_selected(column, legacy) for column in columns)
    out = sql.SQL("copy ({}) to stdout (format binary)").format(_rows(legacy, selected))
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    relation = sql.Identifier(legacy.schema, legacy.table)
    into = sql.SQL("copy {} ({}) from stdin (format binary, freeze)").format(relation, names)
    buffer, rows = bytearray(), 0
    with source.cursor() as reading, target.cursor() as writing, reading.copy(out) as stream, writing.copy(into) as sink:
        for part in stream:  # each one row, the first with the header; the last is the trailer
            buffer += part
            rows += 1
            if len(buffer) >= _CHUNK:
                sink.write(bytes(buffer))
                buffer.clear()
            if rows % _STEP == 0:
                done(rows)
        sink.write(bytes(buffer))


def _selected(column: LegacyColumn, legacy: LegacyDescription) -> sql.Composable:
    """A column of the new table, from the legacy one or from the patient."""
    if column.name == VALUE:
        return sql.SQL("coalesce(p.patient_fold_change, 1.0)")
    kind = (legacy.columns or {})[column.name]
    if kind == column.sql_type:
        return sql.Identifier("l", column.name)
    if legacy_column(column.name) == column:
        return read_as(column, kind)
    return sql.SQL("{}::text").format(sql.Identifier("l", column.name))
