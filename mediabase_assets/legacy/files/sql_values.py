"""Rows of INSERT statements as values, without executing anything.

Only literals are understood: strings, numbers, NULL, booleans, arrays of these, each with or without a cast. Anything
else, such as a function call, is refused: a script is a foreign program.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<cast>::\s*(?:"[^"]+"|\w+)(?:\s+(?:precision|varying))?(?:\(\d+(?:,\d+)?\))?(?:\[\])*)
    | (?P<word>\w+)
    | (?P<sign>[(),;\[\]])
    )""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN_STRING = re.compile(r"\s*'([^']*(?:''[^']*)*)'")
_ESCAPE_STRING = re.compile(r"\s*[eE]'([^'\\]*(?:(?:''|\\.)[^'\\]*)*)'", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class NotLiteralError(ValueError):
    """The statement holds something else than literals."""


def insert_rows(values: str) -> Iterator[list[str | None]]:
    r"""The rows after VALUES, up to the end of the statement.

    Raises:
        NotLiteralError: Something in there is not a literal.

    >>> list(insert_rows("('a''b', NULL, 1.5), (E'x\\ny', '{}'::jsonb, true);"))
    [["a'b", None, '1.5'], ['x\ny', '{}', 'true']]
    """
    position = 0
    while True:
        position = _expect(values, position, "(")
        row: list[str | None] = []
        while True:
            value, position = _value(values, position)
            row.append(value)
            sign, position = _sign(values, position)
            if sign == ")":
                break
            if sign != ",":
                raise NotLiteralError(_near(values, position))
        yield row
        sign, position = _sign(values, position)
        if sign != ",":
            break
    if sign != ";":
        raise NotLiteralError(_near(values, position))


def _value(text: str, position: int) -> tuple[str | None, int]:
    value: str | None
    if (match := _ESCAPE_STRING.match(text, position)) is not None:
        value, position = _unescaped(match.group(1)), match.end()
    elif (match := _PLAIN_STRING.match(text, position)) is not None:
        value, position = match.group(1).replace("''", "'"), match.end()
    else:
        match = _TOKEN.match(text, position)
        if match is None:
            raise NotLiteralError(_near(text, position))
        word = (match.group("word") or "").lower()
        if word == "array":
            value, position = _array(text, match.end())
        elif match.group("number") or word in ("true", "false"):
            value, position = match.group(0).strip(), match.end()
        elif word == "null":
            value, position = None, match.end()
        else:
            raise NotLiteralError(_near(text, position))
    while (match := _TOKEN.match(text, position)) is not None and match.group("cast"):
        position = match.end()
    return value, position


def _array(text: str, position: int) -> tuple[str, int]:
    position = _expect(text, position, "[")
    members: list[str] = []
    match = _TOKEN.match(text, position)
    if match is not None and match.group("sign") == "]":
        return "{}", match.end()
    while True:
        value, position = _value(text, position)
        quoted = "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        members.append(quoted)
        sign, position = _sign(text, position)
        if sign == "]":
            return "{" + ",".join(members) + "}", position
        if sign != ",":
            raise NotLiteralError(_near(text, position))


def _sign(text: str, position: int) -> tuple[str, int]:
    match = _TOKEN.match(text, position)
    if match is None or not match.group("sign"):
        raise NotLiteralError(_near(text, position))
    return match.group("sign"), match.end()


def _expect(text: str, position: int, wanted: str) -> int:
    sign, end = _sign(text, position)
    if sign != wanted:
        raise NotLiteralError(_near(text, position))
    return end


def _unescaped(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        code = match.group(0)
        if code == "''":
            return "'"
        if code[1] in "xuU":
            return chr(int(code[2:], 16))
        if code[1].isdigit():
            return chr(int(code[1:], 8))
        return _ESCAPES.get(code[1], code[1])

    pattern = r"''|\\(?:x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|.)"
    return re.sub(pattern, replaced, text, flags=re.DOTALL)


def _near(text: str, position: int) -> str:
    return text[max(0, position - 1) : position + 40].strip()
