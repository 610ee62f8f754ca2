"""`mediabase patients delete`, `grant`, `revoke` and `rematch`.

Contains the order of steps, the question before a deletion, and what is printed.
"""

import contextlib
from collections.abc import Iterator

import dagster as dg
from rich.console import Console
from rich.markup import escape

from mediabase_assets.backup import place_text
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.cli.patients_ask import patients_session
from mediabase_assets.cli.patients_tables import print_json, progress_console
from mediabase_assets.cli.plan import confirm, require_terminal
from mediabase_assets.model.patients import checked_patient_id
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.patients.storing.access import grant, revoke
from mediabase_assets.patients.storing.deletion import DeleteReport, delete
from mediabase_assets.patients.storing.listing import list_patients, report_of
from mediabase_assets.runs.patients import partitions
from mediabase_assets.runs.patients.forgetting import forget, require_no_run
from mediabase_assets.runs.patients.rematching import rematch_patients
from mediabase_assets.runs.runner import prepare_dagster_home
from mediabase_assets.settings.load import Settings


def delete_patient(settings: Settings, patient_id: str, *, asks: bool, as_json: bool, console: Console) -> Exit:
    """Delete a patient from the database and from Dagster, and say which backups still hold the data.

    Args:
        settings: The settings.
        patient_id: Whom.
        asks: Whether to ask before.
        as_json: Whether to print one JSON document.
        console: Where to print.

    Raises:
        PatientError: There is no such patient, or a run works on it.
        ServerError: The server cannot be reached.
    """
    checked_patient_id(patient_id)
    progress = progress_console(console, as_json=as_json)
    if asks:
        require_terminal()
    with patients_session(settings, progress) as conn, _instance(settings, progress) as instance:
        require_no_run(instance, patient_id)
        if not any(p.patient_id == patient_id for p in list_patients(conn)) and instance.has_dynamic_partition(partitions.NAME, patient_id):
            forget(instance, settings, patient_id)  # the rest of a deletion that was interrupted
            progress.print(f"Dagster has forgotten {patient_id}; the database holds no data of that patient.", markup=False)
            return Exit.OK
        report = report_of(conn, patient_id)
        if asks:
            what = f"{counted(report.stored, str(report.level))} of {report.file_name}"
            progress.print(f"[bold]Delete {escape(patient_id)}[/]: {escape(what)}. It cannot be undone.", soft_wrap=True)
            if not confirm(progress):
                return Exit.FAILED
        with waiting(progress, "Deleting …"):
            deleted = delete(conn, settings, patient_id)
            forget(instance, settings, patient_id)
    if as_json:
        print_json(console, deleted)
    else:
        _print_deleted(console, settings, deleted)
    return Exit.OK


@contextlib.contextmanager
def _instance(settings: Settings, console: Console) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage."""
    prepare_dagster_home(settings)
    with waiting(console, "Opening Dagster's storage …"):
        instance = dg.DagsterInstance.get()
    with instance:
        yield instance


def grant_patient(settings: Settings, patient_id: str, role: str, *, console: Console) -> Exit:
    """Let a role read a patient.

    Raises:
        PatientError: There is no such patient or role.
        ServerError: The server cannot be reached.
    """
    with patients_session(settings, console) as conn:
        grant(conn, settings, checked_patient_id(patient_id), role)
        schema = conn.workspace.patients
    console.print(f"{role} may read {patient_id} in the views of the schema {schema}, and no patient that was not granted.", markup=False)
    return Exit.OK


def revoke_patient(settings: Settings, patient_id: str, role: str, *, console: Console) -> Exit:
    """Take a patient from a role.

    Raises:
        PatientError: There is no such patient.
        ServerError: The server cannot be reached.
    """
    with patients_session(settings, console) as conn:
        revoke(conn, checked_patient_id(patient_id), role)
    console.print(f"{role} may not read {patient_id}.", markup=False)
    return Exit.OK


def rematch_all(settings: Settings, *, console: Console) -> Exit:
    """Match all patients with what is live now, and print what moved.

    Raises:
        ServerError: The server cannot be reached.
    """
    warnings = list[str]()
    text = "Matching patients with the live genes …"
    with patients_session(settings, console), _instance(settings, console) as instance, waiting(console, text):
        done = rematch_patients(instance, settings, warnings.append)
    for text in warnings or [*map(str, done.values())] or ["All patients are matched with the live genes."]:
        console.print(text, markup=False, soft_wrap=True)
    return Exit.FAILED if warnings else Exit.OK


def _print_deleted(console: Console, settings: Settings, deleted: DeleteReport) -> None:
    rows = ", ".join(f"{number(count)} of {table}" for table, count in deleted.rows.items())
    console.print(f"[bold green]Deleted[/] {escape(deleted.patient_id)}: {escape(rows)} rows; plots, runs and partition in Dagster.")
    if deleted.views:
        console.print(f"Views that went with it: {', '.join(deleted.views)}", markup=False, soft_wrap=True)
    where = f"in {place_text(settings)}"
    if deleted.backups:
        console.print(f"These backups still hold the data, {where}: {', '.join(deleted.backups)}", markup=False, soft_wrap=True)
        console.print("Delete their folders when no rollback needs them.", markup=False)
    if deleted.unreadable_backups:
        names = ", ".join(deleted.unreadable_backups)
        console.print(
            f"These backups cannot be read, so whether they hold the data is unknown, {where}: {names}", markup=False, soft_wrap=True
        )
    if not deleted.backups and not deleted.unreadable_backups:
        console.print(f"No backup {where} holds the data.", markup=False, soft_wrap=True)
    console.print("The file that was imported is untouched.", markup=False)
