"""`mediabase checks`: every asset check with its last outcome, as a table or as JSON.

Contains the words and the table; what is in it is read by `runs.check_overview`.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.model.quantities import moment
from mediabase_assets.report.status import is_nothing_here
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

    from mediabase_assets.runs.check_overview import CheckLine

_STYLES = {"failed": "red", "warned": "yellow", "skipped": "cyan", "passed": "green", "not run yet": "dim"}
#: Rows of a sample that are shown for each check.
SAMPLE = 3


def show_checks(
    settings: Settings, *, only_failed: bool, as_json: bool, load_definitions: Callable[[], "dg.Definitions"], console: Console
) -> Exit:
    """Show all checks, or those that failed or warned.

    Returns:
        FAILED if a check failed; warnings do not count.

    Raises:
        ServerError: The server cannot be started or reached.
    """
    if is_nothing_here(settings):
        console.out("[]" if as_json else "No check has run yet: run `mediabase migrate` first.")
        return Exit.OK
    progress = Console(stderr=True) if as_json else console
    ensure_started(progress, settings)
    with waiting(progress, "Reading the checks …"):
        lines = _read(settings, load_definitions)
    failed = any(line.outcome == "failed" for line in lines)
    shown = [line for line in lines if line.needs_attention] if only_failed else lines
    if as_json:
        console.out(json.dumps([line.as_row() for line in shown], indent=2, ensure_ascii=False, default=str), highlight=False)
    else:
        _print(console, lines, shown)
    return Exit.FAILED if failed else Exit.OK


def _read(settings: Settings, load_definitions: Callable[[], "dg.Definitions"]) -> "list[CheckLine]":
    import dagster as dg

    from mediabase_assets.runs.check_overview import read_overview, specs_of
    from mediabase_assets.runs.runner import prepare_dagster_home

    prepare_dagster_home(settings)
    definitions = load_definitions()
    with dg.DagsterInstance.get() as instance:
        return read_overview(instance, specs_of(definitions.resolve_asset_graph()))


def _print(console: Console, lines: "list[CheckLine]", shown: "list[CheckLine]") -> None:
    from mediabase_assets.runs.check_overview import summary

    if shown:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name in ("Outcome", "Asset", "Check", "Since"):
            table.add_column(name, no_wrap=name in ("Outcome", "Since"))
        for name in ("Examined", "Failures"):
            table.add_column(name, justify="right", no_wrap=True)
        for line in shown:
            style = _STYLES[str(line.outcome)]
            table.add_row(
                f"[{style}]{line.outcome}[/]", escape(line.asset), escape(line.check.replace("_", " ")),
                moment(line.since), "" if line.examined is None else f"{line.examined:,}",
                f"{line.failures:,}" if line.failures else "",
            )  # fmt: skip
        console.print(table)
    for line in shown:
        if line.needs_attention or line.outcome == "skipped":
            console.print(f"\n{line.asset}, {line.check.replace('_', ' ')}: {line.description}", markup=False, soft_wrap=True)
            for row in line.sample[:SAMPLE]:
                text = ", ".join(f"{name} {value}" for name, value in row.items() if value not in ("", None))
                console.print(f"  {text}", markup=False, soft_wrap=True)
    console.print(f"\n{summary(lines)}" if shown else summary(lines), markup=False)
