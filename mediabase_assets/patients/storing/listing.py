"""Which patients there are.

Contains one query; what is known about one patient is in `patients/questions`.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from mediabase_assets.model.patients import ImportReport, Level, PatientError
from mediabase_assets.patients.storing.deploy import is_deployed
from mediabase_assets.patients.storing.reports import from_json
from mediabase_assets.postgres.sql_files import Connection


@dataclass(frozen=True)
class ListedPatient:
    """A patient in a list.

    Attributes:
        patient_id: The pseudonym.
        level: The grain of the file.
        file_name: Of the file.
        tool: What made it.
        stored: Genes or transcripts stored.
        match_rate: Share of the file's ids that were matched.
        up: Genes or transcripts that are up-regulated.
        down: Those that are down-regulated.
        imported_at: When.
        matched_against: The release that the ids were matched with.
    """

    patient_id: str
    level: Level
    file_name: str
    tool: str
    stored: int
    match_rate: float
    up: int
    down: int
    imported_at: datetime
    matched_against: str | None


def list_patients(conn: Connection) -> tuple[ListedPatient, ...]:
    """All patients that this role may read, by id; none where nothing was ever imported."""
    if not is_deployed(conn):
        return ()
    query = sql.SQL(
        """select patient_id, level, file_name, tool, stored, match_rate, (report ->> 'up')::integer, (report ->> 'down')::integer,
             imported_at, matched_against from {}.patients order by patient_id"""
    ).format(sql.Identifier(conn.workspace.patients))
    return tuple(ListedPatient(str(row[0]), Level(row[1]), *row[2:]) for row in conn.execute(query).fetchall())


def report_of(conn: Connection, patient_id: str) -> ImportReport:
    """The report of a patient's last import.

    Raises:
        PatientError: There is no such patient.
    """
    row = None
    if is_deployed(conn):
        query = sql.SQL("select report from {}.patients where patient_id = %s").format(sql.Identifier(conn.workspace.patients))
        row = conn.execute(query, (patient_id,)).fetchone()
    if row is None:
        raise unknown_patient(conn, patient_id)
    return from_json(row[0])


def key_of(conn: Connection, patient_id: str) -> int:
    """The number of a patient in the tables.

    Raises:
        PatientError: There is no such patient.
    """
    row = None
    if is_deployed(conn):
        query = sql.SQL("select patient_key from {}.stored_patients where patient_id = %s").format(sql.Identifier(conn.workspace.patients))
        row = conn.execute(query, (patient_id,)).fetchone()
    if row is None:
        raise unknown_patient(conn, patient_id)
    return int(row[0])


def unknown_patient(conn: Connection, patient_id: str) -> PatientError:
    """The error for an id that no patient has."""
    where = f"schema {conn.workspace.patients}"
    return PatientError(f"There is no patient {patient_id[:100]!r}.", where=where, next_step="List the patients: mediabase patients list")
