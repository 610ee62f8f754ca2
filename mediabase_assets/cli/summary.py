"""What is printed when a migration has ended: the release and the accounts, or what failed and how to go on.

Contains layout and words; the numbers come from `report.migration`, the failures from `runs.failures`.
"""

import itertools
import re
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.error_details import sentence_to_send, without_secrets
from mediabase_assets.cli.progress import stage_table
from mediabase_assets.cli.stage_board import Board
from mediabase_assets.cli.verdict import print_verdict
from mediabase_assets.model.quantities import counted, duration, number
from mediabase_assets.report.migration import MigrationResult, ReasonCount
from mediabase_assets.runs.failures import Failure

EXAMPLE_QUERY = """select g.gene_symbol, p.pathway_name, count(distinct i.drug_id) as drugs
from genes as g join gene_pathways as p using (gene_id) join gene_pathways as o using (pathway_id)
left join gene_drug_interactions as i on i.gene_id = o.gene_id
where g.gene_symbol = 'TP53' group by 1, 2 order by 3 desc, 2 limit 10;"""

_ACCOUNTS = ("read", "archived", "repaired", "quarantined")
#: A line of this package in a stack.
_INNERMOST = re.compile(r'File "[^"]*?(mediabase_assets/[^"]*)", line (\d+), in (\w+)')
_DONE = {"moved": "new", "created": "new", "kept": "unchanged: none of its inputs changed"}


def print_success(console: Console, board: Board, result: MigrationResult, warnings: Iterable[Failure], *, seconds: float) -> None:
    """Print what a migration that was released did."""
    _print_stages(console, board)
    _print_changes(console, result)
    _print_reasons(
        console,
        "Quarantined",
        f"not in the tables; raw value and reason in {result.records}.quarantine",
        _of(result, "quarantined"),
    )
    note = f"their facts are in the tables without them; path and raw value in {result.records}.quarantine"
    _print_reasons(console, "Values set aside", note, list(result.set_aside), unit="Values")
    _print_reasons(console, "Repaired", f"in the tables, changed; see {result.records}.repairs", _of(result, "repaired"))
    print_warnings(console, warnings)
    if result.unbalanced:
        print_unbalanced(console, result)
    elif result.accounts:
        aside = f"{number(result.quarantined)} in quarantine, by themselves or with their row"
        facts = f"{counted(result.facts_read, 'fact')} read, {aside}, none without an account"
        console.print(f"[green]All {counted(result.accounts, 'account')} balance:[/] {facts}.")
    if result.leaves:
        counts = ", ".join(f"{number(result.leaves[a])} {a}" for a in _ACCOUNTS if a in result.leaves)
        console.print(f"[green]Census of {counted(sum(result.leaves.values()), 'value')}:[/] {counts}; every one has an account.")
    print_verdict(console, result.verdict)
    outcome = "released" if result.changes else "found that the live content equals what was rebuilt, and released nothing,"
    console.print(f"Migration [bold]{escape(result.migration_id)}[/] {outcome} in {duration(seconds)}.")


def print_warnings(console: Console, failures: Iterable[Failure]) -> None:
    """Print the checks that warned, one line each."""
    for warning in (f for f in failures if f.is_warning):
        console.print(f"[yellow]Warning:[/] {escape(warning.asset)}: {escape(warning.message)} [dim](check {escape(warning.check)})[/]")


def print_unbalanced(console: Console, result: MigrationResult) -> None:
    """Print how many accounts do not balance."""
    wrong = counted(result.unbalanced, "account does", "accounts do")
    console.print(f"[bold red]{wrong} not balance[/] (of {number(result.accounts)}).")


def print_made(console: Console, board: Board, assets: int, *, seconds: float) -> None:
    """Print that what was left of an earlier migration, such as its benchmark, was built."""
    _print_stages(console, board)
    left = "the one asset that was" if assets == 1 else f"the {assets} assets that were"
    console.print(f"Built {left} left, in {duration(seconds)}; nothing was released.")


def print_next_steps(console: Console, psql_command: str) -> None:
    """Print what a newcomer does next."""
    console.print("\n[bold]Next[/]")
    console.print("  mediabase db psql      a session with the database, or with any tool:", markup=False)
    console.print(f"                         {psql_command}", markup=False, soft_wrap=True)
    console.print("  mediabase ui           Dagster's web UI: graph, checks, runs", markup=False)
    console.print("  mediabase status       what there is, and the last runs", markup=False)
    console.print("  The pathways of TP53, and how many drugs act on a gene of each:", markup=False)
    for line in EXAMPLE_QUERY.splitlines():
        console.print(f"    {line}", markup=False)


