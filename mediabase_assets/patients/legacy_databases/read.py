"""A database of one patient as expression data, like those of a file: every transcript whose value is not 1.0.

The values are linear fold changes already and stay what they are: nothing is raised to a power, whatever its size. Which relation
holds them is in `choice`; nothing is written.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.patients import Level, PatientFileError, Reading, Role, Scale
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.patients.legacy_databases.choice import ID, VALUE, Source, refuse_unknown, sources
from mediabase_assets.patients.legacy_databases.metadata import metadata_notes
from mediabase_assets.patients.legacy_databases.rows import Values, rows_of, stem, values_of
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, read
from mediabase_assets.settings.load import Settings

SQL = Path(__file__).parent / "sql"
#: From this many values on, it says something that none is below 1.
_MANY = 20
_COLUMNS: Mapping[Role, str] = {Role.ID: ID, Role.FOLD_CHANGE: VALUE}


def read_patient_database(
    settings: Settings, database: str, patient_id: str | None = None, *, schema: str | None = None, relation: str | None = None
) -> Reading:
    """What the old programs stored of one patient, through a connection of its own, in one snapshot.

    Rows with the value 1.0 are the default of a row without data, and are not taken. Where both the legacy table and `transcripts`
    hold other values than 1.0, those of the legacy table are taken, for the old workflow updated that one, and a note says how many
    differ. A value of 0 has no logarithm: its row is kept without a value, with the reason. `sha256` is that of the values.

    Args:
        settings: Which server.
        database: A database of it.
        patient_id: Whose; needed only where a database holds schemas of several patients (v0.6.0).
        schema: The patient's schema there, where its name does not follow from the id.
        relation: `transcripts` or the legacy table, to read that one instead.

    Raises:
        PatientError: There is no such database or schema, or several schemas fit.
        PatientFileError: It holds no fold changes, only the value 1.0, or values that are no linear fold changes.
        ServerError: It cannot be opened or read.
    """
    with connect(settings, autocommit=True, application_name="mediabase patients") as own:
        refuse_unknown(own, database)
    with connect(settings, autocommit=True, application_name="mediabase patients", dbname=database) as conn, conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        found = sources(conn, settings, database, patient_id, schema, relation)
        values = [_values(conn, source) for source in found]
        taken = next((i for i, (ids, _) in enumerate(values) if ids), 0)
        source = found[taken]
        if not values[taken][0]:
            raise _nothing(found)
        others = [(s, v) for i, (s, v) in enumerate(zip(found, values, strict=True)) if i != taken]
        notes = [*_counts(conn, source), *_scale_note(source, values[taken]), *_differences(source, values[taken], others)]
        if source.is_schema_of_patient:
            notes += metadata_notes(conn, source.schema)
    return _reading(source, values[taken], notes)


def _reading(source: Source, values: Values, notes: list[str]) -> Reading:
    rows = rows_of(values, str(source))
    digest = hashlib.sha256()
    for transcript_id, value in zip(*values, strict=True):
        digest.update(f"{transcript_id}\t{value!r}\n".encode())
    content = hashlib.sha256(f"{ID} {VALUE} {Scale.LINEAR} {digest.hexdigest()}".encode()).hexdigest()
    return Reading(
        file_name=f"{source.database}.{source.schema}" if source.is_schema_of_patient else source.database,
        sha256=digest.hexdigest(),
        content_hash=content,
        tool="MEDIABASE v0.6.0" if source.is_schema_of_patient else "MEDIABASE",
        level=Level.TRANSCRIPT,
        scale=Scale.LINEAR,
        columns=_COLUMNS,
        contrast=None,
        form={"database": source.database, "relation": f"{source.schema}.{source.name}"},
        rows=rows,
        rows_read=rows.num_rows,
        notes=tuple(notes),
    )


def _query(source: Source, file: str) -> sql.Composed:
    return sql.SQL(read(SQL / file)).format(relation=source.relation, transcript_id=source.transcript_id, fold_change=source.fold_change)


def _values(conn: Connection, source: Source) -> Values:
    """Ids and values that are not 1.0, in the order of the ids.

    Raises:
        PatientFileError: A value is no number.
        ServerError: This role may not read it.
    """
    try:
        return values_of(conn, _query(source, "values.sql"), str(source))
    except psycopg.DataError as error:
        raise PatientFileError(
            f"A value cannot be read: {error.diag.message_primary}.", where=str(source), next_step="Correct it in that database."
        ) from error
    except (psycopg.errors.InsufficientPrivilege, psycopg.OperationalError) as error:
        raise ServerError(
            f"The values cannot be read: {error.diag.message_primary or error}.",
            where=str(source),
            next_step="Remedy that, then try again.",
        ) from error


def _nothing(found: list[Source]) -> PatientFileError:
    return PatientFileError(
        f"No transcript has a value other than 1.0, the default without data of a patient, in {' and '.join(s.name for s in found)}.",
        where=f"database {found[0].database}",
        next_step="Name a database that the old programs made for one patient, or import the patient's own file.",
    )


def _counts(conn: Connection, source: Source) -> list[str]:
    row: Any = conn.execute(_query(source, "counts.sql")).fetchone()
    every, default, missing = row
    notes = [f"The values of {source.schema}.{source.name} were taken as they are: linear fold changes."]
    if default:
        have, are = ("has", "it is") if default == 1 else ("have", "they are")
        notes.append(f"{number(default)} of {counted(every, 'row')} {have} the value 1.0, the default without data; {are} not taken.")
    if missing:
        notes.append(f"{counted(missing, 'row has', 'rows have')} no value (NULL); not taken.")
    return notes


def _scale_note(source: Source, values: Values) -> list[str]:
    """What only a person can check: whether the old importer raised 2 to the power of values that were linear already."""
    fold_changes = values[1]
    if len(fold_changes) < _MANY or any(value < 1 for value in fold_changes):
        return []
    return [
        f"None of the {counted(len(fold_changes), 'value')} is below 1. The old importer stored 2 to the power of x for a linear x where a "
        "file's largest value was below 20: compare one value with the patient's own file, and import that if they differ."
    ]


def _differences(source: Source, values: Values, others: list[tuple[Source, Values]]) -> list[str]:
    """How other relations differ from the one that was taken; a transcript without a row has the default."""
    notes = []
    mine = {stem(transcript_id): value for transcript_id, value in zip(*values, strict=True)}
    for other, other_values in others:
        theirs = {stem(transcript_id): value for transcript_id, value in zip(*other_values, strict=True)}
        differ = sorted(i for i in mine.keys() | theirs.keys() if mine.get(i, 1.0) != theirs.get(i, 1.0))
        if differ:
            examples = f"{', '.join(differ[:3])}{' …' if len(differ) > 3 else ''}"
            notes.append(
                f"{other.name}.{VALUE} differs for {counted(len(differ), 'transcript')} ({examples}); "
                f"the values of {source.name} were taken. `--relation {other.name}` takes the others."
            )
    return notes
