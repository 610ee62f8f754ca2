"""Timing and comparing: each pair on one read-only session with the server's own settings.

Contains what is run and how often. Time is that of the client, from sending a statement to receiving its last row, both sides
over the same connection. Before the timing, both answers are fetched once and compared, which warms the caches; then the sides
take turns, equally often, and medians count. (Repeating one short statement without turns would be up to ten times faster, from
the processor's own caches, which are not warm for a reader.) The migration's session settings are not in effect.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.query_pairs import QueryPair
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.session import build_error
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.benchmark import answers, questions

#: Errors that mean that the legacy table cannot answer a question, given its state.
_CANNOT = (
    psycopg.DataError, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction, psycopg.errors.DatatypeMismatch,
    # collations of the table: LIKE on one that is not deterministic, two that conflict
    psycopg.errors.FeatureNotSupported, psycopg.errors.IndeterminateCollation, psycopg.errors.CollationMismatch,
)  # fmt: skip


class Effort(NamedTuple):
    """How much time the benchmark may take.

    Attributes:
        repetitions: Timed runs of each side; slow pairs get fewer, those of a few milliseconds five times as many, so that
            a burst of other work on the machine does not decide.
        seconds_per_pair: About how long the repetitions of one pair may take.
        seconds: About how long the whole benchmark may take; when they are spent, each pair gets half of that.
        longest: Seconds after which a single statement is stopped.
    """

    repetitions: int = 5
    seconds_per_pair: float = 1.6
    seconds: float = 20.0
    longest: float = 10.0


@dataclass(frozen=True)
class Side:
    """The measurement of one side.

    Attributes:
        seconds: Median; the limit where the statement was stopped; None where it was not timed.
        repetitions: Timed runs.
        rows: Rows of the answer (of what is counted, for a counted pair); None without one.
        note: Why there is no answer; empty if there is one.
        is_stopped: The statement took longer than it may.
    """

    seconds: float | None = None
    repetitions: int = 0
    rows: int | None = None
    note: str = ""
    is_stopped: bool = False


@dataclass(frozen=True)
class Result:
    """The result of one pair.

    Attributes:
        pair: The question.
        legacy: The legacy table's side.
        views: The views' side.
        compared: How the answers compare, in words.
        is_same: Whether they agree; None if they were not compared.
        unexplained: Rows in which they differ without a repair or quarantine that explains it.
        explained: Rows in which they differ because the migration read damaged facts.
    """

    pair: QueryPair
    legacy: Side
    views: Side
    compared: str
    is_same: bool | None = None
    unexplained: tuple[answers.Difference, ...] = field(default=())
    explained: int = 0

    @property
    def times_faster(self) -> float | None:
        """Legacy over views; None where a side was not timed."""
        return ratio(self.legacy.seconds, self.views.seconds)


class Answer(NamedTuple):
    """An answer in its normal form, or why there is none."""

    rows: list[answers.Row] | None
    seconds: float
    note: str = ""
    is_stopped: bool = False


def ratio(legacy: float | None, views: float | None) -> float | None:
    """How many times faster the views are.

    >>> ratio(2.0, 0.5), ratio(None, 0.5), ratio(0.1, 0.2)
    (4.0, None, 0.5)
    """
    return legacy / views if legacy is not None and views else None


def repetitions(seconds: float, effort: Effort, spent: float) -> int:
    """How often a pair is timed whose two sides take that long together.

    >>> [repetitions(s, Effort(), spent=0) for s in (0.001, 0.1, 0.5, 0.9, 3.0)]
    [25, 5, 3, 2, 2]
    >>> repetitions(0.3, Effort(), spent=30), repetitions(0.02, Effort(), spent=30)
    (2, 5)
    """
    in_time = spent < effort.seconds
    budget = effort.seconds_per_pair / (1 if in_time else 2)
    most = effort.repetitions * (5 if seconds < 0.01 else 1)
    return max(min(2, most) if in_time else 1, min(most, int(budget / max(seconds, 1e-6))))


@contextmanager
def reading_session(settings: Settings, effort: Effort) -> Iterator[Connection]:
    """A read-only session with the settings of any reader, except for a limit on the time of a statement."""
    conn = connect(settings, application_name="mediabase query benchmark", autocommit=True)
    with conn:
        conn.prepare_threshold = None  # a reader's query is planned each time
        path = (sql.Identifier(s) for s in (settings.database.schema_name, conn.workspace.operations))
        conn.execute(sql.SQL("set search_path = {}").format(sql.SQL(", ").join(path)))
        conn.execute("select set_config('statement_timeout', %s, false)", (f"{round(effort.longest * 1000)}ms",))
        conn.execute("set default_transaction_read_only = on")
        try:
            yield conn
        except psycopg.Error as error:
            raise build_error(error, "validation/query_benchmark") from error


def measure(
    conn: Connection,
    pairs: tuple[QueryPair, ...],
    legacy: sql.Identifier | None,
    effort: Effort,
    tell: Callable[[int, Result], None] = lambda number, result: None,
) -> list[Result]:
    """Time and compare every pair.

    Args:
        conn: From `reading_session`.
        pairs: The questions.
        legacy: The legacy table; None if it cannot be read, so that only the views are timed.
        effort: How much time it may take.
        tell: Called with the number and the result of each pair.

    Raises:
        BuildError: A view of the release does not exist.
    """
    started = time.monotonic()
    results = []
    for number, pair in enumerate(pairs, 1):
        try:
            results.append(_measure(conn, pair, legacy, effort, started))
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise BuildError(
                f"The question {pair.name} cannot be asked: {error.diag.message_primary}.",
                where="validation/query_benchmark",
                next_step="Materialize the views and the release, then this asset again.",
            ) from error
        tell(number, results[-1])
    return results


def _measure(conn: Connection, pair: QueryPair, legacy: sql.Identifier | None, effort: Effort, started: float) -> Result:
    theirs = _answer(conn, questions.selected(pair, "views", sql.SQL("")))
    if legacy is None or not pair.is_comparable:
        note = pair.not_comparable or "The legacy table does not exist or may not be read."
        k = repetitions(theirs.seconds, effort, time.monotonic() - started)
        (seconds,) = _times(conn, [questions.timed(pair, "views", sql.SQL(""))], k) if theirs.rows is not None else (None,)
        return Result(pair, Side(note=note), _side(theirs, seconds, k, effort), f"not comparable: {note}")
    mine = _answer(conn, questions.selected(pair, "legacy", legacy), may_refuse=True)
    k = repetitions(mine.seconds + theirs.seconds, effort, time.monotonic() - started)
    statements = {
        side: questions.timed(pair, side, legacy) for side, answer in (("legacy", mine), ("views", theirs)) if answer.rows is not None
    }
    medians = dict(zip(statements, _times(conn, list(statements.values()), k), strict=True))
    sides = (_side(mine, medians.get("legacy"), k, effort), _side(theirs, medians.get("views"), k, effort))
    return _compared(conn, pair, legacy, mine, theirs, sides)


def _side(answer: Answer, seconds: float | None, k: int, effort: Effort) -> Side:
    if answer.rows is None:
        return Side(effort.longest if answer.is_stopped else None, 0, None, answer.note, answer.is_stopped)
    return Side(seconds, k, len(answer.rows))


def _times(conn: Connection, statements: list[sql.Composed], k: int) -> tuple[float, ...]:
    """Medians of statements that take turns."""
    times: list[list[float]] = [[] for _ in statements]
    for _ in range(k):
        for place, statement in enumerate(statements):
            started = time.perf_counter()
            with suppress(psycopg.errors.QueryCanceled):  # the first time it was not; the limit is its time
                conn.execute(statement).fetchall()
            times[place].append(time.perf_counter() - started)
    return tuple(median(t) for t in times)


def _answer(conn: Connection, query: sql.Composed, *, may_refuse: bool = False) -> Answer:
    """The rows of a query in their normal form; errors of the legacy table and the time limit are answers, too."""
    started = time.perf_counter()
    try:
        cursor = conn.execute(query)
        rows: list[Any] = cursor.fetchall()
    except psycopg.errors.QueryCanceled:
        seconds = time.perf_counter() - started
        return Answer(None, seconds, f"stopped after {seconds:.0f} s", is_stopped=True)
    except _CANNOT as error:
        if not may_refuse:
            raise
        return Answer(None, time.perf_counter() - started, f"the legacy table cannot answer: {error.diag.message_primary}")
    seconds = time.perf_counter() - started
    columns = [d.name for d in cursor.description or ()]
    cursor.close()  # frees the rows as the server sent them
    return Answer(answers.normal_form(columns, _taken(rows)), seconds)


def _taken(rows: list[Any]) -> Iterator[Any]:
    """The rows in their order, each released when it is taken, so that an answer is in memory once."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _compared(conn: Connection, pair: QueryPair, legacy: sql.Identifier, mine: Answer, theirs: Answer, sides: tuple[Side, Side]) -> Result:
    """Compare: first the answers as they are, then on the rows that the migration kept, then without damaged genes."""
    if mine.rows is None or theirs.rows is None:
        return Result(pair, *sides, compared=f"not compared: {mine.note or theirs.note}")
    if not answers.differences(mine.rows, theirs.rows, is_ordered=pair.is_ordered):
        return Result(pair, *sides, compared="the same", is_same=True)
    kept = _answer(conn, questions.selected(pair, "legacy", questions.kept_rows(pair, legacy)), may_refuse=True)
    if kept.rows is None:
        return Result(pair, *sides, compared=f"not compared: {kept.note}")
    differences = answers.differences(kept.rows, theirs.rows, is_ordered=pair.is_ordered)
    if not differences:
        return Result(pair, *sides, compared="the same without quarantined rows", is_same=True)
    damaged = questions.genes_read_otherwise(conn, pair)
    unexplained = tuple(d for d in differences if d.row.get("gene_id") not in damaged)
    compared = "the same but for damaged facts" if not unexplained else "different"
    return Result(pair, *sides, compared, not unexplained, unexplained, len(differences) - len(unexplained))
