"""Before anything runs: what died the last time is found, told in words, and cleared away.

Called by every command that starts a run. The finding is in `runs.dead_runs` and `runs.cleanup`.
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


def recover(instance: "dg.DagsterInstance", settings: Settings, console: Console, *, then: str = "This one goes on.") -> list[Orphan]:
    """Report dead runs failed and remove what they left; returns the runs.

    Args:
        instance: Where the runs are.
        settings: Which server, and where backups are.
        console: Where to tell.
        then: What follows, for whoever reads that a run was killed.

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
