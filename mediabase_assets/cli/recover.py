"""Before a run: runs that died are found, reported, and what they left is removed.

Called by every command that starts a run. They are found by `runs.dead_runs` and `runs.cleanup`.
"""

import uuid
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from mediabase_assets.runs.cleanup import remove_leftovers
from mediabase_assets.runs.dead_runs import CLEANER, Orphan, look_at, report_orphans
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg


def recover(instance: "dg.DagsterInstance", settings: Settings, console: Console, *, then: str = "This run continues.") -> list[Orphan]:
    """Report dead runs as failed and remove what they left; returns the runs.

    Args:
        instance: Where the runs are.
        settings: Which server, and where backups are.
        console: Where to print.
        then: What happens next; printed after the report of a dead run.

    Raises:
        ServerError: The server cannot be reached.
    """
    orphans = report_orphans(instance, settings)
    for orphan in orphans:
        console.print(f"[yellow]{escape(orphan.sentence)}[/] {escape(then)}".rstrip(), soft_wrap=True)
    removed = remove_leftovers(settings, f"{CLEANER}{uuid.uuid4().hex[:8]}", look_at(instance))
    if removed:
        console.print(f"Removed what was left behind: {escape(', '.join(removed))}.", soft_wrap=True)
    return orphans
