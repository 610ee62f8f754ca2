"""A pg_dump archive or an SQL script into the legacy table.

pg_restore turns the one table of an archive into SQL; that and scripts are read by `sql_script`, and only the rows
reach the database, by COPY. So a dump of an older or newer server loads, with owners or settings unknown here.
"""

import gzip
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

import psycopg
from psycopg import errors, sql

from mediabase_assets.legacy.files.report import FileFormat, Progress
from mediabase_assets.legacy.files.sql_script import Definition, Rows, SqlScript
from mediabase_assets.legacy.files.staging import reason
from mediabase_assets.legacy.table import create_legacy_table, refuse_columns
from mediabase_assets.model.errors import LegacyFileError
from mediabase_assets.model.legacy import LEGACY_TABLE, LegacyColumn, legacy_column
from mediabase_assets.postgres.connect import client_tool
from mediabase_assets.postgres.connection import Session

_ENTRY = re.compile(r"^(\d+; \d+ \d+) (TABLE DATA|TABLE) (.+) (\S+) (\S+)$")
_EXPORT = "Export it again with: pg_dump -Fc -t cancer_transcript_base; nothing was loaded."
_CHUNK = 1 << 18


def load_dump(
    conn: Session,
    path: Path,
    file_format: FileFormat,
    *,
    schema: str,
    table: str,
    progress: Progress | None = None,
) -> tuple[int, tuple[str, ...]]:
    """Create the table and fill it; returns the number of rows, and what else the file holds.

    Has to be called inside a transaction: a failure leaves the table to the rollback.

    Raises:
        LegacyFileError: The file is truncated or holds no legacy table, or PostgreSQL refuses a value.
    """
    script = SqlScript(LEGACY_TABLE, str(path))
    source = _archive(path) if file_format.is_archive else _script(path, file_format)
    loader = _Loader(conn, schema, table, path, progress)
    with source as stream:
        try:
            for part in script.parts(stream):
                loader.take(part)
        except (OSError, EOFError, zlib.error) as error:
            raise LegacyFileError(f"The file is damaged or cut short: {error}.", where=str(path), next_step=_EXPORT) from error
    if script.is_cut_short:
        raise LegacyFileError("The dump is cut short: its last line is missing.", where=str(path), next_step=_EXPORT)
    if not loader.columns:
        names = ", ".join(sorted(script.other_tables)[:20]) or "none"
        raise LegacyFileError(
            f"The file holds no table {LEGACY_TABLE}; the tables that it holds: {names}.",
            where=str(path),
            next_step="Name the file that holds it.",
        )
    ignored = [f"table {name}" for name in sorted(script.other_tables)]
    ignored += [f"{count} x {word}" for word, count in sorted(script.statements.items())]
    return loader.rows, tuple(ignored)


