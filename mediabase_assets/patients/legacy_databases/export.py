"""The database of one patient, as the old workflow made it: the main database's legacy table, with the patient's fold changes.

All rows and columns of the legacy table, its keys and indexes; `expression_fold_change` is the patient's, 1.0 where there is none.
Contains the new database's life: made under another name, filled, renamed when it is whole; rows are copied in `copying`.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from mediabase_assets.legacy.files.report import Progress
from mediabase_assets.legacy.files.staging import reason
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.patients import PatientError, checked_patient_id
from mediabase_assets.patients.legacy_databases.copying import copy_legacy_table, level_of
from mediabase_assets.patients.legacy_databases.names import checked_database_name, database_name
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

_APPLICATION = "mediabase export"
_PREFIX = "mediabase_export_"
_LEFTOVERS = r"""
    select d.datname from pg_catalog.pg_database as d where d.datname ~ ('^' || %s || '\d+_\d+$') and pg_has_role(d.datdba, 'usage')
      and not exists (select from pg_stat_activity as a where a.pid = split_part(d.datname, '_', 3)::int and a.application_name = %s)"""
_LIKE_THIS_ONE = """
    select pg_encoding_to_char(encoding), datcollate, datctype from pg_catalog.pg_database where datname = current_database()"""


@dataclass(frozen=True)
class DatabaseExport:
    """What was made.

    Attributes:
        database: Its name.
        rows: Rows of its legacy table, as many as in the main database.
        changed: Rows whose value is not 1.0.
        not_there: Transcripts of the patient with a value that the legacy table does not have.
        seconds: How long it took.
    """

    database: str
    rows: int
    changed: int
    not_there: int
    seconds: float


def export_as_database(
    conn: Connection, settings: Settings, patient_id: str, database: str | None = None, *, progress: Progress | None = None
) -> DatabaseExport:
    """Make the database of one patient that the old workflow gives; all of it or nothing.

    A value of exactly 1.0 cannot be told from "no data" there, nor can p values be kept. Roles other than the owner and superusers
    cannot connect to it until they are granted that.

    Args:
        conn: A session with the main database, outside a transaction.
        settings: Which server; the schema and the name of the legacy table.
        patient_id: Whose.
        database: Its name; `mediabase_patient_<patient_id>` by default.
        progress: Gets rows done and rows in all.

    Raises:
        PatientError: The patient is unknown or has no value for the legacy table; the name is not allowed or taken; the main
            database has no legacy table.
        ServerError: The role may not read the patient or create databases, or the server gave up; nothing is left.
    """
    started = time.monotonic()
    checked_patient_id(patient_id)
    name = database_name(patient_id) if database is None else checked_database_name(database)
    schema, table = settings.database.source_schema, settings.database.legacy_table
    legacy = describe_legacy_table(conn, schema, table)
    if not legacy.exists or not legacy.has_rows:
        raise PatientError(
            "The main database has no legacy table to make a patient's database from, or none that this role may read.",
            where=f"{schema}.{table}",
            next_step="Load it with `mediabase migrate --legacy-from FILE`, or export the patient as a file.",
        )
    level_of(conn, patient_id)
    with (
        _new_database(settings, conn.info.dbname, name) as scratch,
        connect(settings, autocommit=True, application_name=_APPLICATION, dbname=scratch) as target,
    ):
        copied = copy_legacy_table(conn, target, legacy, patient_id, progress)
    return DatabaseExport(name, copied.rows, copied.changed, copied.not_there, time.monotonic() - started)


@contextlib.contextmanager
def _new_database(settings: Settings, main: str, name: str) -> Iterator[str]:
    """A scratch database that gets its name when the body is done, and is dropped when that fails.

    Raises:
        PatientError: The name is taken.
        ServerError: It may not be created, or the server gave up.
    """
    with connect(settings, autocommit=True, application_name=_APPLICATION, dbname=main) as admin:
        _refuse_taken(admin, name)
        _drop_leftovers(admin)
        scratch = f"{_PREFIX}{admin.info.backend_pid}_{int(time.time())}"
        try:
            _create(admin, scratch)
            yield scratch
            _rename(admin, scratch, name)
        except (psycopg.errors.InsufficientPrivilege, psycopg.OperationalError) as error:
            raise ServerError(
                f"The database cannot be made: {reason(error)}.",
                where=f"database {name}",
                next_step="Remedy that, then try again; nothing is left.",
            ) from error
        finally:
            with contextlib.suppress(psycopg.OperationalError):  # the server is gone; the next export drops it
                admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(scratch)))


def _create(admin: Connection, scratch: str) -> None:
    """An empty database that stores and sorts text as the main one; nobody else may connect to it.

    Raises:
        ServerError: The role may not create databases.
    """
    row = admin.execute(_LIKE_THIS_ONE).fetchone() or ("UTF8", "C", "C")
    statement = sql.SQL("create database {} template template0 encoding {} lc_collate {} lc_ctype {}")
    try:
        admin.execute(statement.format(sql.Identifier(scratch), *map(sql.Literal, row)))
    except psycopg.errors.InsufficientPrivilege as error:
        user = sql.Identifier(admin.info.user).as_string(admin)
        raise ServerError(
            f"The role {user} may not create databases.",
            where=f"database {admin.info.dbname}",
            next_step=f"Ask the administrator for `alter role {user} createdb`.",
        ) from error
    admin.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(scratch)))


def _rename(admin: Connection, scratch: str, name: str) -> None:
    try:
        admin.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(scratch), sql.Identifier(name)))
    except psycopg.errors.DuplicateDatabase:
        raise _taken(name) from None


def _refuse_taken(admin: Connection, name: str) -> None:
    if admin.execute("select from pg_catalog.pg_database where datname = %s", (name,)).fetchone() is not None:
        raise _taken(name)


def _taken(name: str) -> PatientError:
    return PatientError(
        f"There is a database {name} already; it is not overwritten.",
        where=f"database {name}",
        next_step=f"Give another name, or drop it yourself: drop database {sql.Identifier(name).as_string(None)};",
    )


def _drop_leftovers(admin: Connection) -> None:
    """Drop what exports left whose process has ended."""
    for (name,) in admin.execute(_LEFTOVERS, (_PREFIX, _APPLICATION)).fetchall():
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
