"""The clean-up: what tells of the past is deleted once it is as old as the section `retention` of the settings says.

Never deleted: runs that are not finished; the newest runs; the run of the release that is live; runs that hold the newest
materialization or observation of an asset; the newest results of every check; all runs and events of patients; backups that a
rollback needs; records that the next migration builds on.
"""

import contextlib
import re
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster_postgres import PostgresEventLogStorage

from mediabase_assets.backup import place_of
from mediabase_assets.backup.retention import delete_backups, old_backups
from mediabase_assets.model.errors import MigrationLockedError
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import read
from mediabase_assets.records import retention as records
from mediabase_assets.records.lock import hold_migration_lock, release_migration_lock
from mediabase_assets.runs.check_overview import HISTORY
from mediabase_assets.runs.dead_runs import CLEANER, look_at
from mediabase_assets.runs.patients.partitions import GROUP, TAGS
from mediabase_assets.runs.runner import LOG_TAG
from mediabase_assets.settings.load import Settings

_SQL = Path(__file__).parent / "sql" / "retention" / "dagster.sql"
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
#: Runs that are looked at in one query.
_PAGE = 500
#: Files of logs that a process writes at this moment.
_OPEN_LOGS = ("webserver.log", "daemon.log", "codeserver.log")
_LOGS, _REPORTS = ("*.log", "*.log.*", "error-*.txt"), ("*.json",)
#: The kind of a report: its name without the time.
_KIND = re.compile(r"[-_]?\d{8}.*$")


@dataclass
class CleanedUp:
    """What was deleted.

    Attributes:
        runs: Dagster's runs with their events.
        events: Events, results of checks and ticks without a run.
        logs: Files of logs.
        reports: Files of reports.
        records: Rows of `mediabase_ops` by table.
        backups: Backups.
        skipped: Why something was not looked at; empty if all was.
    """

    runs: list[str] = field(default_factory=list)
    events: int = 0
    logs: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)
    backups: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def sentence(self) -> str:
        """What was deleted, for people.

        >>> CleanedUp().sentence, CleanedUp(runs=["a"], events=2).sentence
        ('Nothing was old enough to be deleted.', 'Deleted: 1 run, 2 events without a run.')
        """
        numbers = (
            (len(self.runs), "run", "runs"), (self.events, "event without a run", "events without a run"),
            (len(self.logs), "log file", "log files"), (len(self.reports), "report", "reports"),
            (sum(self.records.values()), "record", "records"), (len(self.backups), "backup", "backups"),
        )  # fmt: skip
        parts = [counted(n, one, many) for n, one, many in numbers if n]
        what = f"Deleted: {', '.join(parts)}." if parts else "Nothing was old enough to be deleted."
        return f"{what} {self.skipped}".rstrip()


def clean_up(instance: dg.DagsterInstance, settings: Settings, *, now: datetime | None = None, owner: str = "") -> CleanedUp:
    """Delete what is old.

    Args:
        instance: Where Dagster's runs are.
        settings: How old is old, and where files are.
        now: The moment that ages are counted from.
        owner: The run that asks, if it is one of Dagster.

    Raises:
        ServerError: The server cannot be reached.
        OSError: A file cannot be deleted.
    """
    rules, now = settings.retention, now or datetime.now(UTC)
    done = CleanedUp()
    kept = _protected(instance, settings) | ({owner} if owner else set())
    done.runs = _delete_runs(instance, kept, now - timedelta(days=rules.days_of_runs), rules.keep_runs)
    done.events = _delete_events(instance, now - timedelta(days=rules.days_of_runs), now - timedelta(days=rules.days_of_ticks))
    spared = {log for run in instance.get_runs(dg.RunsFilter(run_ids=sorted(kept))) if (log := run.tags.get(LOG_TAG))}
    before = now - timedelta(days=rules.days_of_logs)
    done.logs = _delete_files(f for f in _files(settings.logs, _LOGS) if f.name not in (*_OPEN_LOGS, *spared) and _is_older(f, before))
    before = now - timedelta(days=rules.days_of_reports)
    reports = _files(settings.home / "reports", _REPORTS)
    newest = {_KIND.sub("", f.name): f for f in sorted(reports, key=lambda f: (f.stat().st_mtime, f.name))}
    done.reports = _delete_files(f for f in reports if f not in newest.values() and _is_older(f, before))
    _delete_of_migrations(instance, settings, now, done)
    return done


