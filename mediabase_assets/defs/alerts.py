"""The sensors of alerts: one reacts to a run that failed, one looks at everything. They run where a receiver is configured."""

from typing import Any

import dagster as dg

from mediabase_assets.alerts.round import NOT_CONFIGURED, Outcome, look_and_tell
from mediabase_assets.model.quantities import counted
from mediabase_assets.runs.alerts import look_by
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.settings.load import load_settings


@dg.definitions
def alerts() -> dg.Definitions:
    """Both sensors."""
    is_on = load_settings().alerts.is_on
    status = dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED

    @dg.run_failure_sensor(
        name="alert_failed_runs",
        minimum_interval_seconds=30,
        default_status=status,
        description="Tells at once that a run failed; also one of the command line, and one that was killed.",
    )
    def alert_failed_runs(context: dg.RunFailureSensorContext, mediabase: Mediabase) -> dg.SkipReason:
        # all that is wrong goes into one message, the checks that made the run fail, too
        return dg.SkipReason(_told(context.instance, mediabase, context.repository_def))

    @dg.sensor(
        name="send_alerts",
        minimum_interval_seconds=60,
        default_status=status,
        description="Tells by e-mail and webhook what is wrong: failed runs and checks, hanging runs, overdue views, disks that are "
        "low, a backup that was not proved; once when it begins and once when it is over. Off unless a receiver is configured "
        "(alerts.email_to, alerts.webhook_url). `mediabase alerts` shows the same in a terminal.",
    )
    def send_alerts(context: dg.SensorEvaluationContext, mediabase: Mediabase) -> dg.SkipReason:
        return dg.SkipReason(_told(context.instance, mediabase, context.repository_def))

    return dg.Definitions(sensors=[alert_failed_runs, send_alerts])


def _told(instance: dg.DagsterInstance, mediabase: Mediabase, repository: Any) -> str:
    """Look, tell, and say what came of it."""
    settings = mediabase.settings()
    if not settings.alerts.is_on:
        return NOT_CONFIGURED
    assert repository is not None
    return sentence(look_and_tell(settings, look_by(instance, settings, repository.asset_graph)))


def sentence(outcome: Outcome) -> str:
    """What came of a look.

    >>> sentence(Outcome())
    'Nothing is wrong.'
    """
    if outcome.is_elsewhere:
        return "Another process is looking."
    parts = [f"{counted(len(outcome.alerts), 'thing is', 'things are')} wrong." if outcome.alerts else "Nothing is wrong."]
    parts += [f"Told by {way}: {answer}." for way, answer in outcome.delivered.items()]
    parts += [f"Not delivered by {way}, and sent again at the next look: {why}." for way, why in outcome.undelivered.items()]
    return " ".join(parts)
