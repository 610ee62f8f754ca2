"""`mediabase patients`: its options in, exit codes out. What the commands do is in the modules `patients_…` beside.

They are imported inside the commands, so that `mediabase --help` answers at once.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mediabase_assets.cli.command import settings_of, with_exit_code
from mediabase_assets.cli.options import ConfigFile, SkipConfirmation
from mediabase_assets.cli.output import Exit, terminal

patients = typer.Typer(
    help="Patients' expression data: import a table of each, ask which drugs and pathways it leads to, in whom a gene is up.",
    epilog="Exit codes: 0 done, 1 failed (nothing is stored of a file that is refused), 2 wrong usage or configuration, 130 interrupted.",
    no_args_is_help=True,
)


class Format(StrEnum):
    """Formats of an export."""

    CSV = "csv"
    PARQUET = "parquet"


class Direction(StrEnum):
    """What a gene is in a patient."""

    UP = "up"
    DOWN = "down"
    MEASURED = "measured"


PatientId = Annotated[str, typer.Argument(metavar="ID", help="The patient; `mediabase patients list` shows them.")]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="A role of the server.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for programs.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; one that exists is replaced.", show_default=False)]
DUPLICATES = "error, best-padj (smallest adjusted p value) or mean (of the log2 fold changes)"


@patients.command("import")
@with_exit_code
def import_(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="CSV, TSV, xlsx, Parquet; also gzipped.")] = None,
    patient_id: Annotated[str | None, typer.Option("--id", help="The patient of the one file; a pseudonym.")] = None,
    id_from_name: Annotated[bool, typer.Option("--id-from-name", help="Each file is named after its patient: HER2-001.csv.")] = False,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="CSV with the columns id, file and perhaps options, for FILE.")] = None,
    column: Annotated[list[str] | None, typer.Option("--column", metavar="ROLE=HEADER", help="Which column is what; repeatable.")] = None,
    scale: Annotated[str, typer.Option(help="Of the effect: log2, ln, linear or signed_linear.", show_default=False)] = "",
    contrast: Annotated[str, typer.Option(help="Which of several contrasts or groups.", show_default=False)] = "",
    workbook_sheet: Annotated[str, typer.Option("--workbook-sheet", help="Which sheet of a workbook.", show_default=False)] = "",
    id_kind: Annotated[str, typer.Option("--id-kind", help="Kind of the ids, where several fit.", show_default=False)] = "",
    delimiter: Annotated[str, typer.Option(help="Of the fields; found by itself.", show_default=False)] = "",
    decimal: Annotated[str, typer.Option(help="Sign before the decimals; found by itself.", show_default=False)] = "",
    duplicates: Annotated[str, typer.Option(help=f"Several rows of one gene that differ: {DUPLICATES}.")] = "error",
    minimum_match_rate: Annotated[
        float | None, typer.Option("--minimum-match-rate", min=0, max=1, help="Smallest share of known ids.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Import tables of differential expression, one patient each.

    What a file does not say is asked for by an error that names the option. The same file again changes nothing; a corrected one replaces
    what is stored. Exit code 1: at least one file was refused; the others are stored.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_import import import_orders
    from mediabase_assets.cli.patients_orders import Words, orders_of

    words = Words(
        tuple(column or ()), scale, contrast, workbook_sheet, id_kind, delimiter, decimal, duplicates, minimum_match_rate,
    )  # fmt: skip
    orders = orders_of(files or [], words, patient_id=patient_id, id_from_name=id_from_name, sheet=sheet)
    return import_orders(settings, orders, as_json=as_json, console=terminal())


@patients.command()
@with_exit_code
def migrate(
    database: Annotated[str | None, typer.Argument(metavar="[DATABASE]", help="A database of the old programs.")] = None,
    patient_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="The patient; by default from the database's name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All such databases and schemas of the server.")] = False,
    schema: Annotated[
        str | None, typer.Option("--schema", help="The patient's schema, where it does not follow from the id.", show_default=False)
    ] = None,
    relation: Annotated[
        str | None, typer.Option("--relation", help="The table to read, where two hold other values.", show_default=False)
    ] = None,
    minimum_match_rate: Annotated[
        float | None, typer.Option("--minimum-match-rate", min=0, max=1, help="Smallest share of known ids.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Import what the old programs stored of a patient in a database or schema of its own. That is only read."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_import import import_orders
    from mediabase_assets.cli.patients_orders import orders_of_databases

    orders = orders_of_databases(
        settings, database, patient_id, every=every, minimum_match_rate=minimum_match_rate, schema=schema, relation=relation
    )
    return import_orders(settings, orders, as_json=as_json, console=terminal())


@patients.command("list")
@with_exit_code
def list_(as_json: AsJson = False, config_file: ConfigFile = None) -> Exit:
    """List the patients."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_ask import show_list

    return show_list(settings, as_json=as_json, console=terminal())


