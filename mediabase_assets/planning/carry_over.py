"""Copies the records of assets that are up to date and not rebuilt from earlier migrations to a new one.

Thus the accounts, the quarantine and the repairs of every migration are complete. Contains the copying only; the caller decides
which assets are up to date.
"""

from collections.abc import Iterable
from typing import LiteralString

from psycopg import sql

from mediabase_assets.planning import registry, state
from mediabase_assets.postgres.sql_files import Connection

#: Tables of records with a column `asset`.
_BY_ASSET = ("row_account", "reason_account", "quarantine", "repairs")
#: Tables of records that only one asset writes.
_OF_ONE = {
    "column_account": registry.COLUMN_ACCOUNT, "round_trip": registry.ROUND_TRIP, "leaf_census": registry.CENSUS,
    "release_checks": registry.RELEASE_CHECKS, "release_counts": registry.RELEASE_CHECKS, "curation_rules": registry.CENSUS,
}  # fmt: skip

_DELETE: LiteralString = "delete from {table} as r using asset_state as s where r.migration_id = %(id)s and {same} and {theirs}"
_INSERT: LiteralString = (
    "insert into {table} (migration_id, {names}) select %(id)s, {values} from asset_state as s"
    " join {table} as r on r.migration_id = s.migration_id and {same} where {theirs}"
)


def carry(conn: Connection, migration_id: str, assets: Iterable[str]) -> list[str]:
    """Copy the records of assets to a migration, each from the migration that built it, and record the assets as kept.

    Args:
        conn: A session that may write, in a transaction.
        migration_id: The migration that gets the records.
        assets: Assets that are up to date; those without a state are skipped.

    Returns:
        The assets whose records were reused.
    """
    known = state.states(conn)
    kept = [key for key in assets if key in known]
    for table in (*_BY_ASSET, *_OF_ONE):
        _copy(conn, table, migration_id, [k for k in kept if _OF_ONE.get(table, k) == k])
    definitions = registry.definitions()
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into migration_stages (migration_id, asset, stage, status, started_at, finished_at, seconds, row_count)
               values (%s, %s, %s, 'kept', clock_timestamp(), clock_timestamp(), 0, %s) on conflict (migration_id, asset) do nothing""",
            [(migration_id, key, int(definitions[key].stage), known[key].rows) for key in kept if known[key].migration_id != migration_id],
        )
    return kept


def _copy(conn: Connection, table: str, migration_id: str, assets: list[str]) -> None:
    """Replace the records of these assets in the migration by those of the migrations that built them."""
    names = conn.values(
        """select attname from pg_attribute where attrelid = quote_ident(%s)::regclass and attnum > 0 and not attisdropped
           and attname <> 'migration_id' order by attnum""",
        table,
    )
    parts = {
        "table": sql.Identifier(table),
        "names": sql.SQL(", ").join(map(sql.Identifier, names)),
        "values": sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in names),
        "same": sql.SQL("r.asset = s.asset" if table in _BY_ASSET else "true"),
        "theirs": sql.SQL("s.asset = any(%(assets)s) and s.migration_id <> %(id)s"),
    }
    for statement in (_DELETE, _INSERT):
        conn.execute(sql.SQL(statement).format(**parts), {"id": migration_id, "assets": assets})
