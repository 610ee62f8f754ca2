"""The legacy table in an SQL script: its definition and its rows. What else concerns it is understood or refused; the rest is skipped.

Nothing in a script is ever executed. `SqlScript` yields what the statements of a script hold of the wanted table: a definition, a COPY
block, INSERT statements; of all others it keeps the names. A statement that could change rows of the table in another way is an error
with its line. Splitting is in `sql_statements`, literals are in `sql_values`, what changes nothing in `sql_harmless`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from mediabase_assets.legacy.files.sql_harmless import NAME, changes_rows, is_trigger, parts_between_commas
from mediabase_assets.legacy.files.sql_statements import Splitter, Statement, UnfinishedError
from mediabase_assets.legacy.files.sql_values import NotLiteralError, insert_rows
from mediabase_assets.model.errors import LegacyFileError

_CREATE = re.compile(rb"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + NAME + rb"\s*\(", re.I)
_COPY = re.compile(rb"COPY\s+" + NAME + rb"\s*(?:\((.*?)\))?\s+FROM\s+stdin(.*);\s*$", re.I | re.S)
_INSERT = re.compile(rb"INSERT\s+INTO\s+" + NAME + rb"\s*(?:\(([^()]*)\))?\s*(OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\s*", re.I)
_ON_CONFLICT = re.compile(rb"\s*ON\s+CONFLICT\s+DO\s+NOTHING\s*;$", re.I)
_INTO = re.compile(rb"INSERT\s+INTO\s+" + NAME, re.I)
_WORD = re.compile(rb"\\?\w+|\\.")
_HOUSEKEEPING = (b"SELECT pg_catalog.set_config(", b"SELECT pg_catalog.setval(", b"\\restrict", b"\\unrestrict", b"SET ", b"set ", b";")
_OLD_STRINGS = re.compile(rb"SET\s+(?:SESSION\s+|LOCAL\s+)?standard_conforming_strings\s*(?:=|TO)\s*'?(?:off|false|0)", re.I)
_ENCODING = re.compile(rb"(?:SET\s+client_encoding\s*(?:=|TO)\s*|SET\s+NAMES\s+|\\encoding\s+)'?([\w-]+)", re.I)
_COLUMN = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([\w$]+))\s+(.+?)\s*$', re.S)
_NO_COLUMN = {"constraint", "primary", "unique", "check", "foreign", "exclude"}
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
    is_cut_short: bool = False
    _full_name: str | None = None
    _encoding: str = "UTF8"
    _is_filled: bool = False
    _opened: int | None = None
    _trigger: bool = False

    def parts(self, stream: BinaryIO) -> Iterator[Definition | Rows]:
        """What the script holds of the table, in its order. The lines of `Rows` have to be read before the next part.

        `is_cut_short` says afterwards whether a dump in it lacks its closing line.

        Raises:
            LegacyFileError: The script ends in the middle, or changes rows of the table by something else than COPY and literals.
        """
        source = Splitter(stream)
        try:
            while (statement := source.next()) is not None:
                yield from self._part(source, statement)
        except UnfinishedError as error:
            if source.finished < source.dumps or self._full_name is not None:
                raise self._unfinished(error) from error
            self._count(b"unfinished")  # a file of something else, in which no table is found
        self.is_cut_short = source.finished < source.dumps
        if self._opened is not None and self._is_filled:
            raise self._error("The script ends within a transaction, so its rows were never committed", "COMMIT", self._opened)

    def _part(self, source: Splitter, statement: Statement) -> Iterator[Definition | Rows]:
        text = statement.text
        if (match := _COPY.match(text)) is not None:
            if self._is_wanted(match.group(1), statement):
                if match.group(3).strip():
                    raise self._error(f"The COPY block has options ({_excerpt(match.group(3))})", "plain COPY", statement.line)
                yield self._rows(_names(match.group(2)), source.copy_lines(), statement)
            else:
                for _ in source.copy_lines():
                    pass
        elif (match := _CREATE.match(text)) is not None:
            if self._is_wanted(match.group(1), statement):
                yield self._defined(text[match.end() :], statement)
        elif (match := _INSERT.match(text)) is not None:
            if self._is_wanted(match.group(1), statement):
                yield self._rows(_names(match.group(2)), self._insert_lines(source, statement, text[: match.end()]), statement)
        elif (match := _INTO.match(text)) is not None and not self._is_wanted(match.group(1), statement):
            self._count(b"INSERT")
        else:
            self._observe(statement)

    def _rows(self, names: tuple[str, ...], lines: Iterator[bytes], statement: Statement) -> Rows:
        if self._trigger:
            raise self._error("A trigger or a rule of the table comes before these rows and may change them", "rows first", statement.line)
        self._is_filled = True
        return Rows(names, self._whole(lines), self._encoding)

    def _whole(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from lines
        except UnfinishedError as error:
            raise self._unfinished(error) from error

    def _defined(self, body: bytes, statement: Statement) -> Definition:
        columns = _definition(body.decode(errors="replace"))
        if columns is None:
            raise self._error("The definition takes columns from elsewhere (LIKE, INHERITS, PARTITION OF)", "all columns", statement.line)
        return Definition(columns)

    def _insert_lines(self, source: Splitter, first: Statement, opening: bytes) -> Iterator[bytes]:
        """The rows of an INSERT and of those right after it that begin alike, so that one COPY takes all."""
        statement: Statement | None = first
        while statement is not None and statement.text.startswith(opening):
            text = _ON_CONFLICT.sub(b";", statement.text[len(opening) :]).decode("utf-8", "surrogateescape")
            try:
                for row in insert_rows(text):
                    cells = ["\\N" if value is None else _escaped(value) for value in row]
                    yield ("\t".join(cells) + "\n").encode("utf-8", "surrogateescape")
            except (NotLiteralError, UnicodeEncodeError) as error:
                what = f"An INSERT holds something else than literals, near {str(error)!r}"
                raise self._error(what, "literals", statement.line) from error
            statement = source.next()
        if statement is not None:
            source.put_back(statement)

    def _is_wanted(self, name: bytes, statement: Statement) -> bool:
        parts = list(_names(name))
        if parts[-1] != self.table:
            self.other_tables.add(".".join(parts))
            return False
        full = ".".join(parts)
        if self._full_name not in (None, full):
            raise self._error(f"The script holds two such tables, {self._full_name} and {full}", "one table", statement.line)
        self._full_name = full
        return True

    def _observe(self, statement: Statement) -> None:
        """Note what a statement means for the rows; count those that mean nothing.

        Raises:
            LegacyFileError: It may change rows of the table, or is not understood.
        """
        text = statement.text
        if (match := _ENCODING.match(text)) is not None:
            self._encoding = match.group(1).decode()
        elif _OLD_STRINGS.match(text) is not None:
            raise self._error("The script sets standard_conforming_strings off", "strings of standard SQL", statement.line)
        elif changes_rows(text, self.table, is_filled=self._is_filled):
            what = f"The statement {_excerpt(text)!r} is not understood and may change rows of {self.table}"
            raise self._error(what, "CREATE TABLE, COPY … FROM stdin, and INSERT … VALUES of literals", statement.line)
        elif not text.startswith(_HOUSEKEEPING):
            self._trigger = self._trigger or is_trigger(text, self.table)
            word = self._count((_WORD.match(text) or re.match(rb".", text) or [b""])[0])
            if word in ("BEGIN", "START"):
                self._opened = statement.line
            elif word in ("COMMIT", "END"):
                self._opened = None

    def _count(self, word: bytes) -> str:
        name = word.decode(errors="replace").upper()
        self.statements[name] = self.statements.get(name, 0) + 1
        return name

    def _unfinished(self, error: UnfinishedError) -> LegacyFileError:
        return self._error("The script ends in the middle of a statement or of rows", "its end", error.line)

    def _error(self, what: str, missing: str, line: int) -> LegacyFileError:
        return LegacyFileError(
            f"{what}; expected {missing}.",
            where=f"{self.where}, line {line}",
            next_step="Copy or export it again, best with: pg_dump -Fc -t " + self.table + "; nothing was loaded.",
        )


def _excerpt(text: bytes) -> str:
    """The beginning of a statement in one line."""
    words = " ".join(text[:300].decode(errors="replace").split())
    return words if len(words) <= 80 else f"{words[:80]} …"


def _names(text: bytes | None) -> tuple[str, ...]:
    names = re.findall(r'"((?:[^"]|"")+)"|([\w$]+)', (text or b"").decode())
    return tuple(quoted.replace('""', '"') or plain.lower() for quoted, plain in names)


def _definition(body: str) -> tuple[tuple[str, str], ...] | None:
    """Columns from the text after the opening parenthesis of CREATE TABLE; None if some are defined elsewhere."""
    columns: list[tuple[str, str]] = []
    if re.search(r"\)\s*INHERITS\b", body, re.I):
        return None
    for part in parts_between_commas(body):
        match = _COLUMN.match(part)
        if match is not None and (match.group(2) or "").lower() == "like":
            return None
        if match is None or (match.group(2) or "").lower() in _NO_COLUMN:
            continue
        name = match.group(1).replace('""', '"') if match.group(1) else match.group(2).lower()
        kind = _TYPE.match(match.group(3))
        columns.append((name, "text" if kind is None else kind.group(0).lower()))
    return tuple(columns)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
