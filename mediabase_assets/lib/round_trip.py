"""The round trip: the legacy table against what the normalized tables say, fact by fact, in a schema that is rolled back.

Here belong the steps of the proof and what it found; the rules are in its SQL (`defs/validation/sql/round_trip`), which
shares no relation and no function with the extraction. Four comparisons: the rows of the compatibility view with the
legacy rows, the values of its genes with the distinct values of theirs, the entries in quarantine with the values that
they explain, and every normalized table, cell by cell, with what follows from the legacy facts.

NOTE: legacy rows that somebody changed since the snapshot are compared as the snapshot read them; how many is told.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from mediabase_assets.lib.audit import SAMPLE_ROWS, Finding
from mediabase_assets.lib.content_hash import hash_columns
from mediabase_assets.lib.legacy_table import LegacyDescription, describe_legacy_table
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.snapshot import create_legacy_source
from mediabase_assets.lib.statements import DEFS, Connection, read, run
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, Fate
from mediabase_assets.model.round_trip import sentence_for
from mediabase_assets.model.tables import RELATIONS, Relation

SQL = DEFS / "validation" / "sql" / "round_trip"
COMPAT = "cancer_transcript_base_compat"
COMPAT_FILE = DEFS / "views" / "sql" / f"{COMPAT}.sql"
EXPLAINED = "every_difference_is_explained"
DERIVED = "every_derived_value_follows_its_rule"
COMPARED = "no_column_is_left_out_of_the_comparison"
#: In this order: each reads what the ones before made.
READING = ("results", "readers")
COMPARISONS = (
    "expected_genes", "transcripts", "go", "annotations", "pathways", "identifiers", "drugs", "pharmgkb", "references", "remaining",
    "expected_tables",
)  # fmt: skip


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
    """What the proof found.

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
    """Compare; nothing of what this makes stays.

    Args:
        conn: A session in a transaction that may write.
        settings: Where the legacy table is.
        live_schema: Compare what readers see in this schema, not what was just built.
        sample_rows: How many rows a failed check shows.
    """
    with _scratch(conn, settings, live_schema):
        for name in READING:
            run(conn, SQL / f"{name}.sql")
        _read_both_sides(conn, settings)
        for name in COMPARISONS:
            run(conn, SQL / f"{name}.sql")
        _compare_tables(conn)
        return _told(conn, sample_rows)


@contextmanager
def _scratch(conn: Connection, settings: Settings, live_schema: str | None) -> Iterator[None]:
    """A schema of its own, first in the search path, rolled back at the end."""
    seen = [live_schema] if live_schema else [conn.workspace.build, settings.database.schema_name]
    seen.insert(len(seen) - 1, conn.workspace.operations)
    with conn.transaction(force_rollback=True):
        row = conn.execute("select format('mediabase_round_trip_%s', pg_backend_pid())").fetchone()
        scratch = sql.Identifier(str(row and row[0]))
        conn.execute(sql.SQL("create schema {}").format(scratch))
        path = sql.SQL(", ").join([scratch, *(sql.Identifier(s) for s in seen)])
        conn.execute(sql.SQL("set local search_path = {}").format(path))
        yield


def _read_both_sides(conn: Connection, settings: Settings) -> None:
    """The legacy table in one pass, and the compatibility view from its file."""
    schema, table = settings.database.source_schema, settings.database.legacy_table
    legacy = describe_legacy_table(conn, schema, table)
    conn.execute(create_legacy_source(legacy, hash_columns(conn, schema, table, include_timestamps=True), schema, table))
    conn.execute(_create_legacy_large(legacy, schema, table))
    conn.execute(sql.SQL("create view {} as {}").format(sql.Identifier(COMPAT), sql.SQL(read(COMPAT_FILE))))
    run(conn, SQL / "legacy_read.sql")
    has_snapshot = _snapshot_is_there(conn)
    if has_snapshot:
        _run_on_snapshot(conn, SQL / "rows_of_snapshot.sql")
    else:
        conn.execute("create unlogged table rows_changed (transcript_id text, how text)")
    run(conn, SQL / "legacy_rows_resolved.sql")
    run(conn, SQL / "legacy_values.sql")
    if has_snapshot:
        _run_on_snapshot(conn, SQL / "values_of_snapshot.sql")
    run(conn, SQL / "view_values.sql")


