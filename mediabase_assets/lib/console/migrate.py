"""`mediabase migrate`: plan, question, legacy data, run, summary; the conversation from beginning to end.

Here belongs the order of things; each part is in a module of its own. The definitions and the demonstration stand above
this layer and are handed in.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

from mediabase_assets.lib import migration_result, server
from mediabase_assets.lib.console.board import Board
from mediabase_assets.lib.console.legacy_source import Source, bring, look
from mediabase_assets.lib.console.output import Exit, waiting
from mediabase_assets.lib.console.plan import Place, confirm, print_plan, require_somebody_to_ask
from mediabase_assets.lib.console.progress import shown
from mediabase_assets.lib.console.summary import print_failures, print_next_steps, print_success, print_unpublished
from mediabase_assets.lib.database import connect, psql_command
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.statements import Connection
from mediabase_assets.model.errors import ServerError

if TYPE_CHECKING:
    import dagster as dg

    from mediabase_assets.lib.runner import Outcome

JOB = "migrate"


def migrate(
    settings: Settings,
    source: Source,
    *,
    asks: bool,
    load_definitions: Callable[[], "dg.Definitions"],
    console: Console,
) -> Exit:
    """Migrate the legacy table that is there, or that `source` brings.

    Args:
        settings: The settings; the environment of this process leads to the same ones.
        source: Where the legacy table comes from.
        asks: Whether to ask before anything is written.
        load_definitions: Imports the project's Dagster definitions.
        console: Where to tell.

    Raises:
        MediabaseError: Something is in the way before the run; what happens in the run is told.
    """
    if asks:
        require_somebody_to_ask()
    if settings.database.is_embedded and not server.status(settings.home).is_running:
        with waiting(console, f"Starting the embedded PostgreSQL in {settings.home} …"):
            server.ensure_running(settings.home)
    with connect(settings, autocommit=True, application_name="mediabase migrate") as conn:
        arrival = look(conn, settings, source)
        print_plan(console, settings, _place(conn, settings), arrival.lines)
        if asks and not confirm(console):
            console.print("Nothing was changed.")
            return Exit.FAILED
        bring(conn, settings, source, arrival, console)
    return _run(settings, load_definitions, console)


def _place(conn: Connection, settings: Settings) -> Place:
    database = settings.database
    where = f"{database.host or f'service {database.service}'}, port {conn.info.port}"
    if database.is_embedded:
        where = f"embedded, in {settings.home}"
    return Place(where, str(conn.info.parameter_status("server_version")), conn.info.user, conn.info.dbname)


def _run(settings: Settings, load_definitions: Callable[[], "dg.Definitions"], console: Console) -> Exit:
    with waiting(console, "Loading the assets …"):
        import dagster as dg

        from mediabase_assets.lib.runner import RunEnd, prepare_dagster_home, run_job

        prepare_dagster_home(settings)
        definitions = load_definitions()
    board = Board()
    with dg.DagsterInstance.get() as instance, shown(board, console) as view:
        outcome = run_job(definitions, JOB, instance, tell=view.feed, log_folder=settings.home / "logs")
    if outcome.end is RunEnd.INTERRUPTED:
        return _interrupted(settings, outcome, console)
    result = migration_result.read_result(settings, outcome.run_id)
    if outcome.end is RunEnd.FAILURE or result is None:
        print_failures(console, board, outcome.failures, str(outcome.log_file))
        return Exit.FAILED
    print_success(console, board, result, outcome.failures, seconds=outcome.seconds)
    print_next_steps(console, psql_command(settings))
    return Exit.OK


def _interrupted(settings: Settings, outcome: "Outcome", console: Console) -> Exit:
    console.print("[bold yellow]Interrupted.[/]")
    try:
        migration_result.note_interrupted(settings, outcome.run_id)
    except ServerError:
        console.print("The server does not answer, so the journal could not be told.")
    print_unpublished(console)
    return Exit.INTERRUPTED
