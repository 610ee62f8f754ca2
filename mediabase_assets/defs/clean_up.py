"""The job `clean_up`, and its schedule: what tells of the past is deleted as the section `retention` of the settings says."""

import dagster as dg

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.retention import clean_up as delete_what_is_old
from mediabase_assets.runs.schedules import cron_expression
from mediabase_assets.settings.load import load_settings

_NAMED = 20


@dg.op(
    description="Deletes old runs, events, ticks, logs, reports, records and, where configured, backups. The newest of each, what belongs "
    "to a live release or to a rollback, and all that is of patients stay."
)
def delete_old(context: dg.OpExecutionContext, mediabase: Mediabase) -> None:
    """Delete what is old."""
    try:
        done = delete_what_is_old(context.instance, mediabase.settings(), owner=context.run.run_id)
    except MediabaseError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    context.log.info(done.sentence)
    context.add_output_metadata(
        {
            "what was deleted": done.sentence,
            "runs": len(done.runs),
            "events without a run": done.events,
            "log files": len(done.logs),
            "reports": len(done.reports),
            "records": done.records,
            "backups": ", ".join(done.backups[:_NAMED]) or "none",
        }
    )


@dg.job(
    name="clean_up",
    description="Deletes what tells of the past and is old: runs, events, ticks, logs, reports, records; see the section retention of the "
    "settings.",
    executor_def=dg.in_process_executor,
    tags={"dagster/max_retries": "0"},
)
def clean_up_job() -> None:
    """Delete what is old."""
    delete_old()


@dg.definitions
def clean_up() -> dg.Definitions:
    """The job with its schedule."""
    settings = load_settings()
    with cron_expression(settings.retention.schedule, where="retention.schedule", example="`30 5 * * *` for half past five"):
        schedule = dg.ScheduleDefinition(
            name="clean_up_schedule",
            job=clean_up_job,
            cron_schedule=settings.retention.schedule,
            execution_timezone=settings.views.time_zone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Deletes old runs, events, ticks, logs, reports and records, so that the storage does not grow without bounds.",
        )
    return dg.Definitions(jobs=[clean_up_job], schedules=[schedule])
