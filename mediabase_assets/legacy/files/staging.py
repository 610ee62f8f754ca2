"""Batches of rows into the legacy table, every large value sent and parsed once per batch.

The same JSON and the same arrays repeat on every transcript of a gene. Each batch goes to the server as slim rows that
hold numbers instead of large values, and as the distinct values under these numbers; one INSERT joins them. On the
real table (227,198 rows, 1.25 GB of JSON text) this takes half the time of COPY with every value written out,
because PostgreSQL parses and compresses 0.16 GB instead.

Contains the staging tables and the naming of the row that PostgreSQL refuses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import LiteralString, NamedTuple

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import errors, sql

from mediabase_assets.legacy.files.arrow_text import LARGE_TYPES, as_text, copy_lines, distinct, escape
from mediabase_assets.model.errors import LegacyFileError
from mediabase_assets.model.legacy import LegacyColumn
from mediabase_assets.postgres.connection import Session

_ROWS = "mediabase_stage_rows"
_VALUES = {"jsonb": "mediabase_stage_json", "text[]": "mediabase_stage_array"}
#: Values from 256 bytes on are compressed when they arrive, and then copied as they are; joins are by hash only.
_STAGE_VALUES: LiteralString = """
    create temporary table {table} (col smallint, id integer, value {kind}) with (toast_tuple_target = 256) on commit drop;
    alter table {table} alter column value set storage main
"""
_SESSION: tuple[LiteralString, ...] = (
    "set local enable_nestloop = off",
    "set local enable_mergejoin = off",
    "set local join_collapse_limit = 1",
)


class Values(NamedTuple):
    """The distinct values of one column of a batch: its position, the rows' numbers, how many values there are."""

    position: int
    indices: pa.Array
    size: int


@dataclass(frozen=True)
class Batch:
    """One batch, ready to be sent.

    Attributes:
        first_row: Number of its first row in the file, from 1.
        size: Number of rows.
        ids: The transcript_ids, to name a row by; None if the file has no such column.
        rows: COPY lines of the slim rows.
        values: By SQL type, the distinct values of each large column.
        lines: By SQL type, COPY lines of these values.
    """

    first_row: int
    size: int
    ids: pa.Array | None
    rows: memoryview
    values: dict[str, list[Values]]
    lines: dict[str, list[memoryview]]


def prepare(batch: pa.RecordBatch, columns: Sequence[LegacyColumn], first_row: int) -> Batch:
    """Turn Arrow columns into COPY lines."""
    slim: list[pa.Array] = []
    values: dict[str, list[Values]] = {kind: [] for kind in LARGE_TYPES}
    lines: dict[str, list[memoryview]] = {kind: [] for kind in LARGE_TYPES}
    for position, (column, array) in enumerate(zip(columns, batch.columns, strict=True)):
        if column.sql_type not in LARGE_TYPES:
            slim.append(escape(as_text(array, column.sql_type)))
            continue
        indices, distinct_values = distinct(array, column.sql_type)
        slim.append(indices.cast(pa.string()))
        values[column.sql_type].append(Values(position, indices, len(distinct_values)))
        tags = pa.array([str(position)] * len(distinct_values), pa.string())
        numbers = pa.array(range(len(distinct_values)), pa.int32()).cast(pa.string())
        lines[column.sql_type].append(copy_lines([tags, numbers, escape(distinct_values)]))
    names = [column.name for column in columns]
    ids = batch.column(names.index("transcript_id")) if "transcript_id" in names else None
    return Batch(first_row, batch.num_rows, ids, copy_lines(slim), values, lines)


