"""The section `retention`: how long what tells of past runs is kept. What is deleted, and what never is, is in `runs.retention`."""

from pydantic import Field, field_validator

from mediabase_assets.settings.cron import cron
from mediabase_assets.settings.kinds import Positive, Section, Whole


class RetentionSettings(Section):
    """How long runs, ticks, logs, reports and records of what was not released are kept, and when they are deleted."""

    schedule: str = Field(default="30 5 * * *", min_length=1, description="cron expression of the clean-up; time zone as that of the views")
    days_of_runs: Positive = Field(default=90, description="days that Dagster's runs and their events are kept")
    keep_runs: Positive = Field(default=50, description="newest runs that are kept, however old")
    days_of_ticks: Positive = Field(default=7, description="days that ticks of schedules and sensors are kept")
    days_of_logs: Positive = Field(default=90, description="days that files of logs are kept")
    days_of_reports: Positive = Field(default=365, description="days that reports of dry runs and self-tests are kept")
    days_of_records: Positive = Field(
        default=365, description="days that the records of a migration are kept that released nothing, or was rolled back"
    )
    days_of_backups: Whole = Field(
        default=0, ge=0, description="days that backups are kept of which no migration needs any to be rolled back; 0: for ever"
    )
    keep_backups: Positive = Field(default=3, description="newest backups that are kept, however old")

    _is_cron = field_validator("schedule")(cron)
