"""The round trip: the legacy table against what the normalized tables say, fact by fact, in a schema that is rolled back.

Contains the steps of the comparison and its result; the rules are in its SQL (`validation/sql/round_trip`), which does not share
relations with the extraction. Rules about single values on which both must agree are one function each (`extraction/sql/rules`): the
census of leaves finds what such a rule misreads. Four comparisons: the rows of
the compatibility view with the legacy rows, the values of its genes with the distinct values of theirs, the entries in
quarantine with the values that they explain, and every normalized table, cell by cell, with what follows from the legacy facts.

NOTE: legacy rows that changed since the snapshot are compared as the snapshot read them; their number is reported.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from mediabase_assets.model.finding import SAMPLE_ROWS, Finding
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, Fate
from mediabase_assets.model.round_trip import sentence_for
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.postgres.parallel import share
from mediabase_assets.postgres.sql_files import Connection, read
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.round_trip.parts import SQL, look_in, make_results, make_scratch, parts_of

EXPLAINED = "every_difference_is_explained"
DERIVED = "every_derived_value_follows_its_rule"
COMPARED = "no_column_is_left_out_of_the_comparison"


@dataclass(frozen=True)
class Explained:
    """Facts of one legacy column that have one explanation.

    Attributes:
        legacy_column: The column.
        explanation: `equal`, `repair`, `merge`, `quarantine`, `archived` or `cannot be inverted`.
        reason: Code of the reason; empty for equal facts.
        facts: How many, each counted for every legacy row that holds it.
    """

    legacy_column: str
    explanation: str
    reason: str
    facts: int

    @property
    def sentence(self) -> str:
        """What a curator reads."""
        return sentence_for(self.explanation, self.reason)


@dataclass(frozen=True)
class RoundTrip:
    """The result of the comparison.

    Attributes:
        explained: Facts that are equal or explained.
        findings: The checks.
        unexplained: Differences without explanation, by legacy column.
        changed_rows: Legacy rows that were added, changed or deleted since the snapshot.
    """

    explained: tuple[Explained, ...]
    findings: tuple[Finding, ...]
    unexplained: dict[str, int]
    changed_rows: int

    def by_column(self) -> list[dict[str, Any]]:
        """One row per legacy column: facts compared, and how they were explained."""
        kinds = ("equal", "repair", "merge", "quarantine", "archived", "cannot be inverted")
        rows = []
        for column in (c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is Fate.CARRIED):
            counts = {k: sum(e.facts for e in self.explained if (e.legacy_column, e.explanation) == (column, k)) for k in kinds}
            open_ = self.unexplained.get(column, 0)
            rows.append({"legacy column": column, "facts compared": sum(counts.values()) + open_, **counts, "unexplained": open_})
        return rows


def compare(conn: Connection, settings: Settings, live_schema: str | None = None, *, sample_rows: int = SAMPLE_ROWS) -> RoundTrip:
    """Compare in one session; its relations are rolled back, and other sessions do not see them.

    Args:
        conn: A session in a transaction that may write.
        settings: Where the legacy table is.
        live_schema: Compare what readers see in this schema, not what was just built.
        sample_rows: How many rows a failed check shows.
    """
    with conn.transaction(force_rollback=True):
        look_in(conn, make_scratch(conn), _schemas(conn, settings, live_schema), is_local=True)
        make_results(conn)
        for each in parts_of(settings):
            each.act(conn)
        return _result(conn, sample_rows)


def compare_shared(sessions: Sequence[Connection], settings: Settings) -> RoundTrip:
    """Compare what was just built, in several sessions; the relations that they share are dropped at the end.

    While it runs, no session may change what was built; the legacy table may be written to.

    Args:
        sessions: Sessions outside a transaction.
        settings: Where the legacy table is.
    """
    first = sessions[0]
    scratch, schemas = make_scratch(first), _schemas(first, settings, None)
    try:
        for session in sessions:
            look_in(session, scratch, schemas, is_local=False)
            session.execute("set synchronous_commit = off")  # these relations do not outlive the comparison
        make_results(first)
        share(sessions, parts_of(settings))
        return _result(first, SAMPLE_ROWS)
    finally:
        with suppress(psycopg.OperationalError):  # the session was lost: the next migration drops it
            first.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(scratch)))


def _schemas(conn: Connection, settings: Settings, live_schema: str | None) -> list[str]:
    """Where the relations to compare, and the records, are."""
    workspace = conn.workspace
    return [workspace.operations, live_schema] if live_schema else [workspace.build, workspace.operations, settings.database.schema_name]


def record(conn: Connection, migration_id: str, result: RoundTrip) -> None:
    """Record the result, replacing that of an earlier attempt of the same migration."""
    conn.execute("delete from round_trip where migration_id = %s", (migration_id,))
    rows = [(migration_id, e.legacy_column, e.explanation, e.reason, e.sentence, e.facts) for e in result.explained]
    rows += [
        (migration_id, column, "unexplained", "", "Nothing explains the difference; the release waits.", facts)
        for column, facts in result.unexplained.items()
    ]
    if result.changed_rows:
        words = "The row changed since the snapshot; it was compared as the snapshot read it, and the next migration takes the change."
        rows.append((migration_id, "transcript_id", "changed since the snapshot", "", words, result.changed_rows))
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into round_trip (migration_id, legacy_column, explanation, reason, sentence, facts)
               values (%s, %s, %s, %s, %s, %s)""",
            rows,
        )


def _result(conn: Connection, sample_rows: int) -> RoundTrip:
    query = "select legacy_column, explanation, reason, sum(facts)::bigint as facts from account group by 1, 2, 3 order by 1, 2, 3"
    explained = tuple(conn.rows(Explained, query))
    unexplained = {str(c): int(n) for c, n in conn.execute("select legacy_column, count(*) from differences group by 1").fetchall()}
    changed_rows = int(conn.value("select count(*) from rows_changed"))
    facts = sum(e.facts for e in explained)
    examined = {"facts compared": facts, "legacy rows changed since the snapshot": changed_rows}
    empty = conn.values(read(SQL / "columns_not_compared.sql"))
    findings = (
        _finding(conn, EXPLAINED, "differences", examined, sample_rows),
        _finding(conn, DERIVED, "derived", {"relations": [r.name for r in RELATIONS]}, sample_rows),
        Finding(
            COMPARED, not empty, {"columns": len({e.legacy_column for e in explained})}, len(empty), tuple({"column": c} for c in empty)
        ),
    )
    return RoundTrip(explained, findings, unexplained, changed_rows)


def _finding(conn: Connection, check: str, relation: str, examined: dict[str, Any], sample_rows: int) -> Finding:
    failures = int(conn.value(sql.SQL("select count(*) from {}").format(sql.Identifier(relation))))
    query = sql.SQL("select to_jsonb(d)::text from {} as d order by 1 limit {}")
    shown = conn.values(query.format(sql.Identifier(relation), sql.Literal(sample_rows)))
    return Finding(check, failures == 0, examined, failures, tuple(map(json.loads, shown)))