class _Loader:
    """Takes the parts of a script into the table."""

    def __init__(self, conn: Session, schema: str, table: str, path: Path, progress: Progress | None) -> None:
        self._conn = conn
        self._schema = schema
        self._table = table
        self._path = path
        self._progress = progress
        self.columns: list[str] = []
        self.rows = 0

    def take(self, part: Definition | Rows) -> None:
        if isinstance(part, Definition):
            if self.columns:
                what = f"The file defines {LEGACY_TABLE} twice."
                raise LegacyFileError(what, where=str(self._path), next_step=_EXPORT)
            self._create(part.columns)
            return
        if not self.columns:
            if not part.columns:
                raise LegacyFileError(
                    "The file holds rows of the table, but neither its definition nor the names of its columns.",
                    where=str(self._path),
                    next_step=_EXPORT,
                )
            typed = [(name, legacy_column(name)) for name in part.columns]
            self._create(tuple((name, column.sql_type if column else "text") for name, column in typed))
        self._copy(part)

    def _create(self, columns: tuple[tuple[str, str], ...]) -> None:
        refuse_columns([name for name, _ in columns], str(self._path))
        self.columns = [name for name, _ in columns]
        create_legacy_table(self._conn, self._schema, self._table, [LegacyColumn(*column) for column in columns])

    def _copy(self, part: Rows) -> None:
        names = part.columns or tuple(self.columns)
        statement = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(self._schema, self._table), sql.SQL(", ").join(map(sql.Identifier, names))
        )
        first = self.rows
        try:
            self._conn.execute("select set_config('client_encoding', %s, true)", (part.encoding,))
            with self._conn.cursor() as cursor, cursor.copy(statement) as copy:
                for chunk in self._chunks(part.lines):
                    copy.write(chunk)
        except (
            psycopg.DataError,
            errors.StatementTooComplex,
            errors.ProgramLimitExceeded,
            errors.SyntaxError,
        ) as error:
            raise self._refused(error, first) from error
        except errors.UndefinedColumn as error:
            raise LegacyFileError(f"{reason(error)}.", where=str(self._path), next_step=_EXPORT) from error
        self._conn.execute("select set_config('client_encoding', 'UTF8', true)")

    def _chunks(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        pending: list[bytes] = []
        size = 0
        for line in lines:
            pending.append(line)
            size += len(line)
            self.rows += 1
            if size >= _CHUNK:
                yield b"".join(pending)
                pending, size = [], 0
                if self._progress is not None:
                    self._progress(self.rows, None)
        yield b"".join(pending)

    def _refused(self, error: psycopg.Error, first: int) -> LegacyFileError:
        context = (error.diag.context or "").splitlines()
        match = re.search(rf"{re.escape(self._table)}\D+(\d+)(?:\D+?(\w+): )?", context[-1]) if context else None
        row = f"row {first + int(match.group(1))}" if match else f"a row after {first}"
        column = match.group(2) if match else None
        return LegacyFileError(
            f"PostgreSQL refuses a value{f' of {column}' if column else ''}: {reason(error)}.",
            where=f"{self._path}, {row}" + (f", column {column}" if column else ""),
            next_step="Correct or remove that value in the source and export it again; nothing was loaded.",
        )


@contextmanager
def _script(path: Path, file_format: FileFormat) -> Iterator[BinaryIO]:
    with gzip.open(path) if file_format is FileFormat.SQL_GZIP else path.open("rb") as stream:
        yield cast(BinaryIO, stream)


@contextmanager
def _archive(path: Path) -> Iterator[BinaryIO]:
    """The SQL of the one table, from pg_restore; its failure is raised when the stream has been read."""
    entries = _entries(path)
    with tempfile.NamedTemporaryFile("w", suffix=".list") as selection, tempfile.TemporaryFile() as messages:
        selection.write("\n".join(entries) + "\n")
        selection.flush()
        command = [str(client_tool("pg_restore")), "--use-list", selection.name, "--file", "-"]
        command += ["--no-owner", "--no-privileges", "--no-comments", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages) as process:
            try:
                yield cast(BinaryIO, cast(IO[bytes], process.stdout))
                # pg_restore waits for its reader: what follows the table is read and discarded
                while process.stdout is not None and process.stdout.read(1 << 20):
                    pass
                code = process.wait()
            except LegacyFileError as error:
                if not _has_ended(process):
                    raise
                code = process.wait()
                if not code:
                    raise
                raise _unreadable(path, messages) from error  # it failed by itself, and knows better why
            finally:
                process.kill()  # of one that has ended nothing is left to kill
        if code:
            raise _unreadable(path, messages)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has written all that it will write."""
    return process.stdout is None or not process.stdout.read(1)


def _entries(path: Path) -> list[str]:
    """The entries of the table in an archive's table of contents, as pg_restore lists them."""
    done = subprocess.run([client_tool("pg_restore"), "--list", str(path)], capture_output=True, check=False)
    if done.returncode:
        with tempfile.TemporaryFile() as messages:
            messages.write(done.stderr)
            raise _unreadable(path, messages)
    entries: list[re.Match[str]] = [m for m in map(_ENTRY.match, done.stdout.decode().splitlines()) if m]
    wanted = [m for m in entries if m.group(4) == LEGACY_TABLE]
    others = sorted({f"{m.group(3)}.{m.group(4)}" for m in entries if m not in wanted})
    schemas = sorted({m.group(3) for m in wanted})
    if not wanted:
        raise LegacyFileError(
            f"The archive holds no table {LEGACY_TABLE}; the tables that it holds: {', '.join(others[:20]) or 'none'}.",
            where=str(path),
            next_step="Name the archive that holds it.",
        )
    if len(schemas) > 1:
        raise LegacyFileError(
            f"The archive holds {LEGACY_TABLE} in several schemas: {', '.join(schemas)}.",
            where=str(path),
            next_step="Dump the one that is wanted: pg_dump -Fc -t SCHEMA." + LEGACY_TABLE,
        )
    if all(m.group(2) != "TABLE DATA" for m in wanted):
        raise LegacyFileError("The archive holds the table's definition and no rows.", where=str(path), next_step=_EXPORT)
    return [m.group(0) for m in wanted]


def _unreadable(path: Path, messages: IO[bytes]) -> LegacyFileError:
    messages.seek(0)
    text = messages.read().decode(errors="replace").replace("pg_restore: error: ", "").strip()
    return LegacyFileError(
        f"The pg_dump archive is damaged or cut short: {' '.join(text.split())[:500]}",
        where=str(path),
        next_step=_EXPORT,
    )
