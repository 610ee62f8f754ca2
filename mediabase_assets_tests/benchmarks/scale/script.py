"""SQL scripts for psql made from the project's own statements, and steps of a script in an order in which they can run.

Here belong the two values. Which steps the floor has is `floor_script.py`; nothing here knows about them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg import sql

_COMMENT = re.compile(r"--[^\n]*")
_READ = re.compile(r"(?:\bfrom|\bjoin|,)\s+(?:only\s+)?(\w+)", re.I)


class Script:
    """Takes the place of a session: what is executed on it is noted as text and not run.

    So the functions of the project that only execute, such as `tables.fill`, write their own part of a script.
    """

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self._cursor = psycopg.ClientCursor(conn)
        self.statements: list[str] = []
        self.rowcount = 0

    def execute(self, query: str | sql.Composable, parameters: Sequence[Any] | None = None) -> Self:
        """Note a statement, or several, with its parameters as literals."""
        text = self._cursor.mogrify(query, parameters) if parameters else _text(query, self._cursor.connection)
        text = text.strip()
        if not _COMMENT.sub("", text).rstrip().endswith(";"):
            text += "\n;" if "--" in text.rpartition("\n")[2] else ";"
        self.statements.append(text)
        return self

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.statements) + "\n"


def _text(query: str | sql.Composable, conn: psycopg.Connection[Any]) -> str:
    return query if isinstance(query, str) else query.as_string(conn)


def names_in(text: str, names: Iterable[str]) -> set[str]:
    """Which of these relations an SQL text reads: those after `from`, `join` or a comma, outside comments.

    >>> sorted(names_in("-- from genes\\nselect 'genes' from go_facts join pathways using (id), drugs", ["genes", "go_facts", "drugs"]))
    ['drugs', 'go_facts']
    """
    return set(_READ.findall(_COMMENT.sub("", text))) & set(names)


@dataclass(frozen=True)
class Step:
    """One part of a script, a transaction of its own.

    Attributes:
        name: Its name.
        needs: Steps that must be done before.
        cost: Seconds in proportion to others; decides which comes first, never what is done.
        text: Its SQL.
    """

    name: str
    needs: frozenset[str]
    cost: float
    text: str


def ordered(steps: Sequence[Step]) -> list[Step]:
    """Each after what it needs; among those that could come, the one first that most time still depends on.

    >>> a, b, c = Step("a", frozenset(), 1, ""), Step("b", frozenset(), 2, ""), Step("c", frozenset("a"), 9, "")
    >>> [s.name for s in ordered([b, c, a])]
    ['a', 'c', 'b']
    """
    known = {step.name: step for step in steps}
    ahead: dict[str, float] = {}
    for step in steps:
        _time_ahead(step.name, known, ahead)
    return sorted(steps, key=lambda s: (-ahead[s.name], s.name))


def _time_ahead(name: str, known: Mapping[str, Step], ahead: dict[str, float]) -> float:
    """The length of the longest chain of steps that begins with this one; longer than that of any step after it."""
    if name not in ahead:
        after = [_time_ahead(s.name, known, ahead) for s in known.values() if name in s.needs]
        ahead[name] = max(known[name].cost, 0.001) + max(after, default=0.0)
    return ahead[name]
