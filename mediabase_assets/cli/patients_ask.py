"""`mediabase patients list`, `show`, `sota` and `cohort`: questions to what is stored.

Contains the order of steps; the questions are in `patients/questions`.
"""

import contextlib
from collections.abc import Iterator
from typing import Literal, cast

import psycopg
from rich.console import Console
from rich.markup import escape

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit
from mediabase_assets.cli.patients_tables import print_answer, print_json, print_lines, print_list, progress_console
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.patients import PatientError, checked_patient_id
from mediabase_assets.model.quantities import counted, moment, number
from mediabase_assets.patients.questions.cohort import drugs_for_cohort, pathways_of_cohort, patients_with_gene, patients_with_pathway
from mediabase_assets.patients.questions.deploy import deploy_questions
from mediabase_assets.patients.questions.facts import PatientFacts, facts_of
from mediabase_assets.patients.questions.page import candidates_sentence, pathways_sentence
from mediabase_assets.patients.questions.sota import sota
from mediabase_assets.patients.storing.deploy import is_deployed
from mediabase_assets.patients.storing.listing import list_patients, report_of
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.settings.load import Settings

#: Genes and pathways that `show` prints.
_GLANCE = 10


@contextlib.contextmanager
def patients_session(settings: Settings, console: Console) -> Iterator[Session]:
    """A session with the patients' data, whose views are those of this version where this role may bring them up to date.

    Raises:
        PatientError: Nothing was ever imported.
        ServerError: The server cannot be reached.
    """
    ensure_started(console, settings)
    with connect(settings, autocommit=True, application_name="mediabase patients") as conn:
        if not is_deployed(conn):
            raise PatientError(
                "There are no patients yet.", where=f"schema {conn.workspace.patients}", next_step="mediabase patients import FILE --id ID"
            )
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):  # a role that was given a patient
            deploy_questions(conn, settings)
        yield conn


def show_list(settings: Settings, *, as_json: bool, console: Console) -> Exit:
    """Print the patients.

    Raises:
        ServerError: The server cannot be reached.
    """
    ensure_started(progress_console(console, as_json=as_json), settings)
    with connect(settings, autocommit=True, application_name="mediabase patients") as conn:
        listed = list_patients(conn)
    if as_json:
        print_json(console, listed)
    elif listed:
        print_list(console, listed)
    else:
        console.print("There are no patients yet: mediabase patients import FILE --id ID")
    return Exit.OK


def show_patient(settings: Settings, patient_id: str, *, as_json: bool, console: Console) -> Exit:
    """Print a patient at a glance.

    Raises:
        PatientError: There is no such patient.
        ServerError: The server cannot be reached.
    """
    with patients_session(settings, progress_console(console, as_json=as_json)) as conn:
        facts = facts_of(conn, settings, checked_patient_id(patient_id), limit=_GLANCE)
        if as_json:
            print_json(console, {"facts": facts, "report": report_of(conn, patient_id)})
            return Exit.OK
    _print_facts(console, facts)
    return Exit.OK


def show_sota(settings: Settings, patient_id: str, *, as_json: bool, console: Console) -> Exit:
    """Print the answers to the owner's questions.

    Raises:
        PatientError: There is no such patient.
        ServerError: The server cannot be reached.
    """
    with patients_session(settings, progress_console(console, as_json=as_json)) as conn:
        answers = sota(conn, settings, checked_patient_id(patient_id))
    if as_json:
        print_json(console, [{"question": answer.question, "rows": answer} for answer in answers])
        return Exit.OK
    for answer in answers:
        print_answer(console, answer, limit=_GLANCE)
        console.print()
    return Exit.OK


def show_cohort(settings: Settings, gene: str | None, status: str, pathway: str | None, *, as_json: bool, console: Console) -> Exit:
    """Print the answer to a question about all patients.

    Raises:
        ConfigurationError: Both a gene and a pathway were named.
        PatientError: There is no such gene.
        ServerError: The server cannot be reached.
    """
    if gene and pathway:
        raise ConfigurationError("Ask about a gene or about a pathway.", where="command line", next_step="Leave one of them out.")
    with patients_session(settings, progress_console(console, as_json=as_json)) as conn:
        if gene:
            answers = [patients_with_gene(conn, settings, gene, cast(Literal["up", "down", "measured"], status))]
        elif pathway:
            answers = [patients_with_pathway(conn, settings, pathway)]
        else:
            answers = [drugs_for_cohort(conn, settings), pathways_of_cohort(conn, settings)]
    if as_json:
        print_json(console, [{"question": answer.question, "rows": answer} for answer in answers])
        return Exit.OK
    for answer in answers:
        print_answer(console, answer)
        console.print()
    return Exit.OK


def _print_facts(console: Console, facts: PatientFacts) -> None:
    console.print(f"[bold]{escape(facts.patient_id)}[/]")
    console.print(f"\n[bold]Drugs for up-regulated genes[/]\n{escape(candidates_sentence(facts))}", soft_wrap=True)
    if len(facts.candidates):
        print_answer(console, facts.candidates.without("gene_id", "evidence_strength"), title=" ")
    console.print(f"\n[bold]Pathways[/]\n{escape(pathways_sentence(facts))}", soft_wrap=True)
    if len(facts.pathways):
        print_answer(console, facts.pathways.without("pathway_source", "measured_genes"), title=" ")
    file, counts = facts.file, facts.counts
    console.print()
    rows = (
        f"{counted(file['rows_read'], 'row')}, {counted(file['stored'], str(file['level']))} stored, {file['match_rate']:.1%} of ids known"
    )
    changed = f"{number(counts['up'])} up, {number(counts['down'])} down, {number(counts['unchanged'])} unchanged"
    print_lines(
        console,
        [
            ("File", f"{file['file_name']}, {file['tool'] or 'unknown tool'}, {file['scale']} scale"),
            ("Imported", f"{moment(file['imported_at'])}; {rows}"),
            ("Changed", f"{changed}, {number(counts['without_value'])} without a value"),
        ],
    )
