"""`mediabase migrate`: plan, question, legacy data, run, summary.

Contains the order of steps; each is in a module of its own. The function that imports the definitions is passed in, so that
this module does not import Dagster.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.legacy_source import Source, load_source, plan_source
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.cli.plan import (
    Place,
    confirm,
    print_nothing_to_do,
    print_plan,
    print_work,
    require_terminal,
)
from mediabase_assets.cli.progress import shown
from mediabase_assets.cli.recover import recover
from mediabase_assets.cli.report import print_place, report_failure
from mediabase_assets.cli.rollback import remove_and_report
from mediabase_assets.cli.stage_board import Board
from mediabase_assets.cli.summary import print_failures, print_made, print_next_steps, print_success, print_unpublished
from mediabase_assets.model.errors import MediabaseError, ServerError
from mediabase_assets.planning.live_settings import with_live_policy
from mediabase_assets.postgres.connect import connect, psql_command
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.records import journal
from mediabase_assets.rehearsal import workspace
from mediabase_assets.report import migration
from mediabase_assets.runs.events import StepEvent
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

    from mediabase_assets.runs.runner import Outcome

JOB = "migrate"


def migrate(
    settings: Settings,
    source: Source,
    *,
    asks: bool,
    everything: bool,
    load_definitions: Callable[[], "dg.Definitions"],
    console: Console,
    rolls_back: bool = False,
) -> Exit:
    """Migrate the existing legacy table, or the one that `source` loads: build what is missing, failed or stale, and release it.

    Args:
        settings: The settings; the environment of this process leads to the same ones.
        source: Where the legacy table comes from.
        asks: Whether to ask before anything is written.
        everything: Whether to rebuild everything, even what is up to date.
        load_definitions: Imports the project's Dagster definitions.
        console: Where to print.
        rolls_back: Whether to remove what a failed first migration built.

    Raises:
        MediabaseError: The run could not start; what fails in the run is printed.
    """
    began = time.monotonic()
    _prepare(console, settings, asks=asks)
    with connect(settings, autocommit=True, application_name="mediabase migrate") as conn:
        settings = with_live_policy(conn, settings)
        source_plan = plan_source(conn, settings, source)
        with _loaded(settings, load_definitions, console) as dagster:
            work = None if source_plan.loads else dagster.work(conn, console, everything=everything)
            print_plan(console, settings, _place(conn, settings), source_plan.lines)
            print_work(console, work)
            if work == {}:
                print_nothing_to_do(console, seconds=time.monotonic() - began)
                return Exit.OK
            if asks and not confirm(console):
                return Exit.FAILED
            if work is None:
                load_source(conn, settings, source, source_plan, console)
                work = dagster.work(conn, console, everything=everything)
                print_work(console, work)
            return dagster.run(work, console, rolls_back=rolls_back)


def _prepare(console: Console, settings: Settings, *, asks: bool) -> None:
    """Before anything else: can a person answer, does the server run, did an earlier rehearsal leave something?"""
    if asks:
        require_terminal()
    ensure_started(console, settings)
    workspace.sweep(settings)


@contextmanager
def _loaded(settings: Settings, load_definitions: Callable[[], "dg.Definitions"], console: Console) -> Iterator["_Dagster"]:
    """Import Dagster and the definitions, which takes seconds, open Dagster's storage, and clear dead runs away."""
    with waiting(console, "Loading the assets …"):
        import dagster as dg

        from mediabase_assets.runs.runner import prepare_dagster_home

        prepare_dagster_home(settings)
        definitions = load_definitions()
        instance = dg.DagsterInstance.get()
    with instance:
        recover(instance, settings, console)
        yield _Dagster(settings, definitions, instance)


