"""Cron expressions by their form: five fields in their ranges, and a date that there is.

Dagster, which runs by them, has the last word; but it says so only when its definitions are loaded, and takes some that never
fire. So a mistake is found with the other settings, at the start of every command.
"""

import re
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from mediabase_assets.model.quantities import counted

_WORDS = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
#: Days whose dates are checked: 40 years, so that a 29 February falls on each weekday at least once.
_FIRST, _DAYS = date(2024, 1, 1), 366 * 40
_PART = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    words: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day", 1, 31, {}),
    _Field("month", 1, 12, {word: number for number, word in enumerate(_MONTHS, 1)}),
    _Field("day of the week", 0, 7, {word: number for number, word in enumerate(_WEEKDAYS)}),
)


def cron(value: str) -> str:
    """The expression as it is.

    Args:
        value: What a setting holds.

    Raises:
        ValueError: It is not a cron expression, or names a date that does not exist.

    >>> cron("0 3 * * mon-fri")
    '0 3 * * mon-fri'
    >>> cron("0 0 31 2 *")
    Traceback (most recent call last):
    ValueError: '0 0 31 2 *' never fires: none of its months has such a day
    """
    if value in _WORDS:
        return value
    texts = value.split()
    if len(texts) != len(_FIELDS):
        raise _wrong(value, f"{counted(len(texts), 'field')} instead of five")
    numbers = [_numbers(value, text, field) for text, field in zip(texts, _FIELDS, strict=True)]
    if not any(min(numbers[2]) <= _LONGEST_MONTHS[month - 1] for month in numbers[3]):
        raise ValueError(f"{value!r} never fires: none of its months has such a day")
    return value


@cache
def longest_pause(value: str) -> timedelta:
    """The longest time between two moments that an expression names, clocks that are set forward or back aside.

    Args:
        value: A cron expression.

    Raises:
        ValueError: It is none, or names no date that there is.

    >>> longest_pause("0 3 * * *"), longest_pause("30 4 * * mon-fri"), longest_pause("*/20 8-17 * * *")
    (datetime.timedelta(days=1), datetime.timedelta(days=3), datetime.timedelta(seconds=51600))
    """
    texts = _WORDS.get(cron(value), value).split()
    minutes, hours, days, months, weekdays = (_numbers(value, text, field) for text, field in zip(texts, _FIELDS, strict=True))
    weekdays = {weekday % 7 for weekday in weekdays}
    enough = all if any(text.startswith("*") for text in (texts[2], texts[4])) else any  # one of two restricted fields is enough
    dates = [
        day
        for day in (_FIRST + timedelta(days=n) for n in range(_DAYS))
        if day.month in months and enough((day.day in days, day.isoweekday() % 7 in weekdays))
    ]
    times = [timedelta(hours=hour, minutes=minute) for hour in sorted(hours) for minute in sorted(minutes)]
    within = [later - earlier for earlier, later in pairwise(times)]
    between = [later - earlier - times[-1] + times[0] for earlier, later in pairwise(dates)]
    return max([*within, *between], default=timedelta(days=_DAYS))


def _numbers(value: str, text: str, field: _Field) -> set[int]:
    """The numbers that a field names.

    Raises:
        ValueError: It is not one of this kind.
    """
    found: set[int] = set()
    for part in text.lower().split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise _wrong(value, f"the {field.name} is {text!r}")
        first, last, step = match.groups()
        begin = _number(value, first, field) if first else field.low
        end = _number(value, last, field) if last else begin if first and not step else field.high
        if step and not 1 <= int(step) <= field.high:
            raise _wrong(value, f"the {field.name} has the step {step}")
        whole = [*range(begin, end + 1)] if begin <= end else [*range(begin, field.high + 1), *range(field.low, end + 1)]
        found |= {*whole[:: int(step or 1)]}
    return found


def _number(value: str, text: str, field: _Field) -> int:
    number = field.words.get(text, -1) if text.isalpha() else int(text)
    if not field.low <= number <= field.high:
        raise _wrong(value, f"the {field.name} is {text}")
    return number


def _wrong(value: str, reason: str) -> ValueError:
    return ValueError(f"{value!r} is not a cron expression (minute, hour, day, month, day of the week), such as `0 3 * * *`: {reason}")
