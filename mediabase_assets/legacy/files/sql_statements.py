"""An SQL script in statements, as psql splits it: by semicolons outside strings, comments, parentheses and bodies of functions.

Contains the splitting only, by PostgreSQL's lexical rules (documentation, 4.1, and psql's scanner, psqlscan.l); what a statement means
is in `sql_script`. Nothing is executed, and only one statement is kept in memory.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_TOKEN = re.compile(
    rb"""(?P<escape>(?<![\w$\x80-\xff])[eE]')
       | (?P<string>')
       | (?P<name>")
       | (?P<dollar>(?<![\w$\x80-\xff])\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)
       | (?P<remark>--)
       | (?P<comment>/\*)
       | (?P<word>(?<![\w$\x80-\xff])(?:begin|case|end)(?![\w$\x80-\xff]))
       | (?P<sign>[();\\])""",
    re.VERBOSE | re.IGNORECASE,
)
#: From within to behind the closing quote, in one line; possessive, so that a doubled quote is never taken apart.
_ENDS = {
    "escape": re.compile(rb"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'", re.DOTALL),
    "string": re.compile(rb"[^']*+(?:''[^']*+)*+'"),
    "name": re.compile(rb'[^"]*+(?:""[^"]*+)*+"'),
}
_OF_COMMENT = re.compile(rb"/\*|\*/")
_ROUTINE = re.compile(rb"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_DUMP, _DUMP_END = b"-- PostgreSQL database dump", b"-- PostgreSQL database dump complete"


class Statement(NamedTuple):
    """A statement without its comments, with its semicolon; or a command of psql, which begins with a backslash.

    Attributes:
        line: Of the script, in which it begins.
        text: As it stands there.
    """

    line: int
    text: bytes


class UnfinishedError(ValueError):
    """The script ends within a statement."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class Splitter:
    """One pass over a script.

    Attributes:
        line: Lines read so far.
        dumps: How many dumps began in the script.
        finished: How many of them have their closing line.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""
        self._returned: Statement | None = None
        self.line = 0
        self.dumps = 0
        self.finished = 0

    def put_back(self, statement: Statement) -> None:
        """Give a statement again next time."""
        self._returned = statement

    def next(self) -> Statement | None:
        """The next statement; None at the end.

        Raises:
            UnfinishedError: The script ends within one.
        """
        if self._returned is not None:
            statement, self._returned = self._returned, None
            return statement
        return _Scanner(self).statement()

    def copy_lines(self) -> Iterator[bytes]:
        r"""The lines after a COPY statement, without the closing `\.`.

        Raises:
            UnfinishedError: There is no such line.
        """
        began = self.line
        if self._rest.strip():
            raise UnfinishedError(began)
        self._rest = b""
        for line in self._stream:
            self.line += 1
            if line.rstrip(b"\r\n") == b"\\.":
                return
            yield line
        raise UnfinishedError(began)

    def take(self) -> bytes:
        """What follows in this line, or the next line; empty at the end."""
        text, self._rest = self._rest, b""
        if not text:
            text = self._stream.readline()
            self.line += bool(text)
        return text

    def observe(self, remark: bytes) -> None:
        """Count the first and the last line of a dump."""
        self.dumps += remark == _DUMP
        self.finished += remark == _DUMP_END

    def leave(self, text: bytes) -> None:
        """What follows the statement in its line."""
        self._rest = text


class _Scanner:
    """The state within one statement."""

    def __init__(self, source: Splitter) -> None:
        self._source = source
        self._parts: list[bytes] = []
        self._line = 0
        self._quote = ""
        self._tag = b""
        self._parentheses = 0
        self._bodies = 0
        self._comments = 0

    def statement(self) -> Statement | None:
        while text := self._source.take():
            end = self._end(text)
            if end is not None:
                self._source.leave(text[end:])
                return Statement(self._line, b"".join(self._parts).lstrip())
        if self._line or self._comments:
            raise UnfinishedError(self._line or self._source.line)
        return None

    def _end(self, text: bytes) -> int | None:
        """Where the statement ends in this line; None if it goes on in the next."""
        position = self._within(text, 0)
        while position >= 0:
            match = _TOKEN.search(text, position)
            self._keep(text[position : match.start() if match else None])
            if match is None:
                return None
            kind, token = str(match.lastgroup), match.group()
            if kind == "remark":
                self._remark(text, match.start())
                return None
            if token == b"\\" and not self._line:
                self._keep(text[match.start() :].rstrip())
                return len(text)
            self._open(kind, token)
            if kind in ("sign", "word") and self._counted(token.lower()):
                return match.end()
            position = self._within(text, match.end())
        return None

    def _remark(self, text: bytes, start: int) -> None:
        if not self._line and not start:
            self._source.observe(text.rstrip())
        self._keep(b"\n")

    def _open(self, kind: str, token: bytes) -> None:
        """Note what the token opens, and keep it unless it is the beginning of a comment."""
        self._keep(b" " if kind == "comment" else token)
        if kind == "comment":
            self._comments = 1
        elif kind in _ENDS or kind == "dollar":
            self._quote, self._tag = kind, token

    def _within(self, text: bytes, position: int) -> int:
        """Behind the comment or the quotes that are open; -1 if they do not end in this line."""
        while self._comments:
            sign = _OF_COMMENT.search(text, position)
            if sign is None:
                return -1
            self._comments += 1 if sign.group() == b"/*" else -1
            position = sign.end()
        if not self._quote:
            return position
        if self._quote == "dollar":
            found = text.find(self._tag, position)
            end = -1 if found < 0 else found + len(self._tag)
        else:
            match = _ENDS[self._quote].match(text, position)
            end = -1 if match is None else match.end()
        self._parts.append(text[position : None if end < 0 else end])
        self._quote = self._quote if end < 0 else ""
        return end

    def _counted(self, token: bytes) -> bool:
        """Count parentheses and bodies; whether the token ends the statement."""
        if token in b"()":
            self._parentheses = max(self._parentheses + (1 if token == b"(" else -1), 0)
        elif token in (b"begin", b"case", b"end"):
            is_routine = not self._parentheses and _ROUTINE.match(b"".join(self._parts)) is not None
            opens = token == b"begin" or (token == b"case" and self._bodies)
            self._bodies = max(self._bodies + (1 if opens else -1 if token == b"end" else 0), 0) if is_routine else 0
        return token == b";" and not self._parentheses and not self._bodies

    def _keep(self, text: bytes) -> None:
        if not self._line and text.strip():
            self._line = self._source.line
        self._parts.append(text)
