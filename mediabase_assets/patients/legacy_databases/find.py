"""Which databases and schemas of a server hold one patient each, by their names and, of schemas, by their metadata.

Contains the search; what they hold is read in `read`. No database that is named after a patient is opened.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.patients import PATIENT_ID
from mediabase_assets.patients.legacy_databases.names import is_patient_database, patient_id_of, patient_id_of_schema
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, read
from mediabase_assets.settings.load import Settings

SQL = Path(__file__).parent / "sql"
#: Databases that may hold schemas of patients: those named as the old programs name the main one; not what this project makes for a while.
_MAIN = re.compile(r"(mediabase|mbase)(?!_(proof|export)_\d+_\d+$).*", re.I | re.S)
_DATABASES = """
    select datname::text, datallowconn and has_database_privilege(oid, 'connect')
    from pg_catalog.pg_database where not datistemplate order by datname collate "C"
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PatientDatabase:
    """Where the old programs keep one patient.

    Attributes:
        database: A database of the server.
        schema: The patient's schema in it (v0.6.0); None where the whole database is of the patient.
        patient_id: Whose, by the metadata of the schema or by the name; None where that is no id that is allowed.
    """

    database: str
    schema: str | None
    patient_id: str | None

    def __str__(self) -> str:
        return self.database if self.schema is None else f"{self.database}, schema {self.schema}"


def find_patient_databases(settings: Settings) -> list[PatientDatabase]:
    """The databases of single patients on the server, then the schemas of patients in the configured and other main databases.

    A main database that this role cannot open is left out, with a warning in the log.

    Raises:
        ServerError: The configured database cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase patients") as conn:
        databases = conn.execute(_DATABASES).fetchall()
        own = conn.info.dbname
        in_schemas = _in_schemas(conn)
    found = [PatientDatabase(name, None, patient_id_of(name)) for name, _ in databases if name != own and is_patient_database(name)]
    for name, is_open in databases:
        if is_open and name != own and _MAIN.fullmatch(name) and not is_patient_database(name):
            try:
                with connect(settings, autocommit=True, application_name="mediabase patients", dbname=name) as other:
                    in_schemas += _in_schemas(other)
            except ServerError as error:
                logger.warning("The database %s is not searched for patients: %s", name, error.what)
    return found + in_schemas


def of_one_id(found: Iterable[PatientDatabase]) -> dict[str, list[PatientDatabase]]:
    """The ids that several of them have, ignoring case, with where they are: only a person knows which is the right one.

    >>> of_one_id([PatientDatabase("mediabase_patient_A12", None, "A12"), PatientDatabase("mediabase", "patient_a12", "a12")]).keys()
    dict_keys(['A12'])
    """
    by_id: dict[str, list[PatientDatabase]] = {}
    for each in found:
        by_id.setdefault((each.patient_id or "").lower(), []).append(each)
    return {str(places[0].patient_id): places for key, places in by_id.items() if key and len(places) > 1}


def patient_schemas(conn: Connection) -> dict[str, str | None]:
    """The schemas of patients in the database of a session, each with its patient's id: that of the metadata, else of the name."""
    found: dict[str, str | None] = {}
    for schema, has_metadata in conn.execute(sql.SQL(read(SQL / "schemas.sql"))).fetchall():
        known = _recorded_id(conn, schema) if has_metadata else None
        found[str(schema)] = known or patient_id_of_schema(schema)
    return found


def _in_schemas(conn: Connection) -> list[PatientDatabase]:
    return [PatientDatabase(conn.info.dbname, schema, patient_id) for schema, patient_id in patient_schemas(conn).items()]


def _recorded_id(conn: Connection, schema: str) -> str | None:
    """The one id in the metadata of a schema, in its case; None where it has none, several, or one that is not allowed."""
    query = sql.SQL("select distinct patient_id::text from {} where patient_id is not null limit 2")
    try:
        with conn.transaction():
            rows = conn.execute(query.format(sql.Identifier(schema, "metadata"))).fetchall()
    except psycopg.errors.InsufficientPrivilege:  # a policy
        return None
    return str(rows[0][0]) if len(rows) == 1 and PATIENT_ID.fullmatch(rows[0][0]) else None
