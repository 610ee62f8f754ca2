"""What a mistyped symbol may have been: every text that one slip of the keyboard makes of it.

Contains that only. Digits are never changed: CDK1 and CDK2 are two genes, not a mistake.
"""

import string
from collections.abc import Iterator

_LETTERS = string.ascii_uppercase
#: Signs that are taken for each other.
_ALIKE = {"0": "O", "O": "0", "1": "I", "I": "1", "L": "1"}


def variants(symbol: str) -> set[str]:
    """The symbols that are one slip away: a letter left out, doubled, wrong, or changed with the next; a hyphen; O for 0.

    >>> "TP53" in variants("PT53"), "ERBB2" in variants("ERRB2"), "TP53" in variants("TP-53")
    (True, True, True)
    >>> "CDK2" in variants("CDK1")
    False
    """
    text = symbol.upper()
    return set(_slips(text)) - {text, ""}


def _slips(text: str) -> Iterator[str]:
    for at, sign in enumerate(text):
        before, after = text[:at], text[at + 1 :]
        if not sign.isdigit():
            yield before + after
            yield from (before + letter + after for letter in _LETTERS)
        if sign in _ALIKE:
            yield before + _ALIKE[sign] + after
        if after and not (sign.isdigit() and after[0].isdigit()):
            yield before + after[0] + sign + after[1:]
        yield from (before + letter + sign + after for letter in _LETTERS + "-")
    yield from (text + letter for letter in _LETTERS)
