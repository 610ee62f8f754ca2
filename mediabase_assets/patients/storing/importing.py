"""A patient's file into the database: audited, matched, merged, written by difference, all in one transaction.

Contains `import_reading`. Reading a file is in `patients/reading`; the parts of the work are in the modules beside.
"""

from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple

from psycopg import sql
from psycopg.types.json import Jsonb

from mediabase_assets.audit.checks import check_rows
from mediabase_assets.model.errors import AuditError
from mediabase_assets.model.patient_rows import PATIENT_ROWS
from mediabase_assets.model.patients import (
    Duplicates,
    ImportReport,
    MatchRateError,
    PatientError,
    Reading,
    ReadOptions,
    checked_patient_id,
)
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.patients.storing import incoming, matching, writing
from mediabase_assets.patients.storing.deploy import deploy
from mediabase_assets.patients.storing.matching import Remaining
from mediabase_assets.patients.storing.reports import from_json, to_json
from mediabase_assets.patients.storing.statements import statement
from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.settings.load import Settings

#: What an import sets for its transaction: sets of some ten thousand rows are joined in memory.
_SETTINGS: LiteralString = "set local work_mem = '64MB'; set local jit = off"


@dataclass(frozen=True)
class _Wanted:
    """What is to be imported, and how."""

    patient_id: str
    reading: Reading
    duplicates: Duplicates
    minimum: float
    options: ReadOptions
    source_path: str | None

    @property
    def remembered(self) -> dict[str, Any]:
        """The options, as they are kept with the patient."""
        return {
            "duplicates": str(self.duplicates),
            "minimum_match_rate": self.minimum,
            "columns": {str(role): header for role, header in self.options.columns.items()},
            "scale": self.options.scale and str(self.options.scale),
            "contrast": self.options.contrast,
            "sheet": self.options.sheet,
            "delimiter": self.options.delimiter,
            "decimal": self.options.decimal,
            "id_kind": self.options.id_kind and str(self.options.id_kind),
        }


class _Stored(NamedTuple):
    """What is kept of a patient who has data already."""

    patient_key: int
    content_hash: str
    duplicates: str
    report: dict[str, Any]


def import_reading(
    conn: Connection, settings: Settings, patient_id: str, reading: Reading, *, duplicates: Duplicates = Duplicates.ERROR,
    minimum_match_rate: float | None = None, options: ReadOptions | None = None, source_path: str | None = None,
) -> ImportReport:  # fmt: skip
    """Store what a file holds as the data of a patient; what was stored before is replaced, and only differences are written.

    Args:
        conn: A session of `connect`, in which each statement is its own transaction.
        settings: Which live schema, and the smallest share of ids that must match.
        patient_id: Whose data.
        reading: The file.
        duplicates: What becomes of several rows of one gene or transcript whose values differ.
        minimum_match_rate: Another smallest share than that of the settings, 0 to 1.
        options: What was said of the file, to be kept with the patient.
        source_path: Where the file is, to be kept with the patient.

    Raises:
        PatientError: The id is not allowed, or nothing is released that ids could be matched with.
        PatientFileError: The file is not of human genes, too few ids match, or rows contradict each other; nothing is stored.
        AuditError: Rows do not fit their model; nothing is stored.
    """
    minimum = settings.patients.minimum_match_rate if minimum_match_rate is None else minimum_match_rate
    wanted = _Wanted(checked_patient_id(patient_id), reading, duplicates, minimum, options or ReadOptions(), source_path)
    require_live(conn, settings)
    deploy(conn, settings)
    with conn.transaction():
        conn.execute(_SETTINGS)
        lock_patient(conn, wanted.patient_id)
        stored = _stored(conn, wanted.patient_id)
        if stored and (stored.content_hash, stored.duplicates) == (reading.content_hash, str(duplicates)):
            return from_json(stored.report, inserted=0, updated=0, deleted=0, is_unchanged=True)
        _audit(reading)
        return _store(conn, settings, wanted, stored.patient_key if stored else None)


def require_live(conn: Connection, settings: Settings) -> None:
    """Check that there are released genes to match ids with.

    Raises:
        PatientError: There are none.
    """
    live = settings.database.schema_name
    if not all(is_there(conn, live, name) for name in ("genes", "transcripts", "gene_cross_references")):
        raise PatientError(
            "There are no released genes that ids could be matched with.", where=f"schema {live}", next_step="Run mediabase migrate first."
        )


def lock_patient(conn: Connection, patient_id: str) -> None:
    """Wait until no other session writes the patient, until the end of the transaction."""
    conn.execute("select pg_advisory_xact_lock(hashtextextended(%s || ' ' || %s, 15))", (conn.workspace.patients, patient_id))


def _stored(conn: Connection, patient_id: str) -> _Stored | None:
    query = "select patient_key, content_hash, options ->> 'duplicates' as duplicates, report from {}.stored_patients where patient_id = %s"
    return conn.row(_Stored, sql.SQL(query).format(sql.Identifier(conn.workspace.patients)), patient_id)


