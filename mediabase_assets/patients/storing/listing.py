"""Which patients there are, what is kept of one, and the error where there is none of an id.

What is known about the genes of a patient is in `patients/questions`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    return from_json(column_of(conn, patient_id, "report"))


def key_of(conn: Connection, patient_id: str) -> int:
    """The number of a patient in the tables.

    Raises:
        PatientError: There is no such patient.
    """
    return int(column_of(conn, patient_id, "patient_key", of="stored_patients"))


def column_of(conn: Connection, patient_id: str, column: str, *, of: str = "patients") -> Any:
    """The value of a column that is never NULL, of the row of a patient in `patients` or in the table beneath that view.

    Raises:
        PatientError: There is no such patient, or this role may not read it.
    """
    value = None
    if is_deployed(conn):
        names = {"column": sql.Identifier(column), "relation": sql.Identifier(conn.workspace.patients, of)}
        value = conn.value(sql.SQL("select {column} from {relation} where patient_id = %s").format(**names), patient_id)
    if value is None:
        raise unknown_patient(patient_id)
    return value


def unknown_patient(patient_id: str) -> PatientError:
    """The error for an id that no patient has."""
    return PatientError(
        f"There is no patient {patient_id[:100]!r}.",
        where="patients",
        next_step="`mediabase patients list` shows the patients; ids are case-sensitive.",
    )