@patients.command()
@with_exit_code
def show(patient_id: PatientId, as_json: AsJson = False, config_file: ConfigFile = None) -> Exit:
    """Show a patient at a glance: approved drugs for up-regulated genes, pathways that are hit, and the file."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_ask import show_patient

    return show_patient(settings, patient_id, as_json=as_json, console=terminal())


@patients.command()
@with_exit_code
def report(patient_id: PatientId, output: Output = None, config_file: ConfigFile = None) -> Exit:
    """Write a patient's report: one HTML page with tables and plots that needs nothing else."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_write import write_report

    return write_report(settings, patient_id, output, console=terminal())


@patients.command()
@with_exit_code
def export(
    patient_id: PatientId,
    file_format: Annotated[Format, typer.Option("--format", help="Of the file.")] = Format.CSV,
    as_database: Annotated[
        str | None, typer.Option("--as-database", metavar="NAME", help="Make the database of one patient that the old workflow gives.")
    ] = None,
    output: Output = None,
    config_file: ConfigFile = None,
) -> Exit:
    """Write a patient's values with what is known of each gene, as a file for R and pandas, or as a database."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_write import write_database, write_file

    if as_database is not None:
        return write_database(settings, patient_id, as_database, console=terminal())
    return write_file(settings, patient_id, file_format.value, output, console=terminal())


@patients.command()
@with_exit_code
def view(patient_id: PatientId, config_file: ConfigFile = None) -> Exit:
    """Create the view patient_ID_enriched_view, for queries of the old workflow."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_write import create_view

    return create_view(settings, patient_id, console=terminal())


@patients.command()
@with_exit_code
def sota(patient_id: PatientId, as_json: AsJson = False, config_file: ConfigFile = None) -> Exit:
    """Answer the owner's questions (SOTA queries) for a patient."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_ask import show_sota

    return show_sota(settings, patient_id, as_json=as_json, console=terminal())


@patients.command()
@with_exit_code
def cohort(
    gene: Annotated[str | None, typer.Argument(metavar="[GENE]", help="Symbol or Ensembl gene id: in whom is it up?")] = None,
    direction: Annotated[Direction, typer.Option("--status", help="What the gene is in them.")] = Direction.UP,
    pathway: Annotated[str | None, typer.Option(metavar="ID", help="Instead: in whom is this pathway hit?")] = None,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Ask about all patients: in whom a gene is up or a pathway hit; without either, pathways and drugs by the number of patients."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_ask import show_cohort

    return show_cohort(settings, gene, direction.value, pathway, as_json=as_json, console=terminal())


@patients.command()
@with_exit_code
def delete(
    patient_id: PatientId,
    skip_confirmation: SkipConfirmation = False,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Delete a patient: every row, plot, run and partition; prints which backups still hold the data."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_change import delete_patient

    asks = settings.require_user_confirmation and not skip_confirmation
    return delete_patient(settings, patient_id, asks=asks, as_json=as_json, console=terminal())


@patients.command()
@with_exit_code
def grant(patient_id: PatientId, role: Role, config_file: ConfigFile = None) -> Exit:
    """Let a role read one patient's data and no other's."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_change import grant_patient

    return grant_patient(settings, patient_id, role, console=terminal())


@patients.command()
@with_exit_code
def revoke(patient_id: PatientId, role: Role, config_file: ConfigFile = None) -> Exit:
    """Take a patient's data from a role again."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_change import revoke_patient

    return revoke_patient(settings, patient_id, role, console=terminal())


@patients.command()
@with_exit_code
def rematch(config_file: ConfigFile = None) -> Exit:
    """Match all patients with the genes that are live now; a migration and a rollback do so by themselves."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.patients_change import rematch_all

    return rematch_all(settings, console=terminal())