def _audit(reading: Reading) -> None:
    """Check every row; no value gets into the message."""
    finding = check_rows(PATIENT_ROWS, reading.rows)
    if not finding.passed:
        rules = sorted({f"{row['column']}: {row['rule']}" for row in finding.sample})
        rows = sorted({int(row["row_number"]) for row in finding.sample if row.get("row_number") is not None})[:5]
        raise AuditError(
            f"{counted(finding.failures, 'value')} of the file cannot be right ({'; '.join(rules)})"
            + (f", first in row {', '.join(map(str, rows))}" if rows else "") + ".",
            where=reading.file_name,
            next_step="Nothing is stored. Correct the file, or name the right column with --column.",
        )  # fmt: skip


def _store(conn: Connection, settings: Settings, wanted: _Wanted, patient: int | None) -> ImportReport:
    """Match and write; `patient` is the number of a patient who has data already."""
    reading = wanted.reading
    incoming.load(conn, settings, reading.rows)
    remaining = matching.match(conn, settings, reading.level, reading.file_name)
    require_enough(remaining, reading.rows.num_rows, wanted.minimum, reading.file_name)
    merged = writing.gather(conn, settings, reading.level, wanted.duplicates, reading.file_name)
    key = _new_key(conn) if patient is None else patient
    written = writing.write(conn, settings, reading.level, key, is_new=patient is None)
    report = _report(conn, settings, wanted, remaining, merged, written)
    _write_patient(conn, settings, wanted, key, report)
    drop_temporary(conn)
    return report


def drop_temporary(conn: Connection) -> None:
    """Drop the temporary tables now, where the transaction goes on."""
    conn.execute("drop view if exists outcome; drop table if exists incoming, matches, remaining, symbol_candidates, former_symbols")


def require_enough(remaining: Remaining, rows: int, minimum: float, file_name: str) -> None:
    """Check the match rate.

    Raises:
        PatientFileError: It is below the minimum, or nothing matched at all.
    """
    matched = rows - remaining.rows
    if matched and matched >= minimum * rows:
        return
    reasons = "; ".join(
        f"{number(u.rows)} {u.reason}, such as {', '.join(u.examples[:3])}" for u in remaining.by_reason[:4]
    )  # fmt: skip
    has_other_species = any(u.reason == "other species" and u.rows > rows / 2 for u in remaining.by_reason)
    step = (
        "Translate the genes to their human orthologues first."
        if has_other_species
        else "Check that these are human genes and that the id column is the right one (--column id=HEADER), or allow a lower "
        "patients.minimum_match_rate."
    )
    raise MatchRateError(
        f"Only {number(matched)} of {counted(rows, 'id')} ({matched / max(rows, 1):.1%}) are in the database; "
        f"at least {minimum:.0%} have to be: {reasons}.",
        where=file_name,
        next_step=f"Nothing is stored. {step}",
    )


def _new_key(conn: Connection) -> int:
    query: LiteralString = "select nextval(pg_get_serial_sequence(format('%%I.stored_patients', %s::text), 'patient_key'))"
    return int(conn.value(query, conn.workspace.patients))


def _report(
    conn: Connection, settings: Settings, wanted: _Wanted, remaining: Remaining, merged: dict[str, int], written: writing.Written
) -> ImportReport:
    reading, summary, rows = wanted.reading, writing.summary_of(conn, settings), wanted.reading.rows.num_rows
    return ImportReport(
        patient_id=wanted.patient_id,
        level=reading.level,
        file_name=reading.file_name,
        tool=reading.tool,
        scale=reading.scale,
        columns={str(role): header for role, header in reading.columns.items()},
        rows_read=reading.rows_read,
        stored=summary.rows,
        matched=writing.matched_by_kind(conn),
        unmatched=remaining.by_reason,
        match_rate=(rows - remaining.rows) / rows,
        duplicates=merged,
        na=writing.without_effect(conn),
        **{name: getattr(summary, name) for name in ("smallest", "median", "largest", "up", "down")},
        **written._asdict(),
        is_unchanged=False,
        notes=reading.notes,
    )


def _write_patient(conn: Connection, settings: Settings, wanted: _Wanted, key: int, report: ImportReport) -> None:
    reading = wanted.reading
    values = {
        "patient_key": key,
        "patient_id": wanted.patient_id,
        "level": str(reading.level),
        "file_name": reading.file_name,
        "file_sha256": reading.sha256,
        "content_hash": reading.content_hash,
        "tool": reading.tool,
        "scale": str(reading.scale),
        "columns": Jsonb(dict(report.columns)),
        "options": Jsonb(wanted.remembered),
        "rows_read": reading.rows_read,
        "stored": report.stored,
        "match_rate": report.match_rate,
        "report": Jsonb(to_json(report)),
        "matched_against": matching.matched_against(conn),
        "source_path": wanted.source_path,
    }
    conn.execute(statement(conn, settings, "writing/patient"), values)