def _create_legacy_large(legacy: LegacyDescription, schema: str, table: str) -> sql.Composed:
    """A view of the large values alone, NULL where the table has no such column: simple enough to be joined on several cores."""
    columns = [
        sql.SQL("{}::{} as {}").format(
            sql.Identifier(c.name) if c.name in (legacy.columns or {}) else sql.NULL,
            sql.SQL("jsonb") if c.is_json else sql.SQL("text[]"),
            sql.Identifier(c.name),
        )
        for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS)
        if c.fate is Fate.CARRIED and (c.is_json or c.is_array)
    ]
    return sql.SQL("create view legacy_large as select {columns}, ctid as legacy_ctid from {table}").format(
        columns=sql.SQL(", ").join(columns), table=sql.Identifier(schema, table)
    )


def _snapshot_is_there(conn: Connection) -> bool:
    row = conn.execute("select to_regclass(%s) is not null", (f"{conn.workspace.build}.legacy_rows",)).fetchone()
    if not (row and row[0]):
        return False
    found = conn.execute(sql.SQL("select exists (select from {})").format(sql.Identifier(conn.workspace.build, "legacy_rows"))).fetchone()
    return bool(found and found[0])


def _run_on_snapshot(conn: Connection, path: Path) -> None:
    """Run a file that reads relations of the snapshot, which a session on the live tables does not see by itself."""
    for name in ("legacy_rows", "legacy_payloads"):
        names = (sql.Identifier(name), sql.Identifier(conn.workspace.build, name))
        conn.execute(sql.SQL("create or replace view {} as select * from {}").format(*names))
    run(conn, path)


def _compare_tables(conn: Connection) -> None:
    """Every stored relation against expected__<relation>, cell by cell."""
    for relation in RELATIONS:
        expected = f"expected__{relation.name}"
        rows = conn.execute("select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", (expected,)).fetchall()
        columns = [c for c in relation.columns if (c,) in rows]
        conn.execute(_cells_that_differ(relation, columns))
    found = sql.SQL(" union all ").join(sql.SQL("select * from {}").format(sql.Identifier(f"derived__{r.name}")) for r in RELATIONS)
    conn.execute(sql.SQL("create view derived (relation, key, column_name, found, expected) as {}").format(found))


def _cells_that_differ(relation: Relation, columns: list[str]) -> sql.Composed:
    """Make derived__<relation>: what differs between a relation and its expectation; missing rows, rows too many, cells.

    A table of its own, because PostgreSQL looks for rows to insert on one core only.
    """
    found, expected = sql.Identifier("n"), sql.Identifier("x")
    others = [c for c in columns if c not in relation.key]

    def names(alias: sql.Identifier, chosen: list[str] | tuple[str, ...]) -> sql.Composed:
        return sql.SQL(", ").join(sql.SQL("{}.{}").format(alias, sql.Identifier(c)) for c in chosen)

    cells = [
        sql.SQL("({}, {}.{}::text, {}.{}::text)").format(sql.Literal(c), found, sql.Identifier(c), expected, sql.Identifier(c))
        for c in others
    ]
    a_row = "case when {}.is_there then 'a row' else 'no row' end"
    cells.append(sql.SQL(f"('(row)', {a_row}, {a_row})").format(found, expected))
    differs = (
        sql.SQL("row({}) is distinct from row({})").format(names(found, others), names(expected, others)) if others else sql.SQL("false")
    )
    return sql.SQL(
        """create unlogged table {made} as
           select {name} as relation,
             case when n.is_there then concat_ws(' | ', {key}) else concat_ws(' | ', {expected_key}) end as key, c.*
           from (select *, true as is_there from {relation}) as n
           full join (select *, true as is_there from {expectation}) as x on {match}
           cross join lateral (values {cells}) as c (column_name, found, expected)
           where (n.is_there is null or x.is_there is null or {differs})
             and c.found is distinct from c.expected and (c.column_name = '(row)') = (n.is_there is null or x.is_there is null)"""
    ).format(
        made=sql.Identifier(f"derived__{relation.name}"), name=sql.Literal(relation.name), key=names(found, relation.key),
        expected_key=names(expected, relation.key), relation=sql.Identifier(relation.name),
        expectation=sql.Identifier(f"expected__{relation.name}"),
        match=sql.SQL(" and ").join(
            sql.SQL("{}.{} = {}.{}").format(found, sql.Identifier(c), expected, sql.Identifier(c)) for c in relation.key
        ),
        cells=sql.SQL(", ").join(cells), differs=differs,
    )  # fmt: skip


