"""How much disk and time a migration needs, from what a dry run of it measured and what earlier migrations recorded.

Contains sizes, rates and seconds. The backup, which a dry run does not make, is estimated from an earlier one, or from a
sample of rows that is read and compressed as pg_dump would.
"""

import time
import zlib
from dataclasses import dataclass

from psycopg import sql

from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.postgres.sql_files import exists
from mediabase_assets.settings.load import Settings

#: Bytes of the legacy table that are read to measure how fast it is backed up, and how small.
SAMPLE_BYTES = 8 * 2**20
#: Assets that a dry run does not make and a migration does.
REST = ("release/current_release", "validation/query_benchmark", "validation/verdict", "validation/migration_report")


@dataclass(frozen=True)
class Needs:
    """Disk and time.

    Attributes:
        bytes_of: Bytes measured in this run: `tables`, `views`, `extraction`, `records`, `write-ahead log`.
        backup_bytes: Of the backup; 0 if an earlier one is reused.
        backup_seconds: Seconds that the backup takes.
        backup_from: Where these two numbers come from.
        seconds_of: Seconds of every asset of this run; assets are built in parallel.
        rest_seconds: Seconds of release and query benchmark in the newest migration that made them; empty if none did.
    """

    bytes_of: dict[str, int]
    backup_bytes: int
    backup_seconds: float
    backup_from: str
    seconds_of: dict[str, float]
    rest_seconds: dict[str, float]

    @property
    def disk(self) -> int:
        """Bytes in all, on the server and in the folder of the backups."""
        return sum(self.bytes_of.values()) + self.backup_bytes


def measured_needs(conn: Session, settings: Settings, trial: Settings, *, seconds: float, wal_bytes: int) -> Needs:
    """Measure disk and time.

    Args:
        conn: The session that holds the workspace of the dry run.
        settings: Of the migration.
        trial: Of the dry run.
        seconds: How long the run took.
        wal_bytes: Write-ahead log that it caused.
    """
    sizes = _sizes(conn) | {"write-ahead log": wal_bytes}
    spent = conn.execute("select asset, seconds from migration_stages where seconds is not null order by seconds desc").fetchall()
    with connect(settings, autocommit=True, application_name="mediabase dry run") as live:
        reused = None if trial.database != settings.database else find_reusable_backup(live, settings)
        rest = _recorded_seconds(live)
    reuse = reused and (0, 0.0, f"the backup {reused.migration_id} is reused")
    seconds_of = {str(a): round(float(s), 3) for a, s in spent}
    return Needs(
        sizes,
        *(reuse or _sampled_backup(conn, trial)),
        seconds_of={"all, as it was": round(seconds, 3), **seconds_of},
        rest_seconds=rest,
    )


def _sizes(conn: Session) -> dict[str, int]:
    rows = conn.execute(
        """select case when n.nspname = %(ops)s then 'records' when c.relname = any(%(tables)s) then 'tables'
             when c.relname = any(%(views)s) then 'views' else 'extraction' end, sum(pg_total_relation_size(c.oid))::bigint
           from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
           where n.nspname in (%(ops)s, %(build)s) and c.relkind in ('r', 'm') group by 1 order by 1""",
        {
            "ops": conn.workspace.operations, "build": conn.workspace.build, "tables": [r.name for r in RELATIONS],
            "views": [v.name for v in VIEWS],
        },
    ).fetchall()  # fmt: skip
    return {str(name): int(size) for name, size in rows}


def _recorded_seconds(conn: Session) -> dict[str, float]:
    if not exists(conn, "migration_stages"):
        return {}
    rows = conn.execute(
        """select distinct on (asset) asset, seconds from migration_stages
           where asset = any(%s) and status = 'done' and seconds is not null order by asset, started_at desc""",
        (list(REST),),
    ).fetchall()
    return {str(asset): round(float(spent), 3) for asset, spent in rows}


def _sampled_backup(conn: Session, settings: Settings) -> tuple[int, float, str]:
    """Read some pages of the legacy table as pg_dump does, compress them as it does, and take the rest in proportion."""
    legacy = sql.Identifier(settings.database.source_schema, settings.database.legacy_table)
    heap = conn.value("select pg_relation_size(%s::regclass)", legacy.as_string(conn))
    table = conn.value("select pg_table_size(%s::regclass)", legacy.as_string(conn))
    if not heap:
        return 0, 0.0, "the legacy table has no rows"
    share = min(1.0, SAMPLE_BYTES / table)
    began, packed, compressor = time.monotonic(), 0, zlib.compressobj(1)
    query = sql.SQL("copy (select * from {} tablesample system ({}) repeatable (1)) to stdout").format(legacy, sql.Literal(share * 100))
    with conn.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            packed += len(compressor.compress(block))
    packed += len(compressor.flush())
    return round(packed / share), round((time.monotonic() - began) / share, 1), f"{share:.0%} of the legacy table, read and compressed"
