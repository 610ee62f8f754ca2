"""Which relation of a patient's database holds the fold changes.

The whole database is of the patient: the legacy table, which the old workflow updated; copies of November 2025 may hold
`transcripts.expression_fold_change` beside it, or only that. Schema per patient (v0.6.0): `expression_data` in `patient_<id>`.
"""

import difflib
from dataclasses import dataclass

from psycopg import sql

from mediabase_assets.extraction.snapshot import read_as
from mediabase_assets.legacy.table import LegacyDescription, describe_legacy_table
from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.legacy import LEGACY_TABLE, LegacyColumn
from mediabase_assets.model.patients import PatientError, PatientFileError
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.legacy_databases.find import patient_schemas
from mediabase_assets.patients.legacy_databases.names import is_patient_database, patient_id_of_schema
from mediabase_assets.postgres import limits
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

ID, VALUE = "transcript_id", "expression_fold_change"
#: The table of the normalized schema of November 2025.
NORMALIZED_TABLE = "transcripts"
_READ = (LegacyColumn(ID, "text"), LegacyColumn(VALUE, "double precision"))


@dataclass(frozen=True)
class Source:
    """A relation with the fold changes of one patient; each expression reads a column as its proper type.

    Attributes:
        database: Where it is.
        schema: Its schema.
        name: Its name.
        transcript_id: SQL of the id.
        fold_change: SQL of the value.
        is_schema_of_patient: Whether the schema is the patient's (v0.6.0).
    """

    database: str
    schema: str
    name: str
    transcript_id: sql.Composable
    fold_change: sql.Composable
    is_schema_of_patient: bool

    @property
    def relation(self) -> sql.Identifier:
        """Its name in SQL."""
        return sql.Identifier(self.schema, self.name)

    def __str__(self) -> str:
        return f"database {self.database}, {self.schema}.{self.name}"


def sources(
    conn: Connection, settings: Settings, database: str, patient_id: str | None, schema: str | None, relation: str | None
) -> list[Source]:
    """The relations that may hold the patient's values, the one that counts first.

    Args:
        conn: A session with the database.
        settings: The schema and the name of the legacy table.
        database: Its name.
        patient_id: Which of several patients' schemas.
        schema: The patient's schema, where the id does not name it.
        relation: The one table to look at, of those that hold fold changes.

    Raises:
        PatientError: There is no such schema, or several that fit.
        PatientFileError: Nothing there holds fold changes of transcripts.
        ServerError: This role may not read the relation, or not every row of it.
    """
    schemas = patient_schemas(conn)
    if schema is None and schemas and not is_patient_database(database):
        schema = _schema_of(schemas, database, patient_id)
    if schema is not None:
        if schema not in schemas:
            raise _no_such_schema(schemas, database, f"no schema {schema} of a patient")
        return [_source(conn, describe_legacy_table(conn, schema, "expression_data"), database, is_schema_of_patient=True)]
    legacy = settings.database.legacy_table
    names = [legacy, *([LEGACY_TABLE] if legacy != LEGACY_TABLE else []), NORMALIZED_TABLE]
    wanted = [name for name in names if relation in (None, name)]
    homes = dict.fromkeys((settings.database.source_schema, settings.database.schema_name, "public"))
    described = [next((d for d in (describe_legacy_table(conn, home, name) for home in homes) if d.exists), None) for name in wanted]
    found = [_source(conn, d, database) for d in described if d is not None and VALUE in (d.columns or {})]
    if found:
        return found
    if len(schemas) == 1 and relation is None:
        return sources(conn, settings, database, patient_id, next(iter(schemas)), None)
    looked_for = " and ".join(f"{name}.{VALUE}" for name in wanted) or f"a relation {relation}"
    raise PatientFileError(
        f"The database holds no fold changes of a patient: there is no {looked_for}" + (f" in {', '.join(homes)}." if wanted else "."),
        where=f"database {database}",
        next_step="Name a database that the old programs made for one patient"
        + (f", or one of the schemas {', '.join(schemas)}." if schemas else "."),
    )


