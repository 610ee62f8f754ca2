"""Whether two answers are the same: their normal form, and what differs.

Contains pure functions over rows. An answer is its rows as dictionaries; the names of columns are part of it, so
that both sides of a pair must use the same. Lists inside a row are sets: the legacy table has no order in them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

Row = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Difference:
    """A row that one side gives and the other does not.

    Attributes:
        side: The side that gives it, `legacy` or `views`.
        row: The row in its normal form.
    """

    side: str
    row: Mapping[str, Any]


def plain(value: Any) -> Any:
    """A value in its normal form: numbers without trailing zeros as text, lists as sorted tuples.

    >>> plain(Decimal("2.50")), plain(2.5), plain(30), plain(["b", "a", "a"]), plain(None), plain(True)
    ('2.5', '2.5', '30', ('a', 'a', 'b'), None, True)
    >>> plain(float("nan")), plain(0.1 + 0.2), plain(0.0)
    ('NaN', '0.3', '0')
    >>> plain(1e30) == "1" + "0" * 30, len(plain(Decimal("1e400")))
    (True, 401)
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
        if not number.is_finite():
            return str(number)
        with localcontext(prec=max(28, number.adjusted() + 10)):  # a numeric of PostgreSQL has up to 131,072 digits
            return format(round(number, 6).normalize(), "f") if number else "0"
    if isinstance(value, (list, tuple)):
        return tuple(sorted((plain(v) for v in value), key=str))
    return str(value)


def normal_form(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Row]:
    """Rows with named, plain values, in the order in which they came.

    >>> normal_form(["gene_id", "drugs"], [("ENSG1", ["b", "a"])])
    [(('gene_id', 'ENSG1'), ('drugs', ('a', 'b')))]
    """
    return [tuple((name, plain(value)) for name, value in zip(columns, row, strict=True)) for row in rows]


def differences(legacy: Sequence[Row], views: Sequence[Row], *, is_ordered: bool) -> list[Difference]:
    """Rows that only one side gives, those of the legacy side first; empty if the answers are the same.

    Without order the answers are compared as multisets, with order place by place.

    >>> a, b = (("x", "1"),), (("x", "2"),)
    >>> differences([a, b], [b, a], is_ordered=False)
    []
    >>> [d.side for d in differences([a, b], [b, a], is_ordered=True)]
    ['legacy', 'legacy', 'views', 'views']
    >>> differences([a, b], [b], is_ordered=False)
    [Difference(side='legacy', row={'x': '1'})]
    """
    if is_ordered:
        legacy = [(("place", str(i)), *row) for i, row in enumerate(legacy, 1)]
        views = [(("place", str(i)), *row) for i, row in enumerate(views, 1)]
    mine, theirs = Counter(legacy), Counter(views)
    missing = [Difference("legacy", dict(row)) for row in (mine - theirs).elements()]
    return missing + [Difference("views", dict(row)) for row in (theirs - mine).elements()]
