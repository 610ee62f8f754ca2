"""Symbols that a spreadsheet turned into dates: MARCH1 as 1-Mar, SEPT2 as 2-Sep or 2023-09-02.

Contains the forms of such dates and the symbols that they may have been, by names of now and of then. Which one it was is
decided only where the database knows one gene for them.
"""

import datetime
import re

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "mrz": 3, "mars": 3, "apr": 4, "avr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8,
    "sep": 9, "sept": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12, "déc": 12,
}  # fmt: skip
_WORD = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(rf"(\d{{1,2}})[-. /]{{1,2}}({_WORD})[a-z]*\.?([-. /](\d\d|\d{{4}}))?", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"({_WORD})[a-z]*\.?[-. /](\d{{1,2}})", re.IGNORECASE)
_ISO = re.compile(r"(?:19|20)\d\d-(\d\d)-(\d\d)([T ].*)?")
#: One pattern for all of them, for a whole column at once.
PATTERN = (
    rf"(?i)^(\d{{1,2}}[-. /]{{1,2}}({_WORD})[a-z]*\.?([-. /](\d\d|\d{{4}}))?"
    rf"|({_WORD})[a-z]*\.?[-. /]\d{{1,2}}|(19|20)\d\d-\d\d-\d\d([T ].*)?)$"
)
#: Symbols by month; the first names are those of now, then those before 2020.
_SYMBOLS = {
    3: ("MARCHF{n}", "MARCH{n}", "MTARC{n}", "MARC{n}"),
    9: ("SEPTIN{n}", "SEPT{n}", "SEP{n}"),
    10: ("OCT{n}",),
    11: ("NOV{n}",),
    12: ("DELEC{n}", "DEC{n}"),
    4: ("APR{n}",),
    2: ("FEB{n}",),
    8: ("AUG{n}",),
}
_EXCEL_EPOCH = datetime.date(1899, 12, 30)


def candidates_of(text: str) -> tuple[str, ...]:
    """The symbols that a date may have been; none if the text is no date.

    >>> candidates_of("1-Mar"), candidates_of("2023-09-02"), candidates_of("TP53")
    (('MARCHF1', 'MARCH1', 'MTARC1', 'MARC1'), ('SEPTIN2', 'SEPT2', 'SEP2'), ())
    """
    found = _month_and_number(text.strip())
    if found is None:
        return ()
    month, number = found
    return tuple(pattern.format(n=number) for pattern in _SYMBOLS.get(month, ()))


def is_date(text: str) -> bool:
    """Whether a text is a date as spreadsheets write it.

    >>> [is_date(text) for text in ("Mar-03", "06-Sep", "1. Mrz", "MARCH1", "2-Sep-23")]
    [True, True, True, False, True]
    """
    return _month_and_number(text.strip()) is not None


def from_serial(number: int) -> str | None:
    """The date, as text, of a day number of a spreadsheet, if a symbol may have become it; 43525 is 2019-03-01."""
    if not 36526 <= number <= 54788:
        return None
    day = _EXCEL_EPOCH + datetime.timedelta(days=number)
    return day.isoformat() if day.month in (3, 9, 12) and day.day <= 15 else None


def _month_and_number(text: str) -> tuple[int, int] | None:
    if match := _DAY_MONTH.fullmatch(text):
        return _checked(_MONTHS[match[2].casefold()], int(match[1]))
    if match := _MONTH_DAY.fullmatch(text):
        return _checked(_MONTHS[match[1].casefold()], int(match[2]))
    if match := _ISO.fullmatch(text):
        return _checked(int(match[1]), int(match[2]))
    return None


def _checked(month: int, number: int) -> tuple[int, int] | None:
    return (month, number) if 1 <= month <= 12 and 1 <= number <= 31 else None
