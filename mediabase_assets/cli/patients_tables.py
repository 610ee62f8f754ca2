"""How patients are printed: the report of an import, lists, answers, and JSON.

Contains layout only.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.output import print_error, terminal
from mediabase_assets.model.patients import DOWN, UP, ImportReport
from mediabase_assets.model.quantities import moment, number
from mediabase_assets.patients.batch import Ended
from mediabase_assets.patients.questions.asking import Answer
from mediabase_assets.patients.storing.listing import ListedPatient

#: Texts of a cell are cut to as many characters.
_CELL = 60
#: Reasons and examples that a report shows in full.
_REASONS = 12


def print_ended(console: Console, ended: Sequence[Ended]) -> None:
    """Print the reports of a few imports, and the errors of those that failed."""
    for one in ended:
        if one.loaded is not None:
            print_report(console, one.loaded.report)
            console.print()
    _print_errors(ended)


def print_summary(console: Console, ended: Sequence[Ended]) -> None:
    """Print many imports, one line each, and the errors of those that failed."""
    table = _table("", ("Patient", "File", "Level", "Rows", "Stored", "Known", "Up", "Down", "What changed"), right=(3, 4, 5, 6, 7))
    for one in ended:
        if one.loaded is not None:
            r = one.loaded.report
            table.add_row(
                escape(r.patient_id), escape(_cut(r.file_name)), str(r.level), number(r.rows_read), number(r.stored), f"{r.match_rate:.1%}",
                number(r.up), number(r.down), _changed(r),
            )  # fmt: skip
    if table.row_count:
        console.print(table)
    _print_errors(ended)


def print_report(console: Console, report: ImportReport) -> None:
    """Print what became of a file."""
    console.print(f"[bold]{escape(report.patient_id)}[/]  {escape(report.file_name)}", soft_wrap=True)
    lines = [
        ("Made by", f"{report.tool or 'an unknown tool'}; {report.level}s, {report.scale} scale"),
        ("Columns", ", ".join(f"{role} {header or '(without a header)'}" for role, header in report.columns.items())),
        ("Rows", f"{number(report.rows_read)} read, {number(report.stored)} stored: {_changed(report)}"),
        ("Known ids", f"{report.match_rate:.1%}: {_counts(report.matched) or 'none'}"),
    ]
    lines += [("Unknown ids", f"{number(u.rows)} {u.reason}: {', '.join(u.examples)}") for u in report.unmatched[:_REASONS]]
    if report.duplicates:
        lines.append(("Merged", _counts(report.duplicates)))
    if report.na:
        lines.append(("Without value", _counts(report.na)))
    if report.median is not None:
        values = f"{report.smallest:.4g} to {report.largest:.4g}, median {report.median:.4g}"
        lines.append(("Fold change", f"{values}; {number(report.up)} over {UP:g}, {number(report.down)} under {DOWN:g}"))
    lines += [("Note", note) for note in report.notes]
    print_lines(console, lines)


def print_lines(console: Console, lines: Sequence[tuple[str, str]]) -> None:
    """Print names with texts, which are wrapped beneath themselves."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    before = ""
    for name, text in lines:
        grid.add_row("" if name == before else name, escape(text))
        before = name
    console.print(grid)


def print_list(console: Console, listed: Sequence[ListedPatient]) -> None:
    """Print the patients."""
    names = ("Patient", "Level", "Stored", "Known", "Up", "Down", "Imported", "Genes of", "File")
    table = _table("", names, right=(2, 3, 4, 5))
    for p in listed:
        table.add_row(
            escape(p.patient_id), str(p.level), number(p.stored), f"{p.match_rate:.1%}", number(p.up), number(p.down),
            moment(p.imported_at),
            escape(p.matched_against or ""), escape(_cut(p.file_name)),
        )  # fmt: skip
    console.print(table)


def print_answer(console: Console, answer: Answer, *, title: str = "", limit: int = 50) -> None:
    """Print the answer to a question, its first rows."""
    right = tuple(i for i in range(len(answer.columns)) if any(_is_number(row[i]) for row in answer.rows))
    table = _table(escape(title or answer.question), [name.replace("_", " ") for name in answer.columns], right=right)
    for row in answer.rows[:limit]:
        table.add_row(*(escape(_cell(value)) for value in row))
    console.print(table)
    if not answer.rows:
        console.print("none", style="dim")
    if len(answer) > limit:
        console.print(f"and {number(len(answer) - limit)} more; --json has all", style="dim")


def progress_console(console: Console, *, as_json: bool) -> Console:
    """Where progress goes: with JSON, not to standard output."""
    return terminal(stderr=True) if as_json else console


def print_json(console: Console, value: Any) -> None:
    """Print one JSON document, and nothing else."""
    console.out(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False), highlight=False)


def _plain(value: Any) -> Any:
    """A value as JSON has it: tables as lists of objects, numbers without a value as null."""
    if isinstance(value, Answer):
        return [_plain(row) for row in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _print_errors(ended: Sequence[Ended]) -> None:
    for one in ended:
        if one.error is not None:
            console = terminal(stderr=True)
            console.print(f"[bold]{escape(one.order.patient_id)}[/] was refused; nothing of it is stored.", soft_wrap=True)
            print_error(console, one.error)


def _table(title: str, names: Sequence[str], *, right: Sequence[int] = ()) -> Table:
    table = Table(
        box=None, pad_edge=False, header_style="dim", title=title or None, title_justify="left", title_style="bold", padding=(0, 2, 0, 0),
    )  # fmt: skip
    for i, name in enumerate(names):
        table.add_column(name, justify="right" if i in right else "left", no_wrap=i in right)
    return table


def _changed(report: ImportReport) -> str:
    if report.is_unchanged:
        return "unchanged"
    return f"{number(report.inserted)} new, {number(report.updated)} changed, {number(report.deleted)} deleted"


def _counts(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{number(rows)} {name}" for name, rows in counts.items())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number(value)
    if isinstance(value, (float, Decimal)):
        return f"{float(value):.4g}"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (list, tuple)):
        return _cut(", ".join(map(str, value)))
    return _cut(str(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _cut(text: str) -> str:
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"
