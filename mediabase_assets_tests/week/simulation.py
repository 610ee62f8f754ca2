"""A simulated week of an installation that runs unattended: schedules, sensors and migrations by direct ticks, with a fault on each day.

Time passes by making the past older: whatever Dagster and the project have recorded is moved back by a day. Nothing is patched: runs,
sensors, schedules, the command line and the clean-up are those of the project, on a real server. Contains what happens; what has to hold
afterwards is in `afterwards`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from mediabase_assets.definitions import defs
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.spoiling import spoiled

#: What is kept: little, so that a week shows that everything is bounded.
RETENTION = {"days_of_runs": 2, "keep_runs": 3, "days_of_ticks": 1, "days_of_logs": 2, "days_of_reports": 2, "days_of_records": 2}
#: Ticks of each sensor on a day, as the daemon records them.
TICKS = 48
_PAST = """
    update {storage}.event_logs set timestamp = timestamp - interval '1 day';
    update {storage}.runs set create_timestamp = create_timestamp - interval '1 day',
      update_timestamp = update_timestamp - interval '1 day', start_time = start_time - 86400, end_time = end_time - 86400;
    update {storage}.job_ticks set timestamp = timestamp - interval '1 day';
    update {storage}.asset_check_executions set create_timestamp = create_timestamp - interval '1 day';
"""
_RECORDS = """
    update mediabase_ops.migration_runs set started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day';
    update mediabase_ops.releases set released_at = released_at - interval '1 day';
    update mediabase_ops.view_refreshes set refreshed_at = refreshed_at - interval '1 day';
