"""`mediabase migrate --dry-run` and `--test-only`: the conversation; nothing is asked, for nothing stays.

Here belongs the order of things. A legacy table that is not in the database yet (--legacy-from, --demo) is loaded into a
schema that is dropped at the end.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.legacy_source import Source, bring, look
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.cli.progress import shown
from mediabase_assets.cli.stage_board import Board
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

Load = Callable[[Session, Settings], None]


def rehearse(
    settings: Settings,
    source: Source,
    *,
    is_self_test: bool,
    load_definitions: Callable[[], "dg.Definitions"],
    console: Console,
) -> Exit:
    """Make a plan of the migration, or test it on a sample.

    Args:
        settings: Of the migration; the environment of this process leads to the same ones.
        source: Where the legacy table comes from.
        is_self_test: Whether to test a sample; else a plan is made.
        load_definitions: Imports the project's Dagster definitions.
        console: Where to tell.

    Raises:
        MediabaseError: Something is in the way.
    """
    ensure_started(console, settings)
    with connect(settings, autocommit=True, application_name="mediabase migrate") as conn:
        arrival = look(conn, settings, source)
    is_loaded = arrival.brings
    for name, text in arrival.lines:
        console.print(f"{name}: {text}", markup=False, soft_wrap=True)
    if is_loaded:
        console.print("It is loaded into a schema of its own and dropped at the end.")

    def load(conn: Session, trial: Settings) -> None:
        if is_loaded:
            bring(conn, trial, source, arrival, console)

    with waiting(console, "Loading the assets …"):
        definitions = load_definitions()
    return (_self_test if is_self_test else _dry_run)(settings, definitions, is_loaded, load, console)


def _dry_run(settings: Settings, definitions: "dg.Definitions", is_loaded: bool, load: Load, console: Console) -> Exit:
    from mediabase_assets.cli.dry_run import print_dry_run
    from mediabase_assets.rehearsal.dry_run import dry_run

    with shown(Board(), console) as view:
        plan = dry_run(settings, definitions, tell=view.feed, is_loaded=is_loaded, bring=load)
    print_dry_run(console, plan)
    return Exit.OK if plan.passed else Exit.FAILED


def _self_test(settings: Settings, definitions: "dg.Definitions", is_loaded: bool, load: Load, console: Console) -> Exit:
    from mediabase_assets.cli.self_test import print_self_test
    from mediabase_assets.rehearsal.self_test import self_test

    with shown(Board(), console) as view:
        report = self_test(settings, definitions, tell=view.feed, is_loaded=is_loaded, bring=load)
    print_self_test(console, report)
    return Exit.OK if report.passed else Exit.FAILED
