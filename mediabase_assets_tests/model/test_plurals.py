"""Numbers in messages: a plural that is written behind a number is wrong where the number is 1."""

import ast
import re
from pathlib import Path

import pytest

import mediabase_assets

PACKAGE = Path(mediabase_assets.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
_PLURAL = re.compile(r" (?:[a-z]+ )?(?!is\b|was\b|has\b|does\b|as\b|times\b)[a-z]{2,}s\b")
_NUMBERS = re.compile(r"(^|[._])(rows|facts|failures|count|total|relations|transcripts|accounts|nulls|kept)$")


def is_a_number(value: ast.FormattedValue) -> bool:
    """Whether a value in a text is a number of things, as far as its expression tells."""
    if isinstance(value.value, ast.Call):
        return ast.unparse(value.value.func) in ("len", "number", "sum")
    return (value.format_spec is not None and "','" in ast.unparse(value.format_spec)) or bool(_NUMBERS.search(ast.unparse(value.value)))


def hard_plurals(source: str) -> list[str]:
    """Texts with a number and a noun that is a plural whatever the number is: `counted` writes either.

    >>> hard_plurals('f"{len(rows)} rows"'), hard_plurals('f"{n:,} new rows"'), hard_plurals('f"{name} is {rows} rows"')
    (['{len(rows)} rows'], ['{n:,} new rows'], ['{rows} rows'])
    >>> hard_plurals('f"{counted(n, word)} less, {len(a)} of {b}, {seconds:.1f} s, {name} exists"')
    []
    """
    found = []
    for text in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)):
        for value, after in zip(text.values, text.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant) and is_a_number(value):
                plural = _PLURAL.match(str(after.value))
                found += [f"{ast.unparse(ast.JoinedStr([value]))[2:-1]}{plural[0]}"] if plural else []
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_number_is_followed_by_a_plural_that_is_always_written(path):
    assert hard_plurals(path.read_text(encoding="utf-8")) == []