class Stage:
    """The staging tables of one load, gone when its transaction ends.

    Args:
        conn: A session inside the transaction in which the table was created.
        schema: The table's schema.
        table: Its name.
        columns: Its columns, in the order of the batches.
        where: The file, for errors.
    """

    def __init__(self, conn: Session, schema: str, table: str, columns: Sequence[LegacyColumn], where: str) -> None:
        self._conn = conn
        self._columns = columns
        self._where = where
        self._insert = _insert_statement(schema, table, columns)
        for statement in _SESSION:
            conn.execute(statement)
        definitions = [sql.SQL("{} {}").format(sql.Identifier(c.name), _slim_type(c)) for c in columns]
        conn.execute(
            sql.SQL("create temporary table {} ({}) on commit drop").format(sql.Identifier(_ROWS), sql.SQL(", ").join(definitions))
        )
        for kind, name in _VALUES.items():
            conn.execute(sql.SQL(_STAGE_VALUES).format(table=sql.Identifier(name), kind=_LARGE_SQL[kind]))

    def add(self, batch: Batch) -> None:
        """Send one batch and insert its rows.

        Raises:
            LegacyFileError: PostgreSQL refuses a value; names row, transcript_id, column and reason.
        """
        self._conn.execute("truncate mediabase_stage_rows, mediabase_stage_json, mediabase_stage_array")
        table = ""
        try:
            with self._conn.cursor() as cursor:
                for table, parts in ((_VALUES[kind], lines) for kind, lines in batch.lines.items()):
                    with cursor.copy(_copy(table)) as copy:
                        for part in parts:
                            copy.write(part)
                table = _ROWS
                with cursor.copy(_copy(table)) as copy:
                    copy.write(batch.rows)
                cursor.execute(self._insert)
        except (psycopg.DataError, errors.StatementTooComplex, errors.ProgramLimitExceeded) as error:
            raise self._refused(error, batch, table) from error

    def drop(self) -> None:
        """Drop the staging tables before the transaction ends."""
        self._conn.execute("drop table mediabase_stage_rows, mediabase_stage_json, mediabase_stage_array")

    def _refused(self, error: psycopg.Error, batch: Batch, table: str) -> LegacyFileError:
        match = re.search(rf"{table}\D+(\d+)(?:\D+?(\w+): )?", error.diag.context or "")
        line = int(match.group(1)) - 1 if match else None
        row, column = line, match.group(2) if match else None
        kind = next((k for k, name in _VALUES.items() if name == table), None)
        if kind is not None and line is not None:
            row, column = self._locate(batch.values[kind], line)
        return LegacyFileError(
            f"PostgreSQL refuses a value{f' of {column}' if column else ''}: {reason(error)}.",
            where=f"{self._where}, {_row_name(batch, row)}" + (f", column {column}" if column else ""),
            next_step="Correct or remove that value in the source and export it again; nothing was loaded.",
        )

    def _locate(self, values: list[Values], line: int) -> tuple[int | None, str]:
        """The first row that uses the value in that line, and its column."""
        ends = list(accumulate(v.size for v in values))
        index = next((i for i, end in enumerate(ends) if line < end), len(values) - 1)
        entry = values[index]
        row = pc.index(entry.indices, pa.scalar(line - (ends[index] - entry.size), entry.indices.type)).as_py()
        return (row if row >= 0 else None), self._columns[entry.position].name


def reason(error: psycopg.Error) -> str:
    """PostgreSQL's own words for why it refuses, in one line."""
    parts = [error.diag.message_primary or str(error), error.diag.message_detail]
    return "; ".join(part.rstrip(".") for part in parts if part)


_LARGE_SQL: dict[str, sql.SQL] = {"jsonb": sql.SQL("jsonb"), "text[]": sql.SQL("text[]")}


def _slim_type(column: LegacyColumn) -> sql.Composable:
    kinds: dict[str, LiteralString] = {
        "double precision": "double precision",
        "bigint": "bigint",
        "numeric": "numeric",
        "text": "text",
    }
    return sql.SQL("integer" if column.sql_type in LARGE_TYPES else kinds[column.sql_type])


def _copy(table: str) -> sql.Composed:
    return sql.SQL("copy {} from stdin").format(sql.Identifier(table))


def _insert_statement(schema: str, table: str, columns: Sequence[LegacyColumn]) -> sql.Composed:
    selected: list[sql.Composable] = []
    joins: list[sql.Composable] = []
    for position, column in enumerate(columns):
        if column.sql_type not in LARGE_TYPES:
            selected.append(sql.Identifier("s", column.name))
            continue
        alias = f"v{position}"
        selected.append(sql.Identifier(alias, "value"))
        joins.append(
            sql.SQL(" left join {values} {alias} on {number} = {own} and {id} = {position}").format(
                values=sql.Identifier(_VALUES[column.sql_type]),
                alias=sql.Identifier(alias),
                number=sql.Identifier(alias, "id"),
                own=sql.Identifier("s", column.name),
                id=sql.Identifier(alias, "col"),
                position=sql.Literal(position),
            )
        )
    return sql.SQL("insert into {} select {} from {} s{}").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(selected), sql.Identifier(_ROWS), sql.Composed(joins)
    )


def _row_name(batch: Batch, row: int | None) -> str:
    if row is None or row >= batch.size:
        return f"rows {batch.first_row} to {batch.first_row + batch.size - 1}"
    name = f"row {batch.first_row + row}"
    if batch.ids is None:
        return name
    return f"{name} (transcript_id {batch.ids[row].as_py()!r})"
