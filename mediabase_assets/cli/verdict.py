"""`mediabase verdict`: how good a migration is, why, and every check of the suites with what it measured; and the verdict in other outputs.

Contains words and layout; the facts are read by `report.verdict`.
"""

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit
from mediabase_assets.report.status import is_nothing_here
from mediabase_assets.report.verdict import Judgement, read_judgement
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.suites.judging import plain
from mediabase_assets.validation.verdict import Decided, Verdict

_COLOURS = {Verdict.EXCELLENT: "green", Verdict.GOOD: "green", Verdict.ACCEPTABLE: "yellow", Verdict.NEEDS_ATTENTION: "red"}
_OUTCOMES = {"passed": "green", "warned": "yellow", "failed": "red", "skipped": "cyan"}


def print_verdict(console: Console, decided: Decided | None) -> None:
    """Print a verdict with its explanation; nothing if there is none."""
    if decided is None:
        return
    first, *others = decided.sentences
    name, _, numbers = first.partition(":")
    console.print(f"[bold]Verdict[/] on {escape(decided.migration_id)}: [bold {_COLOURS[decided.verdict]}]{name}[/]:{escape(numbers)}")
    for sentence in others:
        console.print(f"  {sentence}", markup=False, soft_wrap=True)


def show_verdict(settings: Settings, *, migration_id: str, as_json: bool, console: Console) -> Exit:
    """Show the verdict on a migration, by default on what is live.

    Returns:
        FAILED if it needs attention, or there is none.

    Raises:
        ServerError: The server cannot be started or reached.
    """
    if is_nothing_here(settings):
        judgement = Judgement("", None, ())
    else:
        ensure_started(Console(stderr=True) if as_json else console, settings)
        judgement = read_judgement(settings, migration_id)
    if as_json:
        console.out(json.dumps(judgement.as_json(), indent=2, ensure_ascii=False, default=str), highlight=False)
    else:
        _print(console, judgement)
    return Exit.FAILED if judgement.verdict is None or judgement.verdict.verdict is Verdict.NEEDS_ATTENTION else Exit.OK


def _print(console: Console, judgement: Judgement) -> None:
    if not judgement.migration_id:
        console.print("Nothing was released yet: run [bold]mediabase migrate[/].")
        return
    if judgement.checks:
        console.print(_table(judgement))
        console.print()
    if judgement.verdict is None:
        where = escape(judgement.migration_id)
        console.print(f"There is no verdict on migration {where}: it was not released, or an earlier version did. Run `mediabase migrate`.")
    print_verdict(console, judgement.verdict)


def _table(judgement: Judgement) -> Table:
    title = f"Checks of migration {judgement.migration_id}"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", title=title, title_justify="left")
    for name in ("Suite", "Outcome", "Check"):
        table.add_column(name, no_wrap=name == "Outcome")
    for name in ("Measured", "Threshold"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Unit")
    for row in judgement.checks:
        measured = "" if row.measured is None else plain(row.measured)
        outcome = f"[{_OUTCOMES.get(row.outcome, '')}]{row.outcome}[/]"
        table.add_row(row.suite, outcome, escape(row.check_name.replace("_", " ")), measured, plain(row.threshold), escape(row.unit))
    return table
