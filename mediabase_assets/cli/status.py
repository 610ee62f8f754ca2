"""`mediabase status`: which of its parts are printed, from an empty project to a running migration.

Contains the order of the parts; the facts are read by `report.status`. Dagster is imported only where it is needed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit, terminal
from mediabase_assets.cli.verdict import print_verdict
from mediabase_assets.postgres.connect import connect
from mediabase_assets.report.status import as_it_is_now, is_nothing_here, read_status
from mediabase_assets.report.verdict import live_verdict
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg


def show_status(settings: Settings, *, watches: bool, load_definitions: Callable[[], "dg.Definitions"], console: Console) -> Exit:
    """Print the status, or show the stages of the current run until it ends.

    Args:
        settings: The settings.
        watches: Whether to show the current run.
        load_definitions: Imports the project's Dagster definitions.
        console: Where to print.

    Raises:
        ServerError: The server cannot be started or reached.
    """
    if is_nothing_here(settings):
        console.print(f"Nothing here yet, in {settings.home}.", markup=False, soft_wrap=True)
        console.print("Run `mediabase migrate --demo` to see what it does.", markup=False)
        return Exit.OK
    ensure_started(console, settings)
    if watches:
        from mediabase_assets.cli.watch import watch

        return watch(settings, load_definitions=load_definitions, console=console)
    _show(settings, load_definitions, console)
    print_verdict(console, live_verdict(settings))
    return Exit.OK


def show_document(settings: Settings, *, load_definitions: Callable[[], "dg.Definitions"], console: Console) -> Exit:
    """Print everything as one JSON document, and nothing else on standard output.

    Args:
        settings: The settings.
        load_definitions: Imports the project's Dagster definitions.
        console: Where to print.

    Raises:
        ServerError: The server cannot be started or reached.
    """
    from mediabase_assets.cli.metrics import as_json
    from mediabase_assets.cli.stale import stages_of, stale_now
    from mediabase_assets.monitoring.health import health
    from mediabase_assets.monitoring.live import read_live
    from mediabase_assets.monitoring.summary import read_metrics
    from mediabase_assets.report.document import FORMAT, document

    if is_nothing_here(settings):
        console.out(as_json({"format": FORMAT, "server": None}), highlight=False)
        return Exit.OK
    progress = terminal(stderr=True)
    ensure_started(progress, settings)
    now, work = read_status(settings), None
    if now.lock:
        from mediabase_assets.cli.watch import running_stages

        now = as_it_is_now(now, running=running_stages(settings, load_definitions=load_definitions))
    elif now.runs:
        work = stale_now(settings, load_definitions=load_definitions, console=progress)
        now = as_it_is_now(now, stale=stages_of(work))
    with connect(settings, autocommit=True, application_name="mediabase status") as conn:
        taken = read_metrics(conn)
        live = read_live(conn, now.runs[0].run_id, settings.monitoring.interval_seconds) if now.lock and now.runs else None
    console.out(as_json(document(now, metrics=taken, live=live, health=health(settings), stale=work)), highlight=False)
    return Exit.OK


def _show(settings: Settings, load_definitions: Callable[[], "dg.Definitions"], console: Console) -> None:
    """Print the status, with the stages that are running, or with what would be built."""
    from mediabase_assets.cli.status_tables import print_status
    from mediabase_assets.monitoring.health import health

    now = read_status(settings)
    for finding in health(settings, memory=0, cpu_percent=0):  # of this command neither says anything
        console.print(f"[yellow]Warning:[/] {escape(finding.explanation)}", soft_wrap=True)
    if now.lock:
        from mediabase_assets.cli.watch import running_stages

        print_status(console, as_it_is_now(now, running=running_stages(settings, load_definitions=load_definitions)))
    elif now.runs:
        from mediabase_assets.cli.stale import print_stale, stages_of, stale_now

        work = stale_now(settings, load_definitions=load_definitions, console=console)
        print_status(console, as_it_is_now(now, stale=stages_of(work)))
        print_stale(console, work)
    else:
        print_status(console, now)
