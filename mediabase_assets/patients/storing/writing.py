"""Duplicates, and how the rows of a patient become visible: new ones inserted, changed ones updated, gone ones deleted.

Contains the writing of what `matching` left in the temporary tables; it happens in the transaction of the import.
"""

from typing import NamedTuple

import psycopg
from psycopg import sql

from mediabase_assets.model.patients import DOWN, UP, Duplicates, Level, PatientFileError
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.storing import codes
from mediabase_assets.patients.storing.statements import GRAINS, statement
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings


class Written(NamedTuple):
    """How many rows of a patient changed."""

    inserted: int
    updated: int
    deleted: int


class Summary(NamedTuple):
    """The linear fold changes of what is stored: smallest, median, largest, how many over `UP` and under `DOWN`, and rows in all."""

    smallest: float | None
    median: float | None
    largest: float | None
    up: int
    down: int
    rows: int


def gather(conn: Connection, settings: Settings, level: Level, rule: Duplicates, file_name: str) -> dict[str, int]:
    """Make the temporary view `outcome`, and see to it that it has one row per gene or transcript.

    Args:
        conn: A session in a transaction, after `match`.
        settings: Which live schema.
        level: The grain.
        rule: What becomes of rows whose values differ.
        file_name: For the error.

    Returns:
        Rows merged into another one, by why.

    Raises:
        PatientFileError: Rows of one gene or transcript differ and the rule is `error`, or the values leave the range of numbers.
    """
    conn.execute(statement(conn, settings, "writing/outcome"))
    merged: dict[str, int] = {}
    if not _has_duplicates(conn):
        return merged
    for reason, name in (("without value", "without_value"), ("equal", "equal")):
        merged[reason] = conn.execute(statement(conn, settings, f"writing/{name}")).rowcount
    if _has_duplicates(conn):
        if rule is Duplicates.ERROR:
            raise _conflict(conn, settings, level, file_name)
        merged[rule.value] = _merge(conn, settings, rule)
    return {reason: rows for reason, rows in merged.items() if rows}


def write(conn: Connection, settings: Settings, level: Level, patient: int, *, is_new: bool) -> Written:
    """Bring the stored rows of a patient to those of `outcome` and `remaining`, by difference.

    Args:
        conn: A session in a transaction, after `gather`.
        settings: Which live schema.
        level: The grain.
        patient: The patient's number.
        is_new: Whether nothing of the patient is stored.
    """
    more: dict[str, sql.Composable] = {"patient": sql.Literal(patient), "is_new": sql.Literal(is_new)}
    deleted = updated = 0
    if not is_new:
        names: dict[str, sql.Composable] = {"patients": sql.Identifier(conn.workspace.patients), "patient": more["patient"]}
        for other in GRAINS:
            if other is not level:
                table = sql.Identifier(GRAINS[other].stored)
                deleted += conn.execute(
                    sql.SQL("delete from {patients}.{table} where patient_key = {patient}").format(table=table, **names)
                ).rowcount
        conn.execute(sql.SQL("delete from {patients}.stored_unmatched where patient_key = {patient}").format(**names))
        deleted += conn.execute(statement(conn, settings, "writing/delete", level, **more)).rowcount
        updated = conn.execute(statement(conn, settings, "writing/update", level, **more)).rowcount
        conn.execute(statement(conn, settings, "writing/renumber", level, **more))
    inserted = conn.execute(statement(conn, settings, "writing/insert", level, **more)).rowcount
    conn.execute(statement(conn, settings, "writing/unmatched", level, **more))
    return Written(inserted, updated, deleted)


def summary_of(conn: Connection, settings: Settings) -> Summary:
    """What `outcome` holds."""
    summary = conn.row(Summary, statement(conn, settings, "writing/summary", up=sql.Literal(UP), down=sql.Literal(DOWN)))
    assert summary is not None
    return summary


def matched_by_kind(conn: Connection) -> dict[str, int]:
    """Rows of `outcome` by the kind of their id, and how it was matched where that is not exactly."""
    rows = conn.execute("select id_kind, matched_by, count(*) from outcome group by 1, 2 order by 3 desc, 1, 2").fetchall()
    return {_kind(str(kind), str(way)): int(count) for kind, way, count in rows}


def without_effect(conn: Connection) -> dict[str, int]:
    """Rows of the file without a value, or with a part of it refused, by reason."""
    rows = conn.execute("select na_reason, count(*) from incoming where na_reason is not null group by 1 order by 2 desc, 1").fetchall()
    return {str(codes.NA_REASONS[str(letter)]): int(count) for letter, count in rows}


def _kind(kind: str, way: str) -> str:
    word = str(codes.KINDS[kind])
    return word if way == "e" or (way, kind) in {("x", "n"), ("x", "r"), ("x", "u"), ("d", "d")} else f"{word}, {codes.MATCHES[way]}"


def _merge(conn: Connection, settings: Settings, rule: Duplicates) -> int:
    try:
        return conn.execute(statement(conn, settings, "writing/mean" if rule is Duplicates.MEAN else "writing/best_padj")).rowcount
    except psycopg.errors.NumericValueOutOfRange as error:
        raise PatientFileError("The mean of two rows is no number.", next_step="Give --duplicates best-padj.") from error


def _has_duplicates(conn: Connection) -> bool:
    return bool(conn.value("select count(*) > count(distinct target_key) from outcome"))


def _conflict(conn: Connection, settings: Settings, level: Level, file_name: str) -> PatientFileError:
    rows = conn.execute(statement(conn, settings, "writing/conflicting")).fetchall()
    shown = "; ".join(f"{target} in rows {', '.join(map(str, numbers[:6]))}" for _, target, numbers in rows)
    total = int(rows[0][0]) if rows else 0
    return PatientFileError(
        f"{counted(total, str(level))} {'has' if total == 1 else 'have'} several rows whose values differ: "
        f"{shown}{' …' if total > len(rows) else ''}.",
        where=file_name,
        next_step="Nothing is stored. Say which row counts: --duplicates best-padj (smallest adjusted p) or --duplicates mean (of log2).",
    )