def record(conn: Connection, migration_id: str, found: RoundTrip) -> None:
    """Note what was found, replacing what an earlier attempt of the same migration noted."""
    conn.execute("delete from round_trip where migration_id = %s", (migration_id,))
    rows = [(migration_id, e.legacy_column, e.explanation, e.reason, e.sentence, e.facts) for e in found.explained]
    rows += [
        (migration_id, column, "unexplained", "", "Nothing explains the difference; the release waits.", facts)
        for column, facts in found.unexplained.items()
    ]
    if found.changed_rows:
        words = "The row changed since the snapshot; it was compared as the snapshot read it, and the next migration takes the change."
        rows.append((migration_id, "transcript_id", "changed since the snapshot", "", words, found.changed_rows))
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into round_trip (migration_id, legacy_column, explanation, reason, sentence, facts)
               values (%s, %s, %s, %s, %s, %s)""",
            rows,
        )


def _told(conn: Connection, sample_rows: int) -> RoundTrip:
    explained = tuple(
        Explained(str(column), str(kind), str(reason), int(facts))
        for column, kind, reason, facts in conn.execute(
            "select legacy_column, explanation, reason, sum(facts)::bigint from account group by 1, 2, 3 order by 1, 2, 3"
        ).fetchall()
    )
    unexplained = {str(c): int(n) for c, n in conn.execute("select legacy_column, count(*) from differences group by 1").fetchall()}
    changed = conn.execute("select count(*) from rows_changed").fetchone()
    changed_rows = int(changed[0]) if changed else 0
    facts = sum(e.facts for e in explained)
    examined = {"facts compared": facts, "legacy rows changed since the snapshot": changed_rows}
    empty = [str(c) for (c,) in conn.execute(read(SQL / "columns_not_compared.sql")).fetchall()]
    findings = (
        _finding(conn, EXPLAINED, "differences", examined, sample_rows),
        _finding(conn, DERIVED, "derived", {"relations": [r.name for r in RELATIONS]}, sample_rows),
        Finding(
            COMPARED, not empty, {"columns": len({e.legacy_column for e in explained})}, len(empty), tuple({"column": c} for c in empty)
        ),
    )
    return RoundTrip(explained, findings, unexplained, changed_rows)


def _finding(conn: Connection, check: str, relation: str, examined: dict[str, Any], sample_rows: int) -> Finding:
    row = conn.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(relation))).fetchone()
    failures = int(row[0]) if row else 0
    shown = conn.execute(
        sql.SQL("select to_jsonb(d)::text from {} as d order by 1 limit {}").format(sql.Identifier(relation), sql.Literal(sample_rows))
    ).fetchall()
    return Finding(check, failures == 0, examined, failures, tuple(json.loads(text) for (text,) in shown))
