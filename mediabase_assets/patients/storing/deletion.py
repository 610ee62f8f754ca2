"""A patient deleted: every row in every table, the views made for the patient alone, and which backups still hold the data.

Contains that only; plots, partitions and tags of Dagster are deleted where Dagster is known.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from mediabase_assets.backup import BackupManifest, at_hand, list_backups, place_of
from mediabase_assets.backup.archive import entries, stream_rows
from mediabase_assets.model.errors import BackupError
from mediabase_assets.patients.storing.importing import lock_patient
from mediabase_assets.patients.storing.listing import key_of
from mediabase_assets.postgres.sql_files import Connection, vacuum
from mediabase_assets.settings.load import Settings

#: The table that names every patient; in a backup too.
_PATIENTS = "stored_patients"
# tables that hold rows of patients, whoever created them
_TABLES: LiteralString = """
    select c.relname::text, min(a.attname)::text from pg_catalog.pg_class as c
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname in ('patient_key', 'patient_id') and not a.attisdropped
    where c.relnamespace = to_regnamespace(quote_ident(%s)) and c.relkind in ('r', 'p') and not c.relispartition
    group by c.relname order by c.relname = 'stored_patients', c.relname"""
_DELETE: LiteralString = """
    with gone as (delete from {} where {} = %s returning tableoid)
    select c.relname::text, count(*) from gone join pg_catalog.pg_class as c on c.oid = gone.tableoid group by 1"""


@dataclass(frozen=True)
class DeleteReport:
    """What was deleted.

    Attributes:
        patient_id: Whose.
        rows: Rows by table.
        views: Views that were the patient's alone.
        backups: Migrations whose backups still hold the patient, newest first.
        unreadable_backups: Those of which that could not be found out.
    """

    patient_id: str
    rows: Mapping[str, int]
    views: tuple[str, ...]
    backups: tuple[str, ...]
    unreadable_backups: tuple[str, ...]


def delete(conn: Connection, settings: Settings, patient_id: str) -> DeleteReport:
    """Delete all data of a patient, in one transaction; then find the backups that still hold them.

    Args:
        conn: A session of `connect`, in which each statement is its own transaction.
        settings: Where the backups are.
        patient_id: Whose.

    Raises:
        PatientError: There is no such patient.
    """
    schema, rows, touched = conn.workspace.patients, dict[str, int](), set[str]()
    with conn.transaction():
        lock_patient(conn, patient_id)
        key = key_of(conn, patient_id)
        views = tuple(_drop_views(conn, key))
        for table, column in conn.execute(_TABLES, (schema,)).fetchall():
            query = sql.SQL(_DELETE).format(sql.Identifier(schema, table), sql.Identifier(column))
            parts = conn.execute(query, (key if column == "patient_key" else patient_id,)).fetchall()
            touched.update(str(part) for part, _ in parts)
            if parts:
                rows[str(table)] = sum(int(count) for _, count in parts)
    if conn.autocommit:
        vacuum(conn, schema, sorted(touched))
    holding, unreadable = backups_holding(conn, settings, patient_id)
    return DeleteReport(patient_id, rows, views, holding, unreadable)


def backups_holding(conn: Connection, settings: Settings, patient_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The backups of this database that hold data of a patient, and those that cannot be read, newest first.

    They are looked into: a patient who was imported twice may be in one that is older than the last import.
    """
    schema, holding, unreadable = conn.workspace.patients, list[str](), list[str]()
    for manifest in list_backups(place_of(settings)):
        if manifest.database == conn.info.dbname:
            try:
                if patient_id in _patients_in(manifest, schema):
                    holding.append(manifest.migration_id)
            except BackupError:
                unreadable.append(manifest.migration_id)
    return tuple(holding), tuple(unreadable)


def _patients_in(manifest: BackupManifest, schema: str) -> set[str]:
    """The ids of the patients in a backup.

    Raises:
        BackupError: It cannot be read.
    """
    found = set[str]()

    def start(_: str, columns: tuple[str, ...]) -> Callable[[bytes], None] | None:
        if "patient_id" not in columns:
            return None
        place = columns.index("patient_id")
        return lambda line: found.add(line.split(b"\t")[place].decode())

    files = {r.file for r in manifest.relations if (r.schema_name, r.name) == (schema, _PATIENTS)}
    with at_hand(manifest, only=files) as here:
        for archive in (here.folder / file for file in files):
            stream_rows(archive, [e for e in entries(archive) if e.words.startswith(f"{schema} {_PATIENTS} ")], start)
    return found


def _drop_views(conn: Connection, key: int) -> Iterator[str]:
    query = sql.SQL("select view_schema, view_name from {} where patient_key = %s")
    for schema, name in conn.execute(query.format(sql.Identifier(conn.workspace.patients, "patient_views")), (key,)).fetchall():
        conn.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(schema, name)))
        yield f"{schema}.{name}"
