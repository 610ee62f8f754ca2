"""`mediabase rollback`: what would happen, the question, progress, what was done. Contains layout and order only."""

import functools

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.cli.plan import confirm, require_terminal
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import counted, duration, number
from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.rollback import Plan, RollbackResult, preview, roll_back
from mediabase_assets.rollback.after_failure import remove_unreleased
from mediabase_assets.rollback.plan import KEEP
from mediabase_assets.settings.load import Settings

_WILL = {
    "kept": "stays as it is",
    "rows changed": "the rows that differ are changed",
    "recreated": "comes back from the backup",
    "dropped": "is dropped",
    "refreshed": "is refreshed",
}


def rollback(
    settings: Settings, migration_id: str, *, with_later: bool, with_dependents: bool, legacy_changes: LegacyChoice | None, asks: bool,
    console: Console,
) -> Exit:  # fmt: skip
    """Print what a rollback will do, ask, do it, print what was done.

    Raises:
        MediabaseError: It was refused or failed; nothing was changed.
    """
    if asks:
        require_terminal()
    with waiting(console, f"Verifying the backup and comparing the database with the state before {migration_id} …"):
        candidate, plan, lost = preview(
            settings, migration_id, with_later=with_later, with_dependents=with_dependents, legacy_changes=legacy_changes
        )
    console.print(f"[bold]Back to the state before {escape(migration_id)}[/], from the backup {escape(candidate.backup_id)}")
    if candidate.later:
        console.print(f"These later migrations are undone too: {escape(', '.join(candidate.later))}")
    _print_plan(console, plan)
    for line in lost:
        console.print(f"[yellow]Lost too:[/] {escape(line)}", soft_wrap=True)
    if asks and not confirm(console):
        return Exit.FAILED
    result = roll_back(
        settings, migration_id, with_later=with_later, with_dependents=with_dependents, legacy_changes=legacy_changes,
        progress=lambda sentence: console.print(f"[dim]{escape(sentence)} …[/]", soft_wrap=True),
    )  # fmt: skip
    print_result(console, result)
    _report(console, settings, result)
    return Exit.OK


def _report(console: Console, settings: Settings, result: RollbackResult) -> None:
    """Update Dagster's catalog to what is live; the rollback is done, whether that succeeds or not."""
    import dagster as dg
    import sqlalchemy.exc

    from mediabase_assets.runs.patients.rematching import rematch_patients
    from mediabase_assets.runs.rollback_report import report
    from mediabase_assets.runs.runner import prepare_dagster_home

    try:
        prepare_dagster_home(settings)
        with dg.DagsterInstance.get() as instance:
            report(instance, settings, result)
            warn = functools.partial(console.print, style="yellow", markup=False, soft_wrap=True)
            for name, text in rematch_patients(instance, settings, warn).items():
                console.print(f"{name}: {text}", markup=False, soft_wrap=True)
    except (MediabaseError, sqlalchemy.exc.SQLAlchemyError) as error:
        console.print(f"[yellow]Dagster's catalog still shows the release that was undone:[/] {escape(str(error))}", soft_wrap=True)


def _print_plan(console: Console, plan: Plan) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("Relation", "What happens", "Why"):
        table.add_column(name)
    changing = [i for i in plan.items if i.action != KEEP]
    for item in changing:
        table.add_row(escape(str(item.relation)), _WILL[item.action], escape(item.why))
    if changing:
        console.print(table)
    kept = len(plan.items) - len(changing)
    if kept:
        console.print(f"{counted(kept, 'relation is', 'relations are')} as before the migration and will be kept.")
    console.print()


def print_result(console: Console, result: RollbackResult) -> None:
    """Print what was done."""
    if result.is_unchanged:
        console.print(f"[bold green]Everything was as before {escape(result.migration_id)} already[/]; nothing was changed.")
        return
    right = ("Rows", "Inserted", "Updated", "Deleted", "Time")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("Relation", "What was done", *right):
        table.add_column(name, justify="right" if name in right else "left")
    for done in result.done:
        if done.what != KEEP:
            table.add_row(
                escape(done.relation), escape(done.what), number(done.rows), number(done.inserted), number(done.updated),
                number(done.deleted), duration(done.seconds) if done.seconds else "",
            )  # fmt: skip
    console.print(table)
    for line in result.lost:
        console.print(f"[yellow]Dropped:[/] {escape(line)}", soft_wrap=True)
    console.print(
        f"[bold green]Back to the state before {escape(result.migration_id)}[/]: every table holds what the backup "
        f"{escape(result.backup_id)} says; {duration(result.seconds)}."
    )


def remove_and_report(console: Console, settings: Settings, run_id: str) -> None:
    """Remove what a failed first migration built, and print what was removed."""
    removal = remove_unreleased(settings, run_id)
    if removal.reason:
        console.print(f"Nothing was rolled back: {escape(removal.reason)}.", soft_wrap=True)
        return
    what = ", ".join(removal.removed) or "nothing was built yet"
    console.print(f"[bold]Rolled back[/]: removed {escape(what)}; {escape(removal.legacy)}. The records stay.", soft_wrap=True)
