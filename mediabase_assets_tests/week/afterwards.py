"""What has to hold after a simulated week: fresh views, no run without a process, nothing left behind, bounded records."""

import time

import dagster as dg

from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs.dead_runs import report_orphans
from mediabase_assets.views.due import due_views
from mediabase_assets_tests.week.simulation import RETENTION, TICKS, Week

#: Schemas that a migrated database has.
SCHEMAS = {"public", "mediabase_ops", "mediabase_next", "mediabase_patients"}
_UNFINISHED = [
    s for s in dg.DagsterRunStatus if s not in (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
]
#: Sensors and schedules with ticks.
INSTIGATORS = 6


def problems(week: Week) -> list[str]:
    """What does not hold; nothing if all is well."""
    return [*_views(week), *_runs(week), *_leftovers(week), *_bounds(week)]


def _views(week: Week) -> list[str]:
    due = due_views(week.project.settings)
    return [f"the view {view} is not fresh: {reason}" for view, reason in due.reasons.items()]


def _runs(week: Week) -> list[str]:
    found = [f"the orphan {orphan.run_id}" for orphan in report_orphans(week.project.instance, week.project.settings)]
    return [
        *found,
        *(f"the run {run.run_id} is {run.status}" for run in week.project.instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED))),
    ]


def _leftovers(week: Week) -> list[str]:
    project, name = week.project, week.project.settings.database.name
    schemas = project.rows("select nspname::text from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'")
    found = [f"the schema {schema}" for (schema,) in schemas if schema not in SCHEMAS]
    with connect(project.settings, autocommit=True, dbname="postgres") as conn:
        sessions: list[tuple[str]] = []
        end = time.monotonic() + 10
        while time.monotonic() < end:  # a session that has just been closed is seen for a moment
            query = "select application_name from pg_stat_activity where datname = %s and application_name like 'mediabase%%'"
            sessions = conn.execute(query, (name,)).fetchall()
            if not sessions:
                break
            time.sleep(0.2)
        found += [f"the session {session}" for (session,) in sessions]
        query = (
            "select count(*) from pg_locks as l join pg_database as d on d.oid = l.database where locktype = 'advisory' and datname = %s"
        )
        found += ["an advisory lock"] * conn.execute(query, (name,)).fetchone()[0]
    scratch = project.settings.temp_dir
    found += [f"the temporary file {file}" for file in (scratch.rglob("*") if scratch and scratch.is_dir() else ())]
    backups = project.settings.backup_dir
    found += [f"the unfinished backup {file}" for file in (*backups.glob(".incomplete*"), *backups.glob("*/.*.new"))]
    held = project.value("select count(*) from mediabase_ops.migration_runs where status = 'running'")
    return found + ["a migration that is still recorded as running"] * int(str(held))


def _bounds(week: Week) -> list[str]:
    """The clean-up of the last day leaves what the settings say, and nothing grows from day to day."""
    with connect(week.project.settings, autocommit=True, dbname=week.storage) as conn:
        old = {
            "ticks": conn.execute(
                "select count(*) from job_ticks where timestamp < (now() at time zone 'utc') - make_interval(days => %s)",
                (RETENTION["days_of_ticks"] + 1,),  # a day has passed since
            ).fetchone()[0],
            "events without a run": conn.execute(
                """select count(*) - count(distinct (asset_key, dagster_event_type, partition)) from event_logs as e
                   where timestamp < (now() at time zone 'utc') - make_interval(days => %s) and asset_key not like '["patients"%%'
                     and not exists (select from runs as r where r.run_id = e.run_id)""",
                (RETENTION["days_of_runs"] + 1,),
            ).fetchone()[0],
        }
    found = [f"{number} old {what}" for what, number in old.items() if number > (INSTIGATORS if what == "ticks" else 0)]
    most = {"job_ticks": (RETENTION["days_of_ticks"] + 1) * (INSTIGATORS * TICKS + 10)}
    last = week.days[-1].sizes
    found += [f"{last[table]} rows in {table}" for table, bound in most.items() if last[table] > bound]
    if len(week.days) >= 7:  # from the fourth day on old days go as new ones come
        middle = max(day.sizes["event_logs"] for day in week.days[2:5])
        found += [f"{last['event_logs']} events after {middle}"] * (last["event_logs"] > 1.5 * middle)
    return found
