"""`mediabase migrate --dry-run` and `--test-only`: what is printed around them; nothing is asked, as nothing is kept.

Contains the order of steps. A legacy table that is not in the database yet (--legacy-from, --demo) is loaded into a
schema that is dropped at the end.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.legacy_source import Source, load_source, plan_source
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.cli.progress import shown
from mediabase_assets.cli.stage_board import Board
from mediabase_assets.planning.live_settings import with_live_policy
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
    """Plan the migration, or test it on a sample.

    Args:
        settings: Of the migration; the environment of this process leads to the same ones.
        source: Where the legacy table comes from.
        is_self_test: Whether to test a sample; else a plan is made.
        load_definitions: Imports the project's Dagster definitions.
        console: Where to print.

    Raises:
        MediabaseError: The migration could not start.
    """
    ensure_started(console, settings)
    with connect(settings, autocommit=True, application_name="mediabase migrate") as conn:
        settings = with_live_policy(conn, settings)
        source_plan = plan_source(conn, settings, source)
    is_loaded = source_plan.loads
    for name, text in source_plan.lines:
        console.print(f"{name}: {text}", markup=False, soft_wrap=True)
    if is_loaded:
        console.print("It is loaded into a schema of its own and dropped at the end.")

    def load(conn: Session, trial: Settings) -> None:
        if is_loaded:
            load_source(conn, trial, source, source_plan, console)

    with waiting(console, "Loading the assets …"):
        definitions = load_definitions()
    return (_self_test if is_self_test else _dry_run)(settings, definitions, is_loaded, load, console)


def _dry_run(settings: Settings, definitions: "dg.Definitions", is_loaded: bool, load: Load, console: Console) -> Exit:
    from mediabase_assets.cli.dry_run import print_dry_run
    from mediabase_assets.rehearsal.dry_run import dry_run

    with shown(Board(), console) as view:
        plan = dry_run(settings, definitions, on_event=view.feed, is_loaded=is_loaded, load=load)
    print_dry_run(console, plan)
    return Exit.OK if plan.passed else Exit.FAILED


def _self_test(settings: Settings, definitions: "dg.Definitions", is_loaded: bool, load: Load, console: Console) -> Exit:
    from mediabase_assets.cli.self_test import print_self_test
    from mediabase_assets.rehearsal.self_test import self_test

    with shown(Board(), console) as view:
        report = self_test(settings, definitions, on_event=view.feed, is_loaded=is_loaded, load=load)
    print_self_test(console, report)
    return Exit.OK if report.passed else Exit.FAILED
