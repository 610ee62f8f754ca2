"""`mediabase report`: the report of a migration as a page and as JSON; and where `mediabase migrate` left it.

Contains words and the order of steps; the report is made in `report.page`.
"""

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from rich.console import Console

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.model.errors import ConfigurationError, MediabaseError
from mediabase_assets.model.quantities import size
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.postgres.connect import connect
from mediabase_assets.report.page.document import newest_status, read_document
from mediabase_assets.report.page.files import PAGE, Written, encoded, folder_of, write
from mediabase_assets.report.page.reader import Row
from mediabase_assets.report.status import is_nothing_here
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg


def report(
    settings: Settings, migration_id: str | None, *, opens: bool, output: Path | None, as_json: bool,
    load_definitions: Callable[[], "dg.Definitions"], console: Console,
) -> Exit:  # fmt: skip
    """Write the report of a migration, the newest one by default, and say where it is.

    Args:
        settings: The settings.
        migration_id: Which migration.
        opens: Whether to open the page in a browser.
        output: Another file for the page.
        as_json: Print the numbers and write nothing, unless `output` names a file.
        load_definitions: Imports the project's Dagster definitions; only a migration that failed needs them.
        console: Where to print.

    Raises:
        MediabaseError: There is no such migration, or the files cannot be written.
    """
    if is_nothing_here(settings):
        raise ConfigurationError(
            "Nothing was migrated yet, so there is nothing to report.", where=str(settings.home), next_step="Run `mediabase migrate` first."
        )
    progress = Console(stderr=True) if as_json else console
    ensure_started(progress, settings)
    with waiting(progress, "Reading the records …"):
        document = _read(settings, migration_id, load_definitions)
    written = None if as_json and output is None else write(settings, document, output)
    if as_json:
        console.out(encoded(document).decode().rstrip(), highlight=False)
    elif written is not None:
        _print(console, document, written)
    if opens:
        _open(progress, written or write(settings, document))
    return Exit.OK


def _read(settings: Settings, migration_id: str | None, load_definitions: Callable[[], "dg.Definitions"]) -> Row:
    """Read the report with what Dagster's storage adds; of a migration that failed, its failed checks too."""
    with connect(settings, autocommit=True, application_name="mediabase report") as conn:
        newest, status = newest_status(conn)
    if newest is None or migration_id not in (None, newest):
        return read_document(settings, migration_id)  # Dagster's storage has the newest outcomes only
    import dagster as dg

    from mediabase_assets.runs.check_overview import specs_of
    from mediabase_assets.runs.report_page import outside
    from mediabase_assets.runs.runner import prepare_dagster_home

    prepare_dagster_home(settings)
    specs = specs_of(load_definitions().resolve_asset_graph()) if status == RunStatus.FAILED else ()
    with dg.DagsterInstance.get() as instance:
        return read_document(settings, newest, outside(instance, specs))


def _print(console: Console, document: Row, written: Written) -> None:
    console.print(document["headline"]["sentence"], markup=False, soft_wrap=True)
    console.print(f"Page     {written.page} ({size(written.size_bytes)})", markup=False, soft_wrap=True)
    console.print(f"Numbers  {written.twin}", markup=False, soft_wrap=True)
    if written.others:
        console.print(f"MultiQC  {written.page.parent}/*_mqc.json", markup=False, soft_wrap=True)


def _open(console: Console, written: Written) -> None:
    try:
        opened = webbrowser.open(written.page.as_uri())
    except webbrowser.Error:
        opened = False
    if not opened:
        console.print("No browser could be started here: open the page yourself.", markup=False)


def print_place(console: Console, settings: Settings, migration_id: str) -> None:
    """Print where the report of a migration is, if it was written."""
    page = folder_of(settings, migration_id) / PAGE
    if page.is_file():
        console.print(f"Report: {page} (mediabase report --open)", markup=False, soft_wrap=True)


def report_failure(
    console: Console, settings: Settings, run_id: str, instance: "dg.DagsterInstance", definitions: "dg.Definitions"
) -> None:
    """Write the report of a migration that failed, and say where it is; the failure is told, whether this succeeds or not."""
    from mediabase_assets.runs.check_overview import specs_of
    from mediabase_assets.runs.report_page import outside

    if not settings.testing.generate_report:
        return
    try:
        with connect(settings, autocommit=True, application_name="mediabase report") as conn:
            migration_id, _ = newest_status(conn, run_id)
        if migration_id is not None:
            write(settings, read_document(settings, migration_id, outside(instance, specs_of(definitions.resolve_asset_graph()))))
            print_place(console, settings, migration_id)
    except (MediabaseError, psycopg.Error, OSError) as error:
        console.print(f"  No report: {str(error).splitlines()[0]}", markup=False, soft_wrap=True)
