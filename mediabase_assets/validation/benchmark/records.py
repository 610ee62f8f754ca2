"""The benchmark in `mediabase_ops`: which release was measured, and the rows that keep the measurements.

Contains the access to those rows. Repeating the measurement of a release replaces its rows.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from mediabase_assets.model.errors import BuildError
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.validation.benchmark.findings import milliseconds
from mediabase_assets.validation.benchmark.measuring import Result
from mediabase_assets.validation.benchmark.storage import RelationSize


def newest_release(conn: Connection, asset: str) -> str:
    """The migration whose release is live.

    Raises:
        BuildError: Nothing was released yet.
    """
    # read as JSON, since a database that an earlier version migrated does not have that column
    query = """select migration_id from releases as r where to_jsonb(r) ->> 'rolled_back_at' is null
               order by released_at desc, release_id desc limit 1"""
    try:
        migration_id = conn.value(query)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        migration_id = None
    if migration_id is None:
        raise BuildError(
            "Nothing was released yet, so there is nothing to measure.",
            where=asset,
            next_step="Run the migration, then materialize this asset.",
        )
    return str(migration_id)


def as_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """One row per pair, for people."""
    return [
        {
            "query": r.pair.name,
            "kind": r.pair.kind,
            "question": r.pair.question,
            "legacy ms": milliseconds(r.legacy.seconds),
            "views ms": milliseconds(r.views.seconds),
            "times faster": faster(r),
            "rows": r.views.rows,
            "repetitions": r.views.repetitions,
            "same answer": r.compared,
        }
        for r in results
    ]


def faster(result: Result) -> str:
    """How many times faster the views are, as text; `≥` where the legacy side was stopped, empty where it was not timed."""
    times = result.times_faster
    if times is None:
        return ""
    sign = "≥ " if result.legacy.is_stopped else "≤ " if result.views.is_stopped else ""
    return f"{sign}{times:,.0f}" if times >= 10 else f"{sign}{times:.1f}"


def write(conn: Connection, migration_id: str, results: Sequence[Result], sizes: Sequence[RelationSize]) -> None:
    """Replace the rows of a migration."""
    conn.execute("delete from query_benchmark where migration_id = %s", (migration_id,))
    conn.execute("delete from storage where migration_id = %s", (migration_id,))
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into query_benchmark (migration_id, query, kind, question, legacy_ms, views_ms, times_faster,
                 is_legacy_stopped, repetitions, legacy_rows, views_rows, is_same_answer, comparison)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (migration_id, r.pair.name, r.pair.kind, r.pair.question, milliseconds(r.legacy.seconds), milliseconds(r.views.seconds),
                 r.times_faster, r.legacy.is_stopped, r.views.repetitions, r.legacy.rows, r.views.rows, r.is_same, r.compared)
                for r in results
            ],
        )  # fmt: skip
        cursor.executemany(
            """insert into storage (migration_id, relation_group, relation, heap_bytes, toast_bytes, index_bytes, total_bytes)
               values (%s, %s, %s, %s, %s, %s, %s)""",
            [(migration_id, *s, s.total_bytes) for s in sizes],
        )
