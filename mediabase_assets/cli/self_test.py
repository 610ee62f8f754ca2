"""What is printed when a self-test has ended: one line per component, what failed, and the verdict.

Contains layout and words; the values come from `rehearsal.self_test`.
"""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.summary import print_findings
from mediabase_assets.model.quantities import counted, duration
from mediabase_assets.rehearsal.self_test import Report

_RESULTS = {True: "[green]passed[/]", False: "[bold red]FAILED[/]", None: "[yellow]not checked[/]"}


def print_self_test(console: Console, report: Report) -> None:
    """Print a report."""
    table = Table(box=None, pad_edge=False, header_style="bold", title="Self-test", title_justify="left")
    for name in ("Component", "Result"):
        table.add_column(name, no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("Checked", overflow="fold")
    for c in report.components:
        table.add_row(escape(c.name), _RESULTS[c.passed], duration(c.seconds), escape(c.detail))
    console.print()
    console.print(table)
    console.print()
    for component in report.components:
        print_findings(console, component.failures)
    if report.file is not None:
        console.print(f"The report for programs: {report.file}", markup=False, soft_wrap=True)
    failed = [c.name for c in report.components if c.passed is False]
    if failed:
        console.print(f"[bold red]{len(failed)} of {counted(len(report.components), 'component')} failed:[/] {escape(', '.join(failed))}.")
        for path in report.log_files:
            console.print(f"  Every event of a run: {path}", markup=False, soft_wrap=True)
    else:
        console.print(
            f"[green]{counted(sum(c.passed is True for c in report.components), 'component')} passed.[/] Nothing of the test is left."
        )
