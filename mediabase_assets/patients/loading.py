"""One patient's data into the database, from a file, from a database of the old programs, or as it was imported before.

Contains the order of the steps (read, store, count pathways); reading, storing and counting are in the packages beside. `batch` does
it for many patients.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql

from mediabase_assets.model.patients import Duplicates, ImportReport, PatientError, Reading, ReadOptions
from mediabase_assets.patients.legacy_databases import read_patient_database
from mediabase_assets.patients.options import read_options
from mediabase_assets.patients.questions.deploy import deploy_questions
from mediabase_assets.patients.questions.enrich import Enrichment, enrich
from mediabase_assets.patients.questions.facts import PatientFacts, facts_of
from mediabase_assets.patients.questions.pictures import histogram, values_of, volcano
from mediabase_assets.patients.reading.read import read_table
from mediabase_assets.patients.storing.deploy import is_deployed
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

#: Pathways, and genes with drugs, that are shown after an import.
SHOWN = 25
_MB = 1 << 20
#: What the source of a patient begins with who comes from a database of the old programs; the name of its schema follows after a blank.
_DATABASE = "database:"


@dataclass(frozen=True)
class Order:
    """What is to be imported for a patient.

    Attributes:
        patient_id: Whose.
        source: Path of a file, or `database:NAME`, after a blank the name of a schema (v0.6.0) and, after `/`, of a relation.
        options: What a person says of the file.
        duplicates: What becomes of several rows of one gene or transcript whose values differ.
        minimum_match_rate: Another smallest share of known ids than that of the settings.
    """

    patient_id: str
    source: str
    options: ReadOptions = field(default_factory=ReadOptions)
    duplicates: Duplicates = Duplicates.ERROR
    minimum_match_rate: float | None = None

    @property
    def size(self) -> int:
        """Bytes of the file; 0 where it is none or cannot be read."""
        try:
            return 0 if self.source.startswith(_DATABASE) else Path(self.source).stat().st_size
        except OSError:
            return 0


@dataclass(frozen=True)
class Loaded:
    """What is stored of a patient, as far as it is shown after an import.

    Attributes:
        report: The import.
        enrichment: The pathways that were counted.
        facts: Pathways that are hit, and drugs for genes that are up.
        plots: Pictures by title, as PNG; none if they were not asked for.
    """

    report: ImportReport
    enrichment: Enrichment
    facts: PatientFacts
    plots: Mapping[str, bytes]


def source_of_database(database: str, schema: str | None = None, relation: str | None = None) -> str:
    """The source of an order that reads a database of the old programs; a relation is named only where it is not the one that counts.

    >>> source_of_database("mediabase_patient_X"), source_of_database("mediabase", "patient_7")
    ('database:mediabase_patient_X', 'database:mediabase patient_7')
    >>> source_of_database("mediabase_patient_X", relation="transcripts")
    'database:mediabase_patient_X /transcripts'
    """
    within = (schema or "") + (f"/{relation}" if relation else "")
    return _DATABASE + " ".join(filter(None, (database, within)))


def load(conn: Connection, settings: Settings, order: Order, *, draws: bool = False) -> Loaded:
    """Read, store and count pathways; nothing is stored of what is refused.

    Args:
        conn: A session in which each statement is its own transaction.
        settings: Which live schema, and what is taken.
        order: What, for whom.
        draws: Whether to draw plots, which take longer than the import.

    Raises:
        MediabaseError: See `import_order`.
    """
    return loaded(conn, settings, import_order(conn, settings, order), draws=draws)


def loaded(conn: Connection, settings: Settings, report: ImportReport, *, draws: bool = False) -> Loaded:
    """Count the pathways of a patient who is stored, and read what is shown."""
    enrichment = enrich(conn, settings, report.patient_id)
    facts = facts_of(conn, settings, report.patient_id, limit=SHOWN)
    return Loaded(report, enrichment, facts, plots_of(conn, settings, report.patient_id) if draws else {})


def plots_of(conn: Connection, settings: Settings, patient_id: str) -> dict[str, bytes]:
    """The pictures of a patient, by title; one that the file gives no values for is left out."""
    changes, p_values = values_of(conn, settings, patient_id)
    drawn = {"volcano plot": volcano(changes, p_values), "histogram": histogram(changes)}
    return {title: png for title, png in drawn.items() if png is not None}


def import_order(conn: Connection, settings: Settings, order: Order) -> ImportReport:
    """Read and store; the views that people ask are brought up to date with the code.

    Raises:
        PatientFileError: The file is not readable without guessing, or does not fit the database; nothing is stored.
        PatientError: The id is not allowed, or there are no genes to match with.
        AuditError: Rows do not fit their model; nothing is stored.
        ServerError: The database that is to be read cannot be opened.
    """
    report = import_reading(
        conn, settings, order.patient_id, read(settings, order), duplicates=order.duplicates,
        minimum_match_rate=order.minimum_match_rate, options=order.options, source_path=order.source,
    )  # fmt: skip
    deploy_questions(conn, settings)
    return report


def read(settings: Settings, order: Order) -> Reading:
    """What the source of an order holds."""
    if order.source.startswith(_DATABASE):
        database, _, within = order.source.removeprefix(_DATABASE).partition(" ")
        schema, _, relation = within.partition("/")
        return read_patient_database(settings, database, order.patient_id, schema=schema or None, relation=relation or None)
    return read_table(Path(order.source), order.options, maximum_bytes=settings.patients.maximum_file_size * _MB)


def recorded_order(conn: Connection, patient_id: str) -> Order | None:
    """The order by which a patient was imported last; None if there is no such patient.

    Raises:
        PatientError: It is not recorded where the data came from.
    """
    if not is_deployed(conn):
        return None
    query = sql.SQL("select source_path, options from {} where patient_id = %s").format(sql.Identifier(conn.workspace.patients, "patients"))
    row = conn.execute(query, (patient_id,)).fetchone()
    if row is None:
        return None
    source, options = row
    if not source:
        raise PatientError(
            "It is not recorded where the data of this patient came from.",
            where=f"patient {patient_id}",
            next_step="Name the file: `mediabase patients import FILE --id ID`, or `path` in the launchpad of the UI.",
        )
    return _order(patient_id, str(source), options or {})


def _order(patient_id: str, source: str, options: Mapping[str, Any]) -> Order:
    given = {name: value for name, value in options.items() if value is not None}
    duplicates = Duplicates(given.pop("duplicates", Duplicates.ERROR))
    minimum_match_rate = given.pop("minimum_match_rate", None)
    return Order(patient_id, source, read_options(given.pop("columns", {}), **given), duplicates, minimum_match_rate)
