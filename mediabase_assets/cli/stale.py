"""What `mediabase status` prints about what has to be rebuilt: the assets with their reasons, and their stages.

Contains layout; which assets are stale, and why, is decided by `planning.plan`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

from mediabase_assets.cli.output import waiting
from mediabase_assets.cli.plan import print_work
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.postgres.connect import connect
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg


def stale_now(settings: Settings, *, load_definitions: Callable[[], "dg.Definitions"], console: Console) -> dict[str, str]:
    """The assets that a migration would build now, with the reasons; nothing is written.

    Args:
        settings: The settings.
        load_definitions: Imports the project's Dagster definitions, which register the assets.
        console: Where to print that this takes a moment.

    Raises:
        ServerError: The server cannot be reached.
    """
    with waiting(console, "Checking what is up to date …"):
        load_definitions()
        from mediabase_assets.planning.plan import work_to_do

        with connect(settings, autocommit=True, application_name="mediabase status") as conn:
            if not describe_legacy_table(conn, settings.database.source_schema, settings.database.legacy_table).exists:
                return {}
            return work_to_do(conn, settings, reads_only=True)


def stages_of(work: dict[str, str]) -> set[int]:
    """The stages of some assets."""
    from mediabase_assets.planning.registry import definition

    return {int(definition(key).stage) for key in work}


def print_stale(console: Console, work: dict[str, str]) -> None:
    """Print what `mediabase migrate` would build, and why."""
    if not work:
        console.print("Everything is up to date: [bold]mediabase migrate[/] has nothing to do.\n")
        return
    print_work(console, work)