def _delete_of_migrations(instance: dg.DagsterInstance, settings: Settings, now: datetime, done: CleanedUp) -> None:
    """Delete records and backups, unless a migration is running."""
    rules, owner = settings.retention, f"{CLEANER}{uuid.uuid4().hex[:8]}"
    try:
        hold_migration_lock(settings, owner, look=look_at(instance))
    except MigrationLockedError:
        done.skipped = "Records and backups were not looked at: a migration is running."
        return
    try:
        with connect(settings, autocommit=True, application_name="mediabase clean-up") as conn:
            done.records = records.delete_details(conn, now - timedelta(days=rules.days_of_records))
            if rules.days_of_backups:
                names = old_backups(
                    place_of(settings), conn.info.dbname, settings.database.schema_name, needed=records.needed_backups(conn),
                    before=now - timedelta(days=rules.days_of_backups), keep=rules.keep_backups,
                )  # fmt: skip
                done.backups = delete_backups(place_of(settings), names)
    finally:
        release_migration_lock(owner)


def _protected(instance: dg.DagsterInstance, settings: Settings) -> set[str]:
    """Runs that stay, whatever their age."""
    with connect(settings, autocommit=True, application_name="mediabase clean-up") as conn:
        kept = records.live_runs(conn)
    for key in instance.get_asset_keys():
        materialization = instance.get_latest_materialization_event(key)
        observations = instance.fetch_observations(key, limit=1).records
        kept |= {event.run_id for event in (materialization, *(r.event_log_entry for r in observations)) if event is not None}
    return kept


def _delete_runs(instance: dg.DagsterInstance, kept: Collection[str], before: datetime, newest: int) -> list[str]:
    """Delete finished runs that were created before a moment; returns their ids."""
    recent = {run.run_id for run in instance.get_runs(limit=newest)}
    deleted: list[str] = []
    cursor = None
    while page := instance.get_run_records(dg.RunsFilter(statuses=_FINISHED, created_before=before), limit=_PAGE, cursor=cursor):
        cursor = page[-1].dagster_run.run_id
        for record in page:
            run = record.dagster_run
            if run.run_id not in kept and run.run_id not in recent and not any(tag in run.tags for tag in TAGS):
                deleted.append(run.run_id)
    for run_id in deleted:
        instance.delete_run(run_id)
    return deleted


def _delete_events(instance: dg.DagsterInstance, before: datetime, before_ticks: datetime) -> int:
    """Delete what is kept without a run, where Dagster's storage is that of the project."""
    storage: Any = instance.event_log_storage
    if not isinstance(storage, PostgresEventLogStorage):
        return 0
    values = {
        "before": before.astimezone(UTC).replace(tzinfo=None), "before_ticks": before_ticks.astimezone(UTC).replace(tzinfo=None),
        "patients": f'["{GROUP}"%', "evaluations": HISTORY,
    }  # fmt: skip
    rows = 0
    with storage.index_connection() as conn:
        for statement in _statements():
            rows += conn.execute(sa.text(statement), {name: value for name, value in values.items() if f":{name}" in statement}).rowcount
    return rows


def _statements() -> Iterator[str]:
    text = re.sub(r"--.*", "", read(_SQL))
    return (part.strip() for part in text.split(";") if part.strip())


def _files(folder: Path, patterns: Collection[str]) -> list[Path]:
    return sorted({f for pattern in patterns for f in folder.glob(pattern) if f.is_file()}) if folder.is_dir() else []


def _is_older(file: Path, before: datetime) -> bool:
    return file.stat().st_mtime < before.timestamp()


def _delete_files(files: Iterator[Path]) -> list[str]:
    deleted = []
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
            deleted.append(file.name)
    return deleted
