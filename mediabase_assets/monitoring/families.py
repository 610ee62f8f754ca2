"""The metrics of Prometheus, family by family: names, units, labels and the queries behind them.

Contains the reading; where a table is of an earlier version, or not there yet, its metrics are left out.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from mediabase_assets.backup import is_of_target
from mediabase_assets.backup.place import listed_or_why_not
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.monitoring.machine import disks
from mediabase_assets.monitoring.summary import read_metrics
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, read
from mediabase_assets.settings.load import Settings

_SQL = Path(__file__).parent / "sql"
_MISSING = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege)


@dataclass(frozen=True)
class Facts:
    """What Dagster's storage knows.

    Attributes:
        runs: Runs by status.
        is_proved: Whether the newest proof of a backup passed; None if there was none.
        proved_at: When.
    """

    runs: Mapping[str, int] = field(default_factory=dict)
    is_proved: bool | None = None
    proved_at: datetime | None = None


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    """A metric without labels."""
    return GaugeMetricFamily(name, text, value=value)


def of_database(settings: Settings) -> Iterator[Metric]:
    """Metrics of the database.

    Raises:
        ServerError: It cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase metrics") as conn:
        conn.execute("set default_transaction_read_only = on")
        conn.execute("select set_config('statement_timeout', %s, false)", (f"{settings.monitoring.query_timeout_ms}ms",))
        yield from _labelled(
            "mediabase_database_size_bytes", "Bytes of the project's databases on disk.", ("database",),
            _rows(
                conn,
                """select datname, pg_database_size(oid) from pg_database
                   where datname in (current_database(), left(current_database(), 55) || '_dagster')
                     and has_database_privilege(oid, 'connect') order by 1""",
            ),
        )  # fmt: skip
        yield from _of_newest_migration(conn)
        yield from _of_migrations(conn)
        yield from _of_content(conn, settings)
        yield from _of_views(conn)
        yield from _of_backups(settings, conn.info.dbname)


def _of_newest_migration(conn: Connection) -> Iterator[Metric]:
    newest = read_metrics(conn)
    if newest is None:
        return
    status = GaugeMetricFamily("mediabase_last_migration_status", "1 for the status that the newest migration has.", labels=["status"])
    for one in RunStatus:
        status.add_metric([str(one)], float(newest.status == one))
    yield status
    yield gauge("mediabase_last_migration_start_timestamp_seconds", "When the newest migration began.", newest.started_at.timestamp())
    if newest.finished_at is not None:
        yield gauge("mediabase_last_migration_end_timestamp_seconds", "When the newest migration ended.", newest.finished_at.timestamp())
        seconds = (newest.finished_at - newest.started_at).total_seconds()
        yield gauge("mediabase_last_migration_duration_seconds", "Seconds that the newest migration took.", seconds)
    stage_of = [((str(s.stage), Stage(s.stage).title), s) for s in newest.stages]
    for name, text, value in (
        ("duration_seconds", "Seconds of the assets of a stage of the newest migration, added up.", "wall_seconds"),
        ("records", "Rows of the assets of a stage of the newest migration.", "records_processed"),
        ("errors", "Failed checks and assets of a stage of the newest migration.", "errors"),
        ("warnings", "Checks of a stage of the newest migration that warned.", "warnings"),
    ):
        rows = [(*labels, getattr(s, value)) for labels, s in stage_of]
        yield from _labelled(f"mediabase_last_migration_stage_{name}", text, ("stage", "title"), rows)
    use = newest.use
    for name, text, amount in (
        ("peak_memory_bytes", "The most memory of a process of the newest migration.", use.peak_memory_bytes),
        ("temp_bytes", "Bytes of temporary files of the database during the newest migration.", use.temp_bytes),
        ("wal_bytes", "Bytes of WAL of the server during the newest migration.", use.wal_bytes),
    ):
        if amount is not None:
            yield gauge(f"mediabase_last_migration_{name}", text, amount)


def _of_migrations(conn: Connection) -> Iterator[Metric]:
    yield from _labelled(
        "mediabase_migrations", "Migrations on record by their status.", ("status",),
        _rows(conn, "select status, count(*) from migration_runs group by 1 order by 1"),
    )  # fmt: skip
    for (at,) in _rows(conn, "select max(released_at) from releases where rolled_back_at is null"):
        if at is not None:
            yield gauge("mediabase_last_release_timestamp_seconds", "When what is live was released.", at.timestamp())
    yield from _labelled(
        "mediabase_quarantined_facts", "Facts that the newest migration put into quarantine, by reason.", ("reason",),
        _rows(
            conn,
            """select reason, sum(facts) from reason_account where outcome = 'quarantined' and migration_id =
                 (select migration_id from migration_runs order by started_at desc, migration_id desc limit 1) group by 1 order by 1""",
        ),
    )  # fmt: skip
    yield from _labelled(
        "mediabase_checks", "Checks of the assets that stand, by how they ended.", ("outcome",),
        _rows(
            conn,
            """select o.outcome, count(f) from (values ('failed'), ('passed'), ('warned')) as o (outcome)
               left join (select case when (f ->> 'passed')::boolean then 'passed' when (f ->> 'is_warning')::boolean then 'warned'
                                 else 'failed' end as outcome, f from asset_state, jsonb_array_elements(findings) as f) as f using (outcome)
               group by 1 order by 1""",
        ),
    )  # fmt: skip
    yield from _labelled(
        "mediabase_verdict", "Verdict about what was released last: 1 for the one it has.", ("verdict",),
        _rows(conn, "select verdict, 1 from verdicts order by decided_at desc limit 1"),
    )  # fmt: skip


