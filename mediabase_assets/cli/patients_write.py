"""`mediabase patients report`, `export` and `view`: what is written of one patient.

Contains the order of steps; content is made by `patients/questions` and `patients/legacy_databases`.
"""

from pathlib import Path
from typing import Literal, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mediabase_assets.cli.output import Exit, is_interactive, waiting
from mediabase_assets.cli.patients_ask import patients_session
from mediabase_assets.model.patients import PatientError, checked_patient_id
from mediabase_assets.model.quantities import counted, duration, number, size
from mediabase_assets.patients.legacy_databases import DatabaseExport, export_as_database
from mediabase_assets.patients.questions.deploy import create_patient_view
from mediabase_assets.patients.questions.export import export_patient
from mediabase_assets.patients.questions.page import report_page
from mediabase_assets.postgres.connect import Session
from mediabase_assets.settings.load import Settings


def write_report(settings: Settings, patient_id: str, output: Path | None, *, console: Console) -> Exit:
    """Write the page of a patient; it can be read by its owner only.

    Raises:
        PatientError: There is no such patient, or the file cannot be written.
        ServerError: The server cannot be reached.
    """
    path = output or Path(f"{checked_patient_id(patient_id)}.html")
    with patients_session(settings, console) as conn, waiting(console, f"Writing {path} …"):
        page = report_page(conn, settings, checked_patient_id(patient_id))
    try:
        path.touch(mode=0o600)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PatientError(
            f"The file cannot be written: {error.strerror}.", where=str(path), next_step="Give --output in a folder that you may write to."
        ) from error
    console.print(f"{path}: {size(len(page.encode()))}; it holds the patient's values.", markup=False, soft_wrap=True)
    return Exit.OK


def write_file(settings: Settings, patient_id: str, file_format: str, output: Path | None, *, console: Console) -> Exit:
    """Write the values of a patient as a file.

    Raises:
        PatientError: There is no such patient, or the file cannot be written.
        ServerError: The server cannot be reached.
    """
    path = output or Path(f"{checked_patient_id(patient_id)}.{file_format}")
    with patients_session(settings, console) as conn, waiting(console, f"Writing {path} …"):
        rows = export_patient(conn, settings, checked_patient_id(patient_id), path, cast(Literal["csv", "parquet"], file_format))
    console.print(f"{path}: {counted(rows, 'row')}.", markup=False, soft_wrap=True)
    return Exit.OK


def write_database(settings: Settings, patient_id: str, database: str, *, console: Console) -> Exit:
    """Make the database of one patient.

    Raises:
        PatientError: There is no such patient, or a database of that name.
        ServerError: The database cannot be created.
    """
    with patients_session(settings, console) as conn:
        made = _make_database(conn, settings, checked_patient_id(patient_id), database, console)
    console.print(
        f"Database {made.database}: {counted(made.rows, 'transcript')}, {number(made.changed)} with a fold change other than 1, "
        f"{number(made.not_there)} of the patient's without a row; {duration(made.seconds)}.", markup=False, soft_wrap=True,
    )  # fmt: skip
    return Exit.OK


def create_view(settings: Settings, patient_id: str, *, console: Console) -> Exit:
    """Create the view of one patient.

    Raises:
        PatientError: There is no such patient.
        ServerError: The server cannot be reached.
    """
    with patients_session(settings, console) as conn:
        name = create_patient_view(conn, settings, checked_patient_id(patient_id))
        console.print(f'The view is {conn.workspace.patients}."{name}".', markup=False, soft_wrap=True)
    return Exit.OK


def _make_database(conn: Session, settings: Settings, patient_id: str, database: str, console: Console) -> DatabaseExport:
    if not is_interactive(console):
        console.print(f"Making the database {database} …", markup=False)
        return export_as_database(conn, settings, patient_id, database)
    columns = (TextColumn("Copying"), BarColumn(), TextColumn("{task.fields[rows]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("copy", total=None, rows="")

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, rows=f"{number(done)} of {counted(total or 0, 'row')}")

        return export_as_database(conn, settings, patient_id, database, progress=show)
