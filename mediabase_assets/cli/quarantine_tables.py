"""How the quarantine is printed: tables that fit the terminal, JSON, and one entry whole.

Contains layout only.
"""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.model.quantities import number
from mediabase_assets.report.quarantine import SHOWN, Entry

#: Terminals of fewer columns get fewer columns of a table.
_WIDE = 110
#: Characters of a raw value that `show` prints.
_RAW = 4000


def table_of(names: Sequence[str], *, right: Sequence[int] = (), cut: Sequence[int] = ()) -> Table:
    """A table as all of the command line has; columns of `cut` are shortened to what is left of the line."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for i, name in enumerate(names):
        table.add_column(
            name, justify="right" if i in right else "left", no_wrap=i in right or i in cut or not cut, overflow="ellipsis",
            ratio=1 if i in cut else None,
        )  # fmt: skip
    return table


def json_text(value: Any) -> str:
    """A value as a JSON document."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def raw_text(entry: Entry) -> str:
    """The raw value in one line: a text as it is, anything else as JSON."""
    value = entry.raw_value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text[:500].split()) if text.strip() else repr(text)


def print_entries(console: Console, entries: Sequence[Entry]) -> None:
    """Print a page of entries, one line each."""
    if console.width >= _WIDE:
        table = table_of(("Id", "Reason", "Gene", "Transcript", "Column", "Path", "Raw value"), cut=(1, 2, 3, 4, 5, 6))
        for i, share in enumerate((None, 4, 4, 4, 4, 4, 6)):
            table.columns[i].ratio = share
    else:
        table = table_of(("Id", "Reason", "Gene", "Column", "Raw value"), cut=(1, 2, 3, 4))
    table.expand = True
    for e in entries:
        gene = e.gene_symbol or e.gene_id or "-"
        cells = (e.reason, gene, e.transcript_id or "-", e.legacy_column, e.json_path, raw_text(e))
        chosen = cells if console.width >= _WIDE else (e.reason, gene, e.legacy_column, raw_text(e))
        table.add_row(e.id[:SHOWN], *map(escape, chosen))
    console.print(table)


def print_entry(console: Console, entry: Entry, legacy: dict[str, Any] | None, winner: dict[str, Any] | None, rules: Sequence[str]) -> None:
    """Print one entry whole."""
    lines = (
        ("Entry", entry.id),
        ("Reason", f"{entry.reason}: {entry.sentence}"), ("Gene", f"{entry.gene_id or 'none'} {entry.gene_symbol or ''}"),
        ("Transcript", entry.transcript_id or "none"), ("Column", f"{entry.legacy_column}, {entry.json_path}"),
        ("Facts", number(entry.fact_count)), ("Set aside by", f"{entry.asset}, migration {entry.migration_id}"),
        ("Winner", entry.winner or "none"), ("Rule", entry.rule_id or "none"),
    )  # fmt: skip
    for name, value in lines:
        console.print(f"[dim]{name:<14}[/]{escape(value.strip())}", soft_wrap=True)
    _print_block(console, "Raw value", entry.raw_value)
    if winner is not None:
        _print_block(console, f"The winner, in {winner['relation']}", {k: v for k, v in winner.items() if k != "relation"})
    if legacy is not None:
        _print_block(console, "The legacy row, without its large values", small(legacy))
    if rules:
        console.print(
            "\n[bold]What you can decide[/]: paste one of these below `rules:` into your file, and fill in the dots", soft_wrap=True
        )
        for text in rules:
            console.print()
            console.out(text, highlight=False)


def small(row: dict[str, Any]) -> dict[str, Any]:
    """A row without values that take more than a line; their names stay."""
    return {k: v if len(json.dumps(v, default=str)) <= 200 else "…" for k, v in row.items() if v not in (None, {}, [])}


def _print_block(console: Console, title: str, value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    console.print(f"\n[bold]{escape(title)}[/]")
    console.out(text[:_RAW] + ("\n… (whole with --json)" if len(text) > _RAW else ""), highlight=False)