"""


@dataclass
class Day:
    """What happened on a day, and how much is recorded at its end."""

    number: int
    fault: str
    sizes: dict[str, int] = field(default_factory=dict)
    deleted: str = ""


@dataclass
class Week:
    """The installation, and its days."""

    project: harness.Project
    say: Callable[[str], None] = print
    days: list[Day] = field(default_factory=list)
    cursors: dict[str, str | None] = field(default_factory=dict)
    conditions: Any = None

    @property
    def storage(self) -> str:
        """The database of Dagster's records."""
        return f"{self.project.settings.database.name}_dagster"

    def live(self, faults: "list[tuple[str, Callable[[Week], None]]]") -> None:
        """Live through days, with a fault on each."""
        for number, (name, fault) in enumerate(faults, 1):
            day = Day(number, name)
            began = time.monotonic()
            fault(self)
            self.tend()
            day.deleted = self.clean_up()
            day.sizes = self.sizes()
            self.days.append(day)
            self.say(f"day {number}, {name}: {day.sizes}; {day.deleted} ({time.monotonic() - began:.0f} s)")
            self.grow_older()

    # ------------------------------------------------------------------------------------------------------- what starts by itself

    def tend(self) -> None:
        """All that starts by itself on a day: the sensors, the refresh that follows tables, and the schedules."""
        for name in ("report_killed_runs", "report_checks"):
            self.tick_sensor(name)
        self.follow_tables()
        self.launch("refresh_views_schedule")
        if len(self.days) % 7 == 6:
            self.launch("prove_backup_schedule")
        self.tick_sensor("report_checks")

    def tick_sensor(self, name: str) -> str:
        """A tick of a sensor; returns what it says."""
        repository = defs().get_repository_def()
        sensor = repository.get_sensor_def(name)
        context = dg.build_sensor_context(
            self.project.instance, repository_def=repository, cursor=self.cursors.get(name), resources=dict(defs().resources or {}),
        )  # fmt: skip
        with context:
            done = sensor.evaluate_tick(context)
        self.cursors[name] = done.cursor
        self.note_ticks(name, TICKS)
        return done.skip_message or ""

    def follow_tables(self) -> None:
        """What the sensor of automation conditions asks for is materialized."""
        views = [dg.AssetKey(["views", view.name]) for view in MATERIALIZED]
        done = dg.evaluate_automation_conditions(
            defs(), self.project.instance, asset_selection=dg.AssetSelection.assets(*views), cursor=self.conditions
        )  # fmt: skip
        self.conditions = done.cursor
        names = [key.to_user_string() for key in views if done.get_num_requested(key)]
        self.note_ticks("refresh_views_after_tables", TICKS)
        if names:
            assert self.project.migrate(*names, job="refresh_views", tags={}).success

    def launch(self, name: str) -> None:
        """A tick of a schedule; what it asks for is executed."""
        schedule = defs().get_repository_def().get_schedule_def(name)
        with dg.build_schedule_context(instance=self.project.instance, resources=dict(defs().resources or {})) as context:
            asked = schedule.evaluate_tick(context)
        self.note_ticks(name, 1)
        for request in asked.run_requests or ():
            names = [key.to_user_string() for key in request.asset_selection or ()]
            assert self.project.migrate(*names, job=request.job_name or schedule.job_name, tags={}).success, name

    def clean_up(self) -> str:
        """The scheduled clean-up; returns what it deleted."""
        self.note_ticks("clean_up_schedule", 1)
        result = self.project.migrate(job="clean_up", tags={})
        assert result.success
        (said,) = [e.event_specific_data.metadata for e in result.all_events if e.event_type_value == "STEP_OUTPUT"]
        return str(said["what was deleted"].value)

    def note_ticks(self, name: str, number: int) -> None:
        """Record ticks as the daemon does."""
        with connect(self.project.settings, autocommit=True, dbname=self.storage) as conn:
            conn.execute(
                """insert into job_ticks (job_origin_id, selector_id, status, type, timestamp, tick_body)
                   select %s, %s, 'SKIPPED', 'SENSOR', now() at time zone 'utc', '{}' from generate_series(1, %s)""",
                (name, name, number),
            )

    # ------------------------------------------------------------------------------------------------------------------------ time

    def grow_older(self) -> None:
        """A day passes: what is recorded, and what is in files, is a day older."""
        with connect(self.project.settings, autocommit=True, dbname=self.storage) as conn:
            conn.execute(_PAST.replace("{storage}", "public"))
        with self.project.connect() as conn:
            conn.execute(_RECORDS)
        for folder in (self.project.settings.logs, self.project.settings.home / "reports"):
            for file in folder.glob("*") if folder.is_dir() else ():
                moment = file.stat().st_mtime - 86400
                os.utime(file, (moment, moment))

    def sizes(self) -> dict[str, int]:
        """How much is recorded."""
        found = {}
        with connect(self.project.settings, autocommit=True, dbname=self.storage) as conn:
            for table in ("runs", "event_logs", "job_ticks", "asset_check_executions"):
                found[table] = int(conn.execute(f"select count(*) from {table}").fetchone()[0])
        logs = self.project.settings.logs
        found["log files"] = len([*logs.glob("*")]) if logs.is_dir() else 0
        return found

    # --------------------------------------------------------------------------------------------------------- the command line

    @contextmanager
    def command(self, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A command of the project, as a process of its own."""
        process = subprocess.Popen(
            [sys.executable, "-m", "mediabase_assets.cli", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)

    def run(self, *arguments: str) -> int:
        """A command of the project to its end; returns its exit code."""
        with self.command(*arguments) as process:
            return process.wait(600)


# -------------------------------------------------------------------------------------------------------------------------- faults


def quiet(_week: Week) -> None:
    """Nothing happens."""


def table_changed_by_hand(week: Week) -> None:
    """Somebody deletes a row of a live table."""
    with week.project.connect() as conn:
        conn.execute("delete from gene_drug_interactions where ctid = (select min(ctid) from gene_drug_interactions)")


def run_is_killed(week: Week) -> None:
    """A migration is killed while it builds; the sensor reports it, and the next one goes on."""
    change_legacy(week)
    with week.command("migrate", "--skip-confirmation") as process:
        end = time.monotonic() + 300
        while not _is_building(week) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
    assert "was killed" in week.tick_sensor("report_killed_runs")
    assert week.run("migrate", "--skip-confirmation") == 0


def server_restarts(week: Week) -> None:
    """The server is stopped under everybody, and started again."""
    server.stop(week.project.settings.home)
    server.ensure_running(week.project.settings.home)


def check_fails(week: Week) -> None:
    """A migration whose audit fails releases nothing; once the rows are corrected it does."""
    victims = [t for (t,) in week.project.rows(
        "select transcript_id from cancer_transcript_base where chromosome = 'chr1' and transcript_id like 'ENST99%%' order by 1"
    )]  # fmt: skip
    released = week.project.value("select count(*) from mediabase_ops.releases")
    with spoiled(week.project.connect, victims):
        assert week.run("migrate", "--skip-confirmation") == 1
        week.tick_sensor("report_checks")
    assert week.project.value("select count(*) from mediabase_ops.releases") == released
    change_legacy(week)
    assert week.run("migrate", "--skip-confirmation") == 0


def disk_of_backups_is_away(week: Week) -> None:
    """Where the backups were is a file: the migration releases nothing; when the disk is back it does."""
    change_legacy(week)
    folder = week.project.settings.backup_dir
    aside = folder.with_name("away")
    folder.rename(aside)
    folder.write_text("")
    assert week.run("migrate", "--skip-confirmation") == 1
    folder.unlink()
    aside.rename(folder)
    assert week.run("migrate", "--skip-confirmation") == 0


def change_legacy(week: Week) -> None:
    """Other programs write a value into the legacy table."""
    with week.project.connect() as conn:
        conn.execute(
            """update cancer_transcript_base set expression_fold_change = expression_fold_change + 1
               where transcript_id = (select min(transcript_id) from cancer_transcript_base where expression_fold_change is not null)"""
        )


def _is_building(week: Week) -> bool:
    with week.project.connect() as conn:
        query = (
            "select exists (select from pg_stat_activity where application_name ~ '^mediabase (extraction|normalized)/' and datname = %s)"
        )
        return bool(conn.execute(query, (week.project.settings.database.name,)).fetchone()[0])


#: The days of the week, in their order.
FAULTS: list[tuple[str, Callable[[Week], None]]] = [
    ("a table changed by hand", table_changed_by_hand),
    ("a killed run", run_is_killed),
    ("the server restarts", server_restarts),
    ("a failed check", check_fails),
    ("the disk of the backups is away", disk_of_backups_is_away),
    ("nothing", quiet),
    ("a table changed by hand, and the proof of the backup", table_changed_by_hand),
]
