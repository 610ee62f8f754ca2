"""Records of migrations that nobody can go back to or build on: which these are, and their deletion.

Contains the database's own records; runs and files are deleted in `runs.retention`. What is listed in `migration_runs`, `releases` and
`rollbacks` stays, so that every id that was ever given is known.
"""

from datetime import datetime
from pathlib import Path

from psycopg import sql

from mediabase_assets.postgres.sql_files import Connection, exists, is_there, read

SQL = Path(__file__).parent / "sql" / "retention"
#: Tables that hold the details of a migration; those of later versions are deleted where they exist.
DETAILS = (
    "migration_stages", "row_account", "reason_account", "column_account", "quarantine", "repairs", "query_benchmark", "storage",
    "round_trip", "leaf_census", "release_checks", "stage_metrics", "samples", "curation_rules",
)  # fmt: skip
_NEEDED = """
    select distinct m.backup_id from migration_runs as m
    where m.backup_id is not null and (
      m.status in ('running', 'partial', 'failed', 'interrupted')
        and m.migration_id = (select migration_id from migration_runs order by started_at desc, migration_id desc limit 1)
      or exists (select from releases as r where r.migration_id = m.migration_id and to_jsonb(r) ->> 'rolled_back_at' is null))"""


def old_migrations(conn: Connection, before: datetime) -> list[str]:
    """Migrations whose details may go."""
    if not exists(conn, "asset_state"):
        return []
    return [str(name) for name in conn.values(read(SQL / "old_migrations.sql"), before=before)]


def delete_details(conn: Connection, before: datetime) -> dict[str, int]:
    """Delete the details of old migrations, and of old refreshes but the newest of each view; returns rows by table.

    Args:
        conn: A session that may write, outside a transaction.
        before: Moment before which they ended.
    """
    deleted: dict[str, int] = {}
    with conn.transaction():
        migrations = old_migrations(conn, before)
        for table in DETAILS if migrations else ():
            if is_there(conn, conn.workspace.operations, table):
                query = sql.SQL("delete from {} where migration_id = any (%s)").format(sql.Identifier(conn.workspace.operations, table))
                deleted[table] = conn.execute(query, (migrations,)).rowcount
        if exists(conn, "view_refreshes"):
            deleted["view_refreshes"] = conn.execute(
                """delete from view_refreshes as v where refreshed_at < %s
                   and refreshed_at < (select max(refreshed_at) from view_refreshes as l where l.view = v.view)""",
                (before,),
            ).rowcount
    return {table: rows for table, rows in deleted.items() if rows}


def needed_backups(conn: Connection) -> set[str]:
    """Backups that a rollback needs: of releases that were not rolled back, and of a migration that goes on."""
    return {str(name) for name in conn.values(_NEEDED)} if exists(conn, "migration_runs") and exists(conn, "releases") else set()


def live_runs(conn: Connection) -> set[str]:
    """Dagster's run of the release that is live; what a rollback needs is in the records and the backup, not in Dagster."""
    if not (exists(conn, "migration_runs") and exists(conn, "releases")):
        return set()
    query = """select m.run_id from migration_runs as m join releases as r using (migration_id)
               where to_jsonb(r) ->> 'rolled_back_at' is null order by r.released_at desc, r.release_id desc limit 1"""
    return {str(run) for run in conn.values(query) if run}
