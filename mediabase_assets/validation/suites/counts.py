"""Rows of each table, biotype and source: counted, recorded with every migration, and those of the release before.

Contains the access to `release_counts`; what a loss means is in `floors`. Only the counts of migrations that were released and not rolled
back are compared with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.postgres.sql_files import Connection, is_there, looking_in, read

_SQL = Path(__file__).parents[1] / "sql" / "suites"
FILE = _SQL / "group_counts.sql"
#: Groupings beside the first one of a table; they do not count for its total.
_FURTHER = ("transcript_type",)
# read as JSON, since a database that an earlier version migrated does not have that column
_RELEASES: LiteralString = """
    select migration_id from {} as r where to_jsonb(r) ->> 'rolled_back_at' is null
    order by released_at desc, release_id desc limit 1"""


@dataclass(frozen=True)
class Counts:
    """Rows of a release.

    Attributes:
        release: Its migration.
        rows: Rows by the name of the group.
        note: What is not known, a sentence; empty if everything is.
    """

    release: str
    rows: Mapping[str, int]
    note: str = ""


def count_groups(conn: Connection) -> dict[str, int]:
    """Rows by group, of the tables that the session sees; `table` alone is all of its rows."""
    counts: dict[str, int] = {}
    for relation, what, value, rows in conn.execute(sql.SQL(read(FILE))).fetchall():
        if what not in _FURTHER:
            counts[relation] = counts.get(relation, 0) + rows
        if what:
            counts[f"{relation}/{what}={value}"] = rows
    for name in (*(r.name for r in RELATIONS), "transcript_go_terms"):
        counts.setdefault(name, 0)  # a table without rows has no groups
    return counts


def record(conn: Connection, migration_id: str, counts: Mapping[str, int]) -> None:
    """Record the counts of a migration, replacing those of an earlier attempt."""
    conn.execute("delete from release_counts where migration_id = %s", (migration_id,))
    conn.execute(
        "insert into release_counts (migration_id, group_name, row_count) select %s, * from unnest(%s::text[], %s::bigint[])",
        (migration_id, list(counts), list(counts.values())),
    )


def newest_release(conn: Connection, operations: str) -> str | None:
    """The newest release that was not rolled back; None if there is none."""
    if not is_there(conn, operations, "releases"):
        return None
    release: str | None = conn.value(sql.SQL(_RELEASES).format(sql.Identifier(operations, "releases")))
    return release


def of_release(conn: Connection, operations: str, live_schema: str, release: str) -> Counts:
    """The counts of a release.

    Of one that an earlier version made, the rows of its tables are recorded, and its groups are counted in the live tables where these
    have as many rows.

    Args:
        conn: A session in a transaction.
        operations: The schema of its records.
        live_schema: Where its tables are.
        release: Its migration.
    """
    if is_there(conn, operations, "release_counts"):
        recorded = _pairs(conn, operations, "select group_name, row_count from {} where migration_id = %s", "release_counts", release)
        if recorded:
            return Counts(release, recorded)
    tables = _pairs(conn, operations, "select relation, row_count from {} where release_id = %s", "release_relations", release)
    if not all(is_there(conn, live_schema, r.name) for r in RELATIONS):
        return Counts(release, tables, "Of its groups nothing is known.")
    with looking_in(conn, live_schema):
        live = count_groups(conn)
    same = {name for name, rows in tables.items() if live.get(name) == rows}
    known = tables | {group: rows for group, rows in live.items() if group.partition("/")[0] in same}
    left_out = sorted(set(tables) - same)
    note = f"Groups of {', '.join(left_out)} were not recorded and are not compared." if left_out else ""
    return Counts(release, known, note)


def _pairs(conn: Connection, schema: str, query: LiteralString, table: str, release: str) -> dict[str, int]:
    rows = conn.execute(sql.SQL(query).format(sql.Identifier(schema, table)), (release,)).fetchall()
    return {str(name): int(number) for name, number in rows}
