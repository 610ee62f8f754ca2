"""The legacy table in a stream of SQL: its definition and its rows; everything else is skipped.

Nothing in a script is ever executed. `SqlScript` reads lines and yields what they hold of the wanted table:
a definition, a COPY block, INSERT statements; of all others it keeps the names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from mediabase_assets.legacy.files.sql_values import NotLiteralError, insert_rows
from mediabase_assets.model.errors import LegacyFileError

_NAME = rb'((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)'
_CREATE = re.compile(rb"\s*CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _NAME + rb"\s*\(", re.I)
_COPY = re.compile(rb"\s*COPY\s+" + _NAME + rb"\s*(?:\((.*?)\))?\s+FROM\s+stdin(.*);\s*$", re.I)
_INSERT = re.compile(rb"\s*INSERT\s+INTO\s+" + _NAME + rb"\s*(?:\(([^()]*)\))?\s*VALUES\s*", re.I)
_OTHER = re.compile(rb"\s*(CREATE|ALTER|DROP|DELETE|UPDATE|TRUNCATE|GRANT|REVOKE|DO|SELECT|CALL|\\\w+)\b", re.I)
_DOLLAR = re.compile(rb"\$(?:[A-Za-z_]\w*)?\$")
_OPENING = re.compile(rb"(?:(?<!\w)([eE]))?'")
_PLAIN_END = re.compile(rb"[^']*(?:''[^']*)*'")
_ESCAPE_END = re.compile(rb"(?:[^'\\]|\\.|'')*'", re.S)
_HOUSEKEEPING = (b"SELECT pg_catalog.set_config(", b"SELECT pg_catalog.setval(", b"\\restrict", b"\\unrestrict")
_OLD_STRINGS = re.compile(rb"\s*SET\s+standard_conforming_strings\s*(?:=|TO)\s*'?off", re.I)
_ENCODING = re.compile(rb"\s*SET\s+client_encoding\s*(?:=|TO)\s*'?([\w-]+)'?\s*;", re.I)
_COLUMN = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([\w$]+))\s+(.+?)\s*$', re.S)
_NO_COLUMN = {"constraint", "primary", "unique", "check", "foreign", "exclude", "like"}
_TYPE = re.compile(
    r"(character varying|varchar|character|char|text|jsonb|json|double precision|real|float8|float4|float|numeric|"
    r"decimal|bigint|integer|int8|int4|int|smallint|boolean|uuid|date|"
    r"timestamp(?: with(?:out)? time zone)?|timestamptz)"
    r"((?:\(\d+(?:,\s*\d+)?\))?)((?:\[\])*)(?![\w(])",
    re.I,
)


class Rows(NamedTuple):
    """Rows of the table as COPY lines; `columns` is empty if the script does not name them."""

    columns: tuple[str, ...]
    lines: Iterator[bytes]
    encoding: str


class Definition(NamedTuple):
    """Columns of the table: name and SQL type, unknown types as text."""

    columns: tuple[tuple[str, str], ...]


@dataclass
class SqlScript:
    """One pass over a script.

    Attributes:
        table: The wanted table, in any schema.
        where: The file, for errors.
        other_tables: Names of other tables that were met.
        statements: Number of other statements by their first word.
    """

    table: str
    where: str
    other_tables: set[str] = field(default_factory=set)
    statements: dict[str, int] = field(default_factory=dict)
    is_dump: bool = False
    is_complete: bool = False
    _full_name: str | None = None
    _encoding: str = "UTF8"
    _pending: bytes = b""

    def parts(self, stream: BinaryIO) -> Iterator[Definition | Rows]:
        """What the script holds of the table, in its order. The lines of `Rows` have to be read before the next part.

        Raises:
            LegacyFileError: The script ends in the middle of the table, or inserts something else than literals.
        """
        while line := self._pending or stream.readline():
            self._pending = b""
            if (match := _COPY.match(line)) is not None:
                rows = self._copy_lines(stream)
                if not self._is_wanted(match.group(1)):
                    for _ in rows:
                        pass
                    continue
                if match.group(3).strip():
                    raise self._error(f"The COPY block has options ({match.group(3).strip().decode()!r})", "plain COPY")
                yield Rows(_names(match.group(2)), rows, self._encoding)
            elif (match := _CREATE.match(line)) is not None:
                text = self._statement(line, stream)
                if self._is_wanted(match.group(1)):
                    yield Definition(_definition(text[match.end() :].decode(errors="replace")))
            elif (match := _INSERT.match(line)) is not None:
                if self._is_wanted(match.group(1)):
                    yield Rows(_names(match.group(2)), self._insert_lines(line, stream), self._encoding)
                else:
                    self._statement(line, stream)
            else:
                self._observe(line)
                self._skip_body(line, stream)

    def _skip_body(self, line: bytes, stream: BinaryIO) -> None:
        """Skip the body of a function: what is quoted by dollars may hold any text."""
        tags = [] if line.startswith(b"--") else _DOLLAR.findall(line)
        while tags:
            tag = tags.pop(0)
            if tag in tags:
                del tags[: tags.index(tag) + 1]
                continue
            for inner in stream:
                if tag in inner:
                    return

    def _copy_lines(self, stream: BinaryIO) -> Iterator[bytes]:
        for line in stream:
            if line.rstrip(b"\r\n") == b"\\.":
                return
            yield line
        raise self._error("The script ends in the middle of the rows", "the line \\.")

    def _statement(self, line: bytes, stream: BinaryIO) -> bytes:
        """A whole statement that begins in this line: it ends with a semicolon outside of quotes."""
        parts = [line]
        quoted = _open_string(line, "")
        while quoted or not parts[-1].rstrip().endswith(b";"):
            line = stream.readline()
            if not line:
                raise self._error("The script ends in the middle of a statement", "its semicolon")
            quoted = _open_string(line, quoted)
            parts.append(line)
        return b"".join(parts)

    def _insert_lines(self, line: bytes, stream: BinaryIO) -> Iterator[bytes]:
        """The rows of an INSERT and of those right after it that begin alike, so that one COPY takes all."""
        match = _INSERT.match(line)
        opening = line[: match.end()] if match else b""
        while line.startswith(opening):
            text = self._statement(line, stream)[len(opening) :].decode("utf-8", "surrogateescape")
            try:
                for row in insert_rows(text):
                    cells = ["\\N" if value is None else _escaped(value) for value in row]
                    yield ("\t".join(cells) + "\n").encode("utf-8", "surrogateescape")
            except (NotLiteralError, UnicodeEncodeError) as error:
                raise self._error(f"An INSERT holds something else than literals, near {str(error)!r}", "literals") from error
            line = stream.readline()
            if not line:
                return
        self._pending = line

    def _is_wanted(self, name: bytes) -> bool:
        parts = [p.replace('""', '"') for p in re.findall(r'"((?:[^"]|"")+)"|([\w$]+)', name.decode()) for p in p if p]
        if parts[-1] != self.table:
            self.other_tables.add(".".join(parts))
            return False
        full = ".".join(parts)
        if self._full_name not in (None, full):
            raise self._error(f"The script holds two such tables, {self._full_name} and {full}", "one table")
        self._full_name = full
        return True

    def _observe(self, line: bytes) -> None:
        if line.startswith(b"--"):
            self.is_dump = self.is_dump or line.startswith(b"-- PostgreSQL database dump")
            self.is_complete = self.is_complete or line.startswith(b"-- PostgreSQL database dump complete")
        elif (match := _ENCODING.match(line)) is not None:
            self._encoding = match.group(1).decode()
        elif _OLD_STRINGS.match(line) is not None:
            raise self._error("The script sets standard_conforming_strings off", "strings of standard SQL")
        elif not line.startswith(_HOUSEKEEPING) and (match := _OTHER.match(line)) is not None:
            word = match.group(1).decode().upper()
            self.statements[word] = self.statements.get(word, 0) + 1

    def _error(self, what: str, missing: str) -> LegacyFileError:
        return LegacyFileError(
            f"{what}; expected {missing}.",
            where=self.where,
            next_step="Copy or export it again, best with: pg_dump -Fc -t " + self.table + "; nothing was loaded.",
        )


def _open_string(line: bytes, state: str) -> str:
    r"""Which kind of string is open at the end of a line: '' for none, 'plain' or 'escape' (E'...').

    >>> _open_string(rb"insert into t values ('C:\', E'it\'s", "")
    'escape'
    """
    position = 0
    while position < len(line):
        if not state:
            match = _OPENING.search(line, position)
            if match is None:
                break
            state = "escape" if match.group(1) else "plain"
        else:
            match = (_PLAIN_END if state == "plain" else _ESCAPE_END).match(line, position)
            if match is None:
                break
            state = ""
        position = match.end()
    return state


def _names(text: bytes | None) -> tuple[str, ...]:
    names = re.findall(r'"((?:[^"]|"")+)"|([\w$]+)', (text or b"").decode())
    return tuple(quoted.replace('""', '"') or plain for quoted, plain in names)


def _definition(body: str) -> tuple[tuple[str, str], ...]:
    """Columns from the text after the opening parenthesis of CREATE TABLE."""
    columns: list[tuple[str, str]] = []
    for part in _split(body):
        match = _COLUMN.match(part)
        if match is None or (match.group(2) or "").lower() in _NO_COLUMN:
            continue
        name = match.group(1).replace('""', '"') if match.group(1) else match.group(2)
        kind = _TYPE.match(match.group(3))
        columns.append((name, "text" if kind is None else kind.group(0).lower()))
    return tuple(columns)


def _split(body: str) -> Iterator[str]:
    """The parts between commas that are in no parentheses, brackets or quotes, up to the closing parenthesis."""
    depth, start, quote = 0, 0, ""
    for position, char in enumerate(body):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]" and depth:
            depth -= 1
        elif char == ")" or (char == "," and not depth):
            yield body[start:position]
            start = position + 1
            if char == ")":
                return


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
