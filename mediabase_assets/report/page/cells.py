"""Tables of the page as values: columns with their kind, cells with the text that people read and the number behind it.

Contains how each kind of value is written; the template lays them out, and escapes every text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mediabase_assets.model.quantities import counted, duration, moment, number, size
from mediabase_assets.report.page.drawings.plots import times

#: Characters of a text in a cell that is not a raw value.
LONGEST = 400
#: Control characters are shown by their symbols: a page must not hold them.
VISIBLE = {**{n: chr(0x2400 + n) for n in range(32) if n not in (9, 10)}, 127: "\u2421"}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: Key of the row.
        label: What its header says.
        kind: `text`, `long` (a text that needs room), `raw` (a value as it was), `code`, or a quantity: `number`, `bytes`, `seconds`,
            `milliseconds`, `times`, `moment`, `percent`; `badge` for an outcome; `markup` for a drawing.
    """

    key: str
    label: str
    kind: str = "text"

    @property
    def css(self) -> str:
        """Its class: quantities stand at the right."""
        return "n" if self.kind in _QUANTITIES else {"long": "t", "raw": "raw", "code": "keep"}.get(self.kind, "")


@dataclass(frozen=True)
class Cell:
    """A cell: its text, the number behind it (None for a text), and how it looks."""

    text: Any
    value: str | None
    css: str
    kind: str
    badge: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes:
        id: Its id on the page.
        caption: What it holds.
        columns: Its columns; the first one is the header of the row.
        rows: Its rows.
        total: The last row, which does not take part in sorting; empty for none.
    """

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = field(default=())


def table(id_: str, caption: str, columns: Sequence[tuple[str, ...]], rows: Iterable[Mapping[str, Any]],
          total: Mapping[str, Any] | None = None) -> Table:  # fmt: skip
    """A table of rows, whose columns are given as (key, label, kind)."""
    made = [Column(*column) for column in columns]
    return Table(
        id_, caption, made, [[_cell(c, row.get(c.key)) for c in made] for row in rows],
        [_cell(c, total.get(c.key)) for c in made] if total else (),
    )  # fmt: skip


def _percent(value: float) -> str:
    return f"{value:.2%}" if abs(value) < 0.1 else f"{value:.1%}"


def _milliseconds(value: float) -> str:
    return f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


_QUANTITIES: dict[str, Callable[[Any], str]] = {
    "number": number, "bytes": size, "seconds": duration, "milliseconds": _milliseconds, "times": times, "percent": _percent,
    "moment": lambda value: moment(datetime.fromisoformat(value)),
}  # fmt: skip
_BADGES = {
    "passed": "good", "excellent": "good", "good": "good", "released": "good", "unchanged": "good", "done": "good",
    "warned": "warn", "acceptable": "warn", "interrupted": "warn", "rolled back": "warn", "running": "warn", "partial": "warn",
    "failed": "bad", "needs attention": "bad", "needs_attention": "bad",
}  # fmt: skip


def badge_of(outcome: str) -> str:
    """The colour of an outcome; the word itself always stands beside it."""
    return _BADGES.get(outcome.lower(), "")


def clean(value: Any, longest: int = LONGEST) -> str:
    r"""A text as the page shows it: control characters visible, no longer than it may be.

    >>> clean("a\x01b"), clean("x" * 500)[-22:], clean(None)
    ('a␁b', 'xxxx… (500 characters)', '')
    """
    if value is None:
        return ""
    text = str(value)
    if len(text) > longest:
        text = f"{text[:longest]}… ({counted(len(text), 'character')})"
    return text.translate(VISIBLE)


def _cell(column: Column, value: Any) -> Cell:
    if column.kind == "markup":
        return Cell(value or "", None, "", "markup")
    if column.kind == "badge":
        return Cell(clean(value), None, "", "badge", badge_of(str(value)))
    if column.kind not in _QUANTITIES:
        return Cell(clean(value), None, column.css, column.kind)
    if value is None or (isinstance(value, str) and column.kind != "moment"):
        return Cell(clean(value), "", column.css, column.kind)
    text = _QUANTITIES[column.kind](value)
    plain = datetime.fromisoformat(value).timestamp() if column.kind == "moment" else value
    return Cell(text, f"{plain}", column.css, column.kind)