@dataclass(frozen=True)
class _Dagster:
    """Dagster as this command uses it: one instance for plan and run."""

    settings: Settings
    definitions: "dg.Definitions"
    instance: "dg.DagsterInstance"

    def work(self, conn: Connection, console: Console, *, everything: bool) -> dict[str, str]:
        """The assets to be built, with the reasons.

        Raises:
            PrerequisiteError: There are some, and the migration could not start.
        """
        from mediabase_assets.planning.plan import work_to_do
        from mediabase_assets.runs.results import legacy_seen

        with waiting(console, "Checking what is up to date …"):
            work = work_to_do(conn, self.settings, seen=legacy_seen(self.instance), everything=everything)
        if work:
            self.require_prerequisites(conn, console)
        return work

    def require_prerequisites(self, conn: Connection, console: Console) -> None:
        """Raise before anything is printed or asked if a migration could not start.

        Raises:
            PrerequisiteError: What is missing, all of it; another migration that is running counts.
        """
        from mediabase_assets.curation.file import rules_of
        from mediabase_assets.curation.ways_out import rows_left_out
        from mediabase_assets.legacy.refusal import require
        from mediabase_assets.records.lock import wait_for_dead_holder
        from mediabase_assets.runs.dead_runs import look_at

        with waiting(console, "Checking the prerequisites …"):
            wait_for_dead_holder(self.settings, look_at(self.instance))
            require(conn, self.settings, rows_left_out(rules_of(self.settings)))

    def run(self, work: dict[str, str], console: Console, *, rolls_back: bool) -> Exit:
        """Build them, and print the outcome."""
        from mediabase_assets.planning.registry import EVERYTHING, definitions
        from mediabase_assets.runs.migration_metrics import tell
        from mediabase_assets.runs.results import KEEP_TAG, REBUILD
        from mediabase_assets.runs.runner import RunEnd, mending, run_job

        board = Board()
        for key, asset in definitions().items():
            if key not in work:
                board.feed(StepEvent("kept", key, time.time(), key, int(asset.stage)))
        tags = {KEEP_TAG: REBUILD} if EVERYTHING in work.values() else {}
        with shown(board, console) as view:
            outcome = run_job(
                self.definitions, JOB, self.instance, tell=view.feed, log_folder=self.settings.logs, assets=work, tags=tags,
                mend=mending(self.settings), say=view.say if self.settings.verbose_logging else None,
                is_detailed=self.settings.debug_mode,
            )  # fmt: skip
        if problem := tell(self.instance, self.settings):
            console.print(problem, markup=False, soft_wrap=True)
        if outcome.end is RunEnd.INTERRUPTED:
            return _interrupted(self.settings, outcome, console)
        result = migration.read_result(self.settings, outcome.run_id)
        if outcome.end is RunEnd.SUCCESS and result is None:  # what was left to do does not make a migration of its own
            print_made(console, board, len(work), seconds=outcome.seconds)
            return Exit.OK
        if outcome.end is RunEnd.FAILURE or result is None:
            print_failures(console, board, outcome.failures, str(outcome.log_file))
            report_failure(console, self.settings, outcome.run_id, self.instance, self.definitions)
            if rolls_back:
                remove_and_report(console, self.settings, outcome.run_id)
            return Exit.FAILED
        print_success(console, board, result, outcome.failures, seconds=outcome.seconds)
        print_place(console, self.settings, result.migration_id)
        if self.settings.auto_cleanup:
            self.clean_up(console)
        print_next_steps(console, psql_command(self.settings))
        return Exit.OK

    def clean_up(self, console: Console) -> None:
        """Delete what is old; a migration that released does not fail by it."""
        from mediabase_assets.runs.retention import clean_up

        try:
            with waiting(console, "Deleting what is old …"):
                done = clean_up(self.instance, self.settings)
        except (MediabaseError, OSError) as error:
            console.print(f"[yellow]Warning:[/] what is old could not be deleted: {escape(str(error))}", soft_wrap=True)
        else:
            console.print(done.sentence, markup=False, soft_wrap=True)


def _place(conn: Connection, settings: Settings) -> Place:
    database = settings.database
    where = f"{database.host or f'service {database.service}'}, port {conn.info.port}"
    if database.is_embedded:
        where = f"embedded, in {settings.home}"
    own = (conn.workspace.build, conn.workspace.operations)
    return Place(where, str(conn.info.parameter_status("server_version")), conn.info.user, conn.info.dbname, own)


def _interrupted(settings: Settings, outcome: "Outcome", console: Console) -> Exit:
    console.print("[bold yellow]Interrupted.[/]")
    try:
        journal.note_interrupted(settings, outcome.run_id)
    except ServerError:
        console.print("The server does not answer, so the journal could not be updated.")
    print_unpublished(console)
    return Exit.INTERRUPTED
