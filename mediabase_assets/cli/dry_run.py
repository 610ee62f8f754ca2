"""What is printed when a dry run has ended: rows, reasons, conflicts, differences, needs, and that nothing else was touched.

Contains layout and words; the numbers come from `rehearsal.outcome`.
"""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.plan import print_work
from mediabase_assets.cli.summary import print_findings, print_unbalanced, print_warnings
from mediabase_assets.model.quantities import counted, duration, number, size
from mediabase_assets.rehearsal.needs import Needs
from mediabase_assets.rehearsal.outcome import Plan
from mediabase_assets.release.difference import Difference, Sample
from mediabase_assets.report.migration import ReasonCount

_LONGEST = 100


def print_dry_run(console: Console, plan: Plan) -> None:
    """Print a plan."""
    console.print()
    _print_rows(console, plan)
    _print_reasons(console, plan, "quarantined", "Would be quarantined: not in the tables, kept with raw value and reason")
    _print_counts(
        console, plan, "quarantined", "Values that would be set aside: their facts are in the tables without them",
        plan.result.set_aside if plan.result else (),
    )  # fmt: skip
    _print_reasons(console, plan, "repaired", "Would be repaired: in the tables, changed")
    _print_conflicts(console, plan)
    order = list(plan.rows)
    for difference in sorted(plan.differences, key=lambda d: order.index(d.relation)):
        if not difference.is_none and difference.live_rows is not None:
            _print_samples(console, difference)
    if plan.stale is not None:
        _print_stale(console, plan.stale)
    if plan.needs is not None:
        _print_needs(console, plan.needs)
    _print_audits(console, plan)
    _print_proof(console, plan)
    console.print(f"The plan for programs: {plan.report}", markup=False, soft_wrap=True)
    if plan.passed:
        console.print("[bold]A dry run: nothing was released.[/] `mediabase migrate` does what is reported here.")


def _print_rows(console: Console, plan: Plan) -> None:
    against = f"against release {plan.against}" if plan.against else "nothing is released yet"
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"Expected ({against})", title_justify="left")
    table.add_column("Table or view", no_wrap=True)
    for name in ("Rows", "Live now", "Added", "Removed", "Changed"):
        table.add_column(name, justify="right")
    compared = {d.relation: d for d in plan.differences}
    for name, rows in plan.rows.items():
        difference = compared.get(name)
        if difference is None:  # shown by a view over relations that are compared
            table.add_row(escape(name), number(rows), *[""] * 4)
            continue
        counts = (difference.added, difference.removed, difference.changed)
        table.add_row(escape(name), number(rows), number(difference.live_rows), *(number(c) if c else "·" for c in counts))
    if plan.rows:
        console.print(table)
        console.print()


def _print_reasons(console: Console, plan: Plan, outcome: str, title: str) -> None:
    _print_counts(console, plan, outcome, title, [r for r in (plan.result.reasons if plan.result else ()) if r.outcome == outcome])


def _print_counts(console: Console, plan: Plan, outcome: str, title: str, reasons: Sequence[ReasonCount]) -> None:
    if not reasons:
        return
    console.print(f"[bold]{title}[/]")
    for reason in reasons:
        console.print(f"  {number(reason.facts):>10}  {reason.reason}: {reason.sentence}", markup=False, soft_wrap=True)
        for example in plan.examples:
            if (example.outcome, example.reason) == (outcome, reason.reason):
                winner = f"; {example.winner} is kept" if example.winner else ""
                console.print(f"              {example.where}: {_short(example.raw_value)}{winner}", markup=False, soft_wrap=True)
    console.print()


def _print_conflicts(console: Console, plan: Plan) -> None:
    if not plan.conflicting_symbols:
        return
    what = f"[bold]Symbols of several genes: {number(plan.conflicting_symbols)}[/], by the policy {plan.symbol_conflicts}"
    console.print(what)
    for conflict in plan.conflicts:
        others = ", ".join(conflict.others[:3]) + (f" and {len(conflict.others) - 3} more" if len(conflict.others) > 3 else "")
        console.print(f"  {conflict.symbol}: {conflict.winner or 'no gene'} keeps it; {others}", markup=False, soft_wrap=True)
    if plan.conflicting_symbols > len(plan.conflicts):
        console.print(f"  and {number(plan.conflicting_symbols - len(plan.conflicts))} more")
    console.print()


def _print_samples(console: Console, difference: Difference) -> None:
    counts = f"{number(difference.added)} added, {number(difference.removed)} removed, {number(difference.changed)} changed"
    console.print(f"[bold]{escape(difference.relation)}[/]: {counts}")
    for sample in difference.samples:
        console.print(f"  {sample.what}: {_row_text(sample)}", markup=False, soft_wrap=True)


def _row_text(sample: Sample) -> str:
    row = ", ".join(f"{name} {_short(value)}" for name, value in sample.row.items())
    changes = "; ".join(f"{name}: {_short(old)} → {_short(new)}" for name, (old, new) in sample.changes.items())
    return f"{row}{f' ({changes})' if changes else ''}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({counted(len(text), 'character')})"


def _print_stale(console: Console, stale: dict[str, str]) -> None:
    console.print()
    if not stale:
        console.print("Everything is up to date: the next migration would do nothing.")
        return
    print_work(console, stale)


def _print_needs(console: Console, needs: Needs) -> None:
    console.print()
    parts = ", ".join(f"{name} {size(value)}" for name, value in needs.bytes_of.items())
    backup = f"backup about {size(needs.backup_bytes)}" if needs.backup_bytes else "no new backup"
    console.print(f"Disk needed: about {size(needs.disk)} ({parts}, as measured in this run; {backup}).", markup=False, soft_wrap=True)
    whole, *longest = needs.seconds_of.items()
    slow = ", ".join(f"{asset} {duration(spent)}" for asset, spent in longest[:3])
    console.print(
        f"Time needed: {duration(whole[1])} to build and audit, as measured in this run (longest: {slow});", markup=False, soft_wrap=True
    )
    console.print(f"  backup {duration(needs.backup_seconds)} ({needs.backup_from});", markup=False, soft_wrap=True)
    rest = ", ".join(f"{asset} {duration(spent)}" for asset, spent in needs.rest_seconds.items())
    console.print(f"  {rest or 'release and query benchmark: not measured before'}.", markup=False, soft_wrap=True)


def _print_audits(console: Console, plan: Plan) -> None:
    console.print()
    print_findings(console, plan.failures)
    print_warnings(console, plan.failures)
    result = plan.result
    if plan.passed and result is not None:
        facts = f"{counted(result.facts_read, 'fact')} read, {number(result.quarantined)} in quarantine, none without an account"
        console.print(f"[green]Every audit passed; all {counted(result.accounts, 'account')} balance:[/] {facts}.")
    elif result is not None and result.unbalanced:
        print_unbalanced(console, result)
    if not plan.passed:
        console.print("[bold red]A migration would fail in the same way, and release nothing.[/]")
        console.print(f"  Every event of the run: {plan.log_file}", markup=False, soft_wrap=True)


def _print_proof(console: Console, plan: Plan) -> None:
    proof = plan.proof
    counts = (
        f"{counted(proof.relations, 'relation')}, {counted(proof.functions, 'function')} and {counted(proof.schemas, 'schema')} compared"
    )
    if not proof.changed:
        console.print(f"Nothing else was touched: {counts}.")
        return
    console.print(
        f"[yellow]Another session changed the database meanwhile[/] ({counts}); the numbers above are of the dry run's own snapshot:"
    )
    for text in proof.changed[:10]:
        console.print(f"  {text}", markup=False)
