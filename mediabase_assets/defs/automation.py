"""Named jobs, the schedule and the sensor: what people start by name, and what starts by itself.

The schedule checks the tables themselves for changes; the sensor follows what Dagster materialized.
"""

import dagster as dg

from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import MATERIALIZED, VIEWS
from mediabase_assets.runs import check_overview
from mediabase_assets.runs.dead_runs import report_orphans
from mediabase_assets.runs.executor import thread_executor
from mediabase_assets.runs.freshness_policies import report_kept
from mediabase_assets.runs.patients.partitions import GROUP as PATIENTS_GROUP
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import KEEP_TAG, REBUILD
from mediabase_assets.runs.schedules import cron_expression
from mediabase_assets.runs.specs import BACKUP_KEY
from mediabase_assets.settings.load import load_settings
from mediabase_assets.views.due import Due, due_views

_VIEWS = dg.AssetSelection.assets(*(dg.AssetKey(["views", v.name]) for v in MATERIALIZED))
#: Has a job of its own: a restore takes as long as a backup.
_PROOF = dg.AssetCheckKey(BACKUP_KEY, "newest_backup_can_be_restored")


@dg.definitions
def automation() -> dg.Definitions:
    """The whole migration, the audit of what is live, and the refresh of views."""
    # Dagster retries a run whose process died; dagster.yaml excludes runs in which a step failed
    retries = {"dagster/max_retries": str(load_settings().max_retry_attempts), "dagster/retry_strategy": "FROM_ASSET_FAILURE"}
    everything = dg.AssetSelection.all() - dg.AssetSelection.checks(_PROOF) - dg.AssetSelection.groups(PATIENTS_GROUP)
    migrate = dg.define_asset_job(
        "migrate",
        selection=everything,
        description="The whole migration: prerequisites, backup, extraction, tables, views, audits, release. What is up to date is kept.",
        tags=retries,
    )
    rebuild = dg.define_asset_job(
        "rebuild_everything",
        selection=everything,
        description="The whole migration, with every asset rebuilt and audited, whether it is up to date or not.",
        tags={**retries, KEEP_TAG: REBUILD},
    )
    audited = [*(["normalized", t.name] for t in TABLES), *(["views", v.name] for v in VIEWS), ["validation", "round_trip"]]
    audited += [["validation", "release_checks"], ["validation", "verdict"]]
    audit = dg.define_asset_job(
        "audit",
        selection=dg.AssetSelection.checks_for_assets(*map(dg.AssetKey, audited)),
        description="Audits the live tables and views: every check of each, and the round trip, without writing anything.",
    )
    refresh_views = dg.define_asset_job(
        "refresh_views",
        selection=_VIEWS,
        description="Brings every live view up to date whose tables changed, audits it, and commits. Readers do not wait.",
    )
    # follows tables that were materialized and passed; runs by default, as the schedule does
    after_tables = dg.AutomationConditionSensorDefinition(
        "refresh_views_after_tables",
        target=_VIEWS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Refreshes views after their tables were materialized and passed their blocking checks.",
    )
    return dg.Definitions(
        jobs=[migrate, rebuild, audit, refresh_views],
        schedules=[_schedule(refresh_views.name)],
        sensors=[after_tables, _dead_runs(), _checks()],
        executor=thread_executor,
    )


def _dead_runs() -> dg.SensorDefinition:
    """Reports runs failed whose process is dead, which would block the queue for ever."""

    @dg.sensor(
        name="report_killed_runs",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports runs failed whose process was killed, so that the next run can start.",
    )
    def report_killed_runs(context: dg.SensorEvaluationContext, mediabase: Mediabase) -> dg.SkipReason:
        orphans = report_orphans(context.instance, mediabase.settings())
        return dg.SkipReason(" ".join(orphan.sentence for orphan in orphans) or "Every active run has a process.")

    return report_killed_runs


def _checks() -> dg.SensorDefinition:
    """Reports the overview of all checks after any of them was evaluated, by any run."""

    @dg.sensor(
        name="report_checks",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Brings validation/check_overview up to date after checks were evaluated, also by the command line.",
    )
    def report_checks(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        assert context.repository_def is not None
        specs = check_overview.specs_of(context.repository_def.asset_graph)
        seen = str(check_overview.newest_evaluation(context.instance, specs))
        if seen == (context.cursor or "0"):
            return dg.SkipReason("No check was evaluated since the last overview.")
        lines = check_overview.report(context.instance, specs)
        context.update_cursor(seen)
        return dg.SkipReason(check_overview.summary(lines))

    return report_checks


def _schedule(job_name: str) -> dg.ScheduleDefinition:
    """The scheduled refresh, at the time that the configuration says."""
    when = load_settings().views

    def refresh_stale_views(context: dg.ScheduleEvaluationContext, mediabase: Mediabase) -> dg.RunRequest | dg.SkipReason:
        due: Due = due_views(mediabase.settings())
        for view in due.up_to_date:
            report_kept(context.instance, dg.AssetKey(["views", view]), "no table beneath it changed")
        if not due.reasons:
            return dg.SkipReason(due.skipped)
        for view, reason in due.reasons.items():
            context.log.info(f"{view}: {reason}")
        return dg.RunRequest(asset_selection=[dg.AssetKey(["views", view]) for view in due.reasons])

    example = "`0 3 * * *` for every night at three"
    with cron_expression(when.refresh_schedule, where="views.refresh_schedule, or MEDIABASE_REFRESH_SCHEDULE", example=example):
        return dg.schedule(
            cron_schedule=when.refresh_schedule,
            execution_timezone=when.time_zone,
            job_name=job_name,
            name="refresh_views_schedule",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Refreshes the views whose tables changed, also when the rows were changed outside Dagster, and reports "
            "the others as kept.",
        )(refresh_stale_views)
