"""How a question is asked: its SQL file, the schemas that it reads, and its answer as a table.

Contains no question. Parameters are values; names of schemas take the places in braces of a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from mediabase_assets.model.patients import DOWN, UP
from mediabase_assets.patients.storing.listing import column_of
from mediabase_assets.postgres.sql_files import Connection, read
from mediabase_assets.settings.load import Settings

SQL = Path(__file__).parent / "sql"
#: An adjusted p value under it is significant.
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Answer:
    """The answer to a question, a table.

    Attributes:
        question: What was asked, one sentence.
        columns: Names of the columns.
        rows: The rows, in the order that the question asks for.
    """

    question: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def without(self, *names: str) -> "Answer":
        """The same without some columns.

        >>> Answer("?", ("a", "b"), ((1, 2),)).without("a")
        Answer(question='?', columns=('b',), rows=((2,),))
        """
        kept = [i for i, name in enumerate(self.columns) if name not in names]
        return Answer(self.question, tuple(self.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in self.rows))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.rows)


def places(conn: Connection, settings: Settings) -> dict[str, sql.Composable]:
    """What takes the places in every SQL file: the two schemas, and the limits of regulation and significance."""
    return {
        "patients": sql.Identifier(conn.workspace.patients),
        "live": sql.Identifier(settings.database.schema_name),
        "up": sql.Literal(UP),
        "down": sql.Literal(DOWN),
        "significant": sql.Literal(SIGNIFICANT),
    }


def statement(conn: Connection, settings: Settings, name: str, **more: sql.Composable) -> sql.Composed:
    """The statement of a file.

    Args:
        conn: A session.
        settings: Which live schema.
        name: Of the file, without ending; with its folder below `sql`.
        more: What takes further places.
    """
    return sql.SQL(read(SQL / f"{name}.sql")).format(**places(conn, settings), **more)


def ask(conn: Connection, settings: Settings, name: str, question: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Answer:
    """The answer to the question of a file.

    Args:
        conn: A session.
        settings: Which live schema.
        name: Of the file.
        question: What it asks, for people.
        parameters: Values of its placeholders.
    """
    return answer(conn, statement(conn, settings, name), question, parameters)


def answer(conn: Connection, query: sql.Composed, question: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Answer:
    """The answer to a statement."""
    cursor = conn.execute(query, parameters or None)
    return Answer(question, tuple(column.name for column in cursor.description or ()), tuple(cursor.fetchall()))


def require_patient(conn: Connection, patient_id: str) -> None:
    """See that there is a patient, and that the role of the session may read it.

    Raises:
        PatientError: There is none of this id.
    """
    column_of(conn, patient_id, "patient_id")