def _of_content(conn: Connection, settings: Settings) -> Iterator[Metric]:
    rows = _rows(conn, read(_SQL / "relation_rows.sql"))
    yield from _labelled("mediabase_relation_rows", "Rows of what is live, counted when it was written last.", ("relation", "kind"), rows)
    sizes = _rows(
        conn,
        """select c.relname, pg_total_relation_size(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = %s and c.relname = any(%s) and c.relkind in ('r', 'm') order by 1""",
        settings.database.schema_name, [row[0] for row in rows],
    )  # fmt: skip
    text = "Bytes of what is live, with indexes and TOAST."
    yield from _labelled("mediabase_relation_size_bytes", text, ("relation",), sizes)


def _of_views(conn: Connection) -> Iterator[Metric]:
    refreshed = _rows(conn, "select view, refreshed_at from view_state order by 1")
    now = datetime.now(UTC)
    times = [(view, at.timestamp()) for view, at in refreshed]
    ages = [(view, max((now - at).total_seconds(), 0.0)) for view, at in refreshed]
    yield from _labelled("mediabase_view_refreshed_timestamp_seconds", "When the rows of a view were made.", ("view",), times)
    yield from _labelled("mediabase_view_age_seconds", "Seconds since the rows of a view were made.", ("view",), ages)
    yield from _labelled(
        "mediabase_view_refresh_duration_seconds", "Seconds that the newest refresh of a view took, outside a release.", ("view",),
        _rows(conn, "select distinct on (view) view, seconds from view_refreshes where how <> 'kept' order by view, refreshed_at desc"),
    )  # fmt: skip
    counts = _rows(conn, "select how, count(*) from view_refreshes group by 1 order by 1")
    if counts:
        family = CounterMetricFamily("mediabase_view_refreshes", "Refreshes of views outside a release, by what was done.", labels=["how"])
        for how, number in counts:
            family.add_metric([str(how)], float(number))
        yield family


def of_dagster(facts: Facts) -> Iterator[Metric]:
    """Metrics of Dagster's runs, and of the newest proof of a backup, which is one of them."""
    yield from _labelled("mediabase_runs", "Runs in Dagster's storage by their status.", ("status",), sorted(facts.runs.items()))
    if facts.is_proved is not None:
        yield gauge("mediabase_backup_proved", "Whether the last restore that was tried as a proof was right.", float(facts.is_proved))
    if facts.proved_at is not None:
        yield gauge("mediabase_backup_proof_timestamp_seconds", "When a restore was last tried as a proof.", facts.proved_at.timestamp())


def _of_backups(settings: Settings, database: str) -> Iterator[Metric]:
    backups, _ = listed_or_why_not(settings)
    manifest = next((m for m in backups if is_of_target(m, database, settings.database.schema_name)), None)
    if manifest is not None:
        at = manifest.created_at.timestamp()
        yield gauge("mediabase_backup_timestamp_seconds", "When the newest backup was made.", at)
        yield gauge("mediabase_backup_age_seconds", "Seconds since the newest backup was made.", max(time.time() - at, 0.0))
        yield gauge("mediabase_backup_size_bytes", "Bytes of the newest backup.", manifest.size_bytes)


def of_disks(settings: Settings) -> Iterator[Metric]:
    """Metrics of the disks of the project's folders on this machine."""
    found = disks((settings.home, settings.backup_dir))
    names = {settings.home: "home", settings.backup_dir: "backups"}
    free = [(names[folder], disk.free) for folder, disk in found.items()]
    yield from _labelled("mediabase_disk_free_bytes", "Bytes that are free on the disk of a folder.", ("folder",), free)
    size = [(names[folder], disk.size) for folder, disk in found.items()]
    yield from _labelled("mediabase_disk_size_bytes", "Bytes of the disk of a folder.", ("folder",), size)


def _labelled(name: str, text: str, labels: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Metric]:
    """A family with one value per row, whose last field it is; nothing without rows."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for *values, value in rows:
        if value is not None:
            family.add_metric([str(v) for v in values], float(value))
    if family.samples:
        yield family


def _rows(conn: Connection, query: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
    """The rows of a query; none where a table is not there, or of another version, or may not be read."""
    try:
        return conn.execute(query, parameters or None).fetchall()
    except _MISSING:
        return []