def _source(conn: Connection, legacy: LegacyDescription, database: str, *, is_schema_of_patient: bool = False) -> Source:
    """The relation as a source, if it can be read.

    Raises:
        PatientFileError: It lacks a column, or one has a type that holds something else.
        ServerError: This role may not read it, or a policy hides rows.
    """
    where = f"database {database}, {legacy.schema}.{legacy.table}"
    columns, wrong = legacy.columns or {}, legacy.wrong_types or {}
    missing = [name for name in (ID, VALUE) if name not in columns]
    if missing or wrong.keys() & {ID, VALUE}:
        unfit = [f"{name} is {wrong[name][0]}, not {wrong[name][1]}" for name in (ID, VALUE) if name in wrong]
        raise PatientFileError(
            f"The relation does not hold fold changes of transcripts: {'; '.join([*(f'it has no {n}' for n in missing), *unfit])}.",
            where=where,
            next_step="Name a database that the old programs made for one patient.",
        )
    if not legacy.is_readable:
        grant = f"grant usage on schema {legacy.schema} to {conn.info.user}; grant select on {legacy.schema}.{legacy.table} to"
        raise ServerError("This role may not read the relation.", where=where, next_step=f"Ask its owner for `{grant} {conn.info.user}`.")
    hidden = limits.hidden_rows(conn, legacy.schema, legacy.table)
    if hidden.what:
        raise ServerError(hidden.what, where=where, next_step=hidden.next_step)
    transcript_id, fold_change = (read_as(column, columns[column.name]) for column in _READ)
    return Source(database, legacy.schema, legacy.table, transcript_id, fold_change, is_schema_of_patient)


def _schema_of(schemas: dict[str, str | None], database: str, patient_id: str | None) -> str:
    """The schema of that patient, or the only one.

    Raises:
        PatientError: None or several.
    """
    if patient_id is None and len(schemas) == 1:
        return next(iter(schemas))
    if patient_id is None:
        raise _no_such_schema(schemas, database, f"{counted(len(schemas), 'schema')} of patients")
    wanted = patient_id.lower()
    # ids with - could not be written without quotes, so that some were stored with _
    fits = [s for s, known in schemas.items() if wanted in ((known or "").lower(), (patient_id_of_schema(s) or "").lower())]
    fits = fits or [s for s in schemas if s.lower() == f"patient_{wanted.replace('-', '_')}"]
    if len(fits) != 1:
        raise _no_such_schema(schemas, database, f"{'several schemas' if fits else 'no schema'} of the patient {patient_id}")
    return fits[0]


def _no_such_schema(schemas: dict[str, str | None], database: str, what: str) -> PatientError:
    shown = [f"{schema} ({known or 'without an id'})" for schema, known in list(schemas.items())[:10]]
    more = f" and {len(schemas) - len(shown)} more" if len(schemas) > len(shown) else ""
    return PatientError(
        f"The database {database} holds {what}. There {'is' if len(schemas) == 1 else 'are'}: {', '.join(shown) or 'none'}{more}.",
        where=f"database {database}",
        next_step="Give the id of one of them.",
    )


def refuse_unknown(conn: Connection, database: str) -> None:
    """Raise if the server has no database of that name, with the nearest names of patients' databases.

    Raises:
        PatientError: There is none.
    """
    names = [str(name) for (name,) in conn.execute("select datname::text from pg_catalog.pg_database").fetchall()]
    if database not in names:
        near = difflib.get_close_matches(database, filter(is_patient_database, names), n=3)
        raise PatientError(
            f"The server has no database {database[:100]!r}." + (f" Similar: {', '.join(near)}." if near else ""),
            where="name of the database",
            next_step="Give the name as the server has it, in its case.",
        )