def print_failures(console: Console, board: Board, failures: Iterable[Failure], log_file: str) -> None:
    """Print what failed, with sample rows, that nothing that people read has changed, and how to continue."""
    _print_stages(console, board)
    failures = list(failures)
    print_findings(console, failures)
    if not failures:
        console.print("[bold red]The run failed and gave no reason.[/]")
    print_unpublished(console)
    console.print(f"  Every event of the run: {log_file}", markup=False, soft_wrap=True)


def print_findings(console: Console, failures: Iterable[Failure]) -> None:
    """Print every failed asset with the checks that failed in it, and sample rows."""
    failures = list(failures)
    checks: dict[str, list[Failure]] = {}
    for failure in failures:
        if failure.check and not failure.is_warning:
            checks.setdefault(failure.asset, []).append(failure)
    assets = [f for f in failures if not f.check]
    assets = [f for f in assets if f.asset] or assets  # a failed asset says more than that the run failed
    for failure in assets:
        _print_failure(console, failure, checks.pop(failure.asset, []))
    for left in checks.values():
        for check in left:
            _print_check(console, check)


def print_unpublished(console: Console) -> None:
    """Print that nothing was published, and how to continue."""
    console.print("Nothing was published: everything that people read is as it was.")
    console.print("To continue: run [bold]mediabase migrate[/] again; the backup is reused, and only differences are released.")


def _print_failure(console: Console, failure: Failure, checks: list[Failure]) -> None:
    console.print(f"[bold red]Failed:[/] {escape(failure.asset or 'the run')}")
    lines = _unexpected(failure) if failure.is_unexpected else failure.message.splitlines() or [""]
    if checks:  # the message repeats what the checks say
        lines = [lines[0], *itertools.dropwhile(lambda line: not line.lstrip().startswith("next:"), lines)]
    for line in lines:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    for check in checks:
        _print_check(console, check)
    console.print()


def _unexpected(failure: Failure) -> list[str]:
    """The three lines of an unexpected error; its stack goes to the file of details."""
    text = without_secrets((failure.message.splitlines() or ["no message"])[0])
    where = _INNERMOST.findall(failure.stack)
    return [
        f"Something unexpected happened: {text.rstrip('.')}.",
        f"  where: {failure.asset or 'the run'}{f', {where[-1][0]}, line {where[-1][1]} ({where[-1][2]})' if where else ''}",
        f"  next:  {sentence_to_send([failure.stack])}",
    ]


def _print_check(console: Console, check: Failure) -> None:
    console.print(f"  [red]✗[/] {escape(check.asset)}, check {escape(check.check)}: {escape(check.message)}")
    if not check.sample:
        return
    names = list(dict.fromkeys(name for row in check.sample for name in row))
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 2))
    for name in names:
        table.add_column(escape(name), overflow="fold")
    for row in check.sample:
        table.add_row(*(escape(str(row.get(name, ""))) for name in names))
    console.print(table)


def _print_stages(console: Console, board: Board) -> None:
    if console.is_terminal:
        return  # the live board is still on the terminal
    console.print()
    console.print(stage_table(board.lines()))
    console.print()


def _print_changes(console: Console, result: MigrationResult) -> None:
    if not result.changes:
        return
    before = f"against {result.previous_release}" if result.previous_release else "the first release"
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"Released ({before})", title_justify="left")
    table.add_column("Table")
    for name in ("Rows", "Inserted", "Updated", "Deleted"):
        table.add_column(name, justify="right")
    for change in result.changes:
        changed = (change.inserted, change.updated, change.deleted)
        table.add_row(change.relation, number(change.rows), *(number(c) if c else "·" for c in changed))
    for name, rows in result.views.items():
        table.add_row(name, number(rows), "view", "", "")
    console.print(table)
    console.print()
    if result.view_changes:
        _print_views(console, result)


def _print_views(console: Console, result: MigrationResult) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", title="Views", title_justify="left")
    table.add_column("View")
    table.add_column("Rows", justify="right")
    table.add_column("What was done")
    for change in result.view_changes:
        why = f", because {change.reason}" if change.reason and change.how != "moved" else ""
        table.add_row(change.view, number(change.rows), escape(f"{_DONE.get(change.how, change.how)}{why}"))
    console.print(table)
    console.print()


def _of(result: MigrationResult, outcome: str) -> list[ReasonCount]:
    return [r for r in result.reasons if r.outcome == outcome]


def _print_reasons(console: Console, title: str, note: str, reasons: list[ReasonCount], *, unit: str = "Facts") -> None:
    if not reasons:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"{title} ({note})", title_justify="left")
    table.add_column("Reason")
    table.add_column(unit, justify="right")
    table.add_column("What it means")
    for reason in reasons:
        table.add_row(reason.reason, number(reason.facts), escape(reason.sentence))
    console.print(table)
    console.print()
