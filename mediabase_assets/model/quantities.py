"""How quantities are written for people: numbers, counted things, sizes, durations and times.

Contains the only functions that do so, for metadata, messages, logs, tables and the command line alike.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_SIZES = ("bytes", "kB", "MB", "GB", "TB")

#: A new line within a paragraph of Markdown. A cell is as wide as the widest table above or below it: longer lines would be cut.
BREAK = "  \n"


def number(value: int | None) -> str:
    """A number with thousands separated; empty for None.

    >>> number(385659), number(None)
    ('385,659', '')
    """
    return "" if value is None else f"{value:,}"


def counted(count: int, thing: str, things: str = "") -> str:
    """A number and what it counts, in the singular or plural.

    Args:
        count: How many.
        thing: The singular.
        things: The plural, where it is not the singular with an s.

    >>> counted(1, "row"), counted(0, "row"), counted(1234, "row"), counted(2, "entry", "entries")
    ('1 row', '0 rows', '1,234 rows', '2 entries')
    """
    return f"{number(count)} {thing if count == 1 else things or thing + 's'}"


def row_text(row: Mapping[str, Any]) -> str:
    """A row that shows a failure, in one line of a message.

    >>> row_text({"gene_id": "ENSG00000141510", "symbol": None, "fold_change": 0.25})
    'gene_id ENSG00000141510, symbol NULL, fold_change 0.25'
    """
    return ", ".join(f"{name} {'NULL' if value is None else value}" for name, value in row.items())


def size(value: float | None) -> str:
    """Bytes as a person reads them, in PostgreSQL's units (`pg_size_pretty`): a kB has 1024 bytes. Empty for None.

    The rule: whatever is read is written by this function. Where a number is needed, because Dagster plots it or a
    program reads it, it is an entry of its own whose label ends in "(bytes)" (`runs.results.sized`).

    >>> size(1), size(512), size(1536), size(3 * 2**30), size(None)
    ('1 byte', '512 bytes', '1.5 kB', '3.0 GB', '')
    >>> size(1024 * 1024 - 1), size(5000 * 2**40)
    ('1.0 MB', '5,000.0 TB')
    """
    if value is None:
        return ""
    if value < 1024:
        return counted(int(value), "byte")
    place = 0
    while round(value, 1) >= 1024 and place < len(_SIZES) - 1:
        value /= 1024
        place += 1
    return f"{value:,.1f} {_SIZES[place]}"


def duration(seconds: float | None) -> str:
    """Seconds as a person reads them; empty for None.

    >>> duration(3.14159), duration(75), duration(4000)
    ('3.1 s', '1 min 15 s', '1 h 06 min')
    """
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def moment(at: datetime | float | None, *, with_date: bool = True) -> str:
    """A time with its zone, which is always UTC; empty for None.

    Args:
        at: A time with a zone, or seconds since the epoch.
        with_date: Whether the day is written, too.

    Raises:
        ValueError: The time has no zone, so that the moment is unknown.

    >>> moment(0), moment(0, with_date=False), moment(None)
    ('1970-01-01 00:00:00 UTC', '00:00:00 UTC', '')
    >>> moment(datetime.fromisoformat("2026-11-29T08:31:42+01:00"))
    '2026-11-29 07:31:42 UTC'
    """
    if at is None:
        return ""
    when = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    if when.tzinfo is None:
        raise ValueError(f"{when} has no time zone.")
    return f"{when.astimezone(UTC):{'%Y-%m-%d ' if with_date else ''}%H:%M:%S} UTC"
