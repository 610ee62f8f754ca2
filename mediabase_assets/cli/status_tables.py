"""The tables of `mediabase status`. Contains layout only; the facts are read by `mediabase_assets.report.status`."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.model.quantities import duration, moment, number, size
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.report.status import Relation, Status

_COLOURS = {
    "released": "green", "done": "green", "failed": "red", "running": "cyan", "interrupted": "yellow", "rolled back": "yellow",
    "stale": "yellow",
}  # fmt: skip


def print_status(console: Console, status: Status) -> None:
    """Print everything that is known."""
    _print_server(console, status)
    _print_records(console, status)
    _print_stages(console, status)
    _print_runs(console, status)
    _print_releases(console, status)
    _print_rollbacks(console, status)
    _print_refreshes(console, status)
    _print_backups(console, status)
    _print_advice(console, status)


def _print_server(console: Console, status: Status) -> None:
    console.print(f"[bold]Server[/]    {escape(status.server)}, PostgreSQL {escape(status.version)}")
    console.print(f"[bold]Database[/]  {escape(status.database)}, as {escape(status.user)}")
    sizes = ", ".join(f"{name} {size(bytes_)}" for name, bytes_ in status.databases)
    console.print(f"[bold]Size[/]      {escape(sizes)}")
    if status.others or status.records != Workspace().operations:
        others = f"; other targets of this database: {', '.join(status.others)}" if status.others else ""
        console.print(f"[bold]Target[/]    schema {escape(f'{status.target}, its records in {status.records}{others}')}")
    if status.lock:
        console.print(f"[cyan]A migration is running{escape(status.lock)}.[/]")
    console.print()


def _print_records(console: Console, status: Status) -> None:
    table = _table("Records", "Relation", "Rows", "Size", right=("Rows", "Size"))
    _add_relation(table, status.legacy)
    if any(t.rows is not None for t in status.tables):
        for relation in (*status.tables, *status.views):
            _add_relation(table, relation)
    if status.runs:
        quarantined = status.runs[0].quarantined
        table.add_row("quarantine of the newest migration (facts)", number(quarantined), "")
    console.print(table)
    if all(t.rows is None for t in status.tables):
        console.print("Nothing was released yet: run [bold]mediabase migrate[/].")
    console.print()


def _add_relation(table: Table, relation: Relation) -> None:
    table.add_row(
        escape(relation.name),
        "not there" if relation.rows is None else number(relation.rows),
        size(relation.size_bytes),
    )


def _print_stages(console: Console, status: Status) -> None:
    if not status.runs:
        return
    rows = {row.stage: row for row in status.stages}
    title = f"Stages of migration {status.runs[0].migration_id}"
    table = _table(title, "Stage", "Status", "Began", "Assets", "Rows", "Time", "Error", right=("Assets", "Rows", "Time"))
    for stage in Stage:
        row = rows.get(int(stage))
        name = f"{int(stage):>2} {stage.title}"
        if row is None:
            table.add_row(name, "·", "", "", "", "", "")
            continue
        error = row.error.splitlines()[0] if row.error else ""
        began = moment(row.started_at, with_date=False)
        table.add_row(name, _coloured(row.status), began, str(row.assets or ""), number(row.rows), duration(row.seconds), escape(error))
    console.print(table)
    console.print()


def _print_runs(console: Console, status: Status) -> None:
    if not status.runs:
        return
    table = _table(
        "Last migrations",
        "Migration",
        "Status",
        "Began",
        "Took",
        "Symbols",
        "Quarantined",
        right=("Took", "Quarantined"),
    )
    for run in status.runs:
        took = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
        table.add_row(
            escape(run.migration_id), _coloured(run.status), moment(run.started_at), duration(took),
            run.symbol_conflicts, number(run.quarantined),
        )  # fmt: skip
    console.print(table)
    console.print()


def _print_releases(console: Console, status: Status) -> None:
    if not status.releases:
        return
    names = ("Relations", "Inserted", "Updated", "Deleted")
    table = _table("Releases", "Release", "When", "Schema", *names, right=names)
    for release in status.releases:
        table.add_row(
            escape(release.release_id), moment(release.released_at), escape(release.schema_version),
            number(release.relations), number(release.inserted), number(release.updated), number(release.deleted),
        )  # fmt: skip
    console.print(table)
    console.print()


def _print_rollbacks(console: Console, status: Status) -> None:
    if not status.rollbacks:
        return
    table = _table("What can be rolled back (mediabase rollback ID)", "Migration", "Released", "Backup", "Verified", "Can be rolled back")
    for candidate in status.rollbacks:
        table.add_row(
            escape(candidate.migration_id), moment(candidate.released_at), escape(candidate.backup_id) or "none",
            "yes" if candidate.is_verified else "no", "[green]yes[/]" if not candidate.why_not else escape(f"no: {candidate.why_not}"),
        )  # fmt: skip
    console.print(table)
    console.print()


def _print_refreshes(console: Console, status: Status) -> None:
    if not status.refreshes:
        return
    table = _table("Last refreshes of views", "View", "When", "What", "Why", "Took", right=("Took",))
    for refresh in status.refreshes:
        table.add_row(
            escape(refresh.view), moment(refresh.refreshed_at), escape(refresh.how), escape(refresh.reason), duration(refresh.seconds)
        )
    console.print(table)
    console.print()


def _print_backups(console: Console, status: Status) -> None:
    if status.backup_problem:
        console.print(f"[bold]Backups[/]   [red]cannot be listed[/]: {escape(status.backup_problem)}")
        return
    if not status.backups:
        console.print("[bold]Backups[/]   none")
        return
    table = _table("Backups", "Backup", "When", "Size", "Relations", "Where", right=("Size", "Relations"))
    for backup in status.backups:
        table.add_row(
            escape(backup.migration_id), moment(backup.created_at), size(sum(f.size_bytes for f in backup.files)),
            number(len(backup.relations)), escape(backup.where),
        )  # fmt: skip
    console.print(table)


def _print_advice(console: Console, status: Status) -> None:
    if not status.advice:
        return
    table = _table("Settings of the server that would make migrations faster (nothing changes them)", "Setting", "Now", "Better", "Why")
    for advice in status.advice:
        table.add_row(*map(escape, advice))
    console.print(table)
    console.print()


def _table(title: str, *names: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", title=title, title_justify="left", title_style="bold")
    for name in names:
        table.add_column(name, justify="right" if name in right else "left")
    return table


def _coloured(status: str) -> str:
    colour = _COLOURS.get(status, "")
    return f"[{colour}]{escape(status)}[/]" if colour else escape(status)
