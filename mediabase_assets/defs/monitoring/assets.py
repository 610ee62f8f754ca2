"""The metrics of the newest migration as an asset, reported by a sensor, which also writes the file for Prometheus."""

import dagster as dg

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.runs import migration_metrics
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.settings.load import load_settings


@dg.definitions
def metrics() -> dg.Definitions:
    """The asset and its sensor."""
    return dg.Definitions(
        assets=[
            dg.AssetSpec(
                migration_metrics.KEY,
                group_name=migration_metrics.KEY.path[0],
                kinds={"postgres", "matplotlib"},
                owners=load_settings().owners,
                description="What the newest migration took: a picture of its assets over time (what ran beside what), memory and CPU "
                "meanwhile, and the stages of the last migrations; with numbers that are plotted over time. Brought up to date within half "
                "a minute after any run. `mediabase metrics` shows the same in a terminal.",
            )
        ],
        sensors=[_sensor()],
    )


def _sensor() -> dg.SensorDefinition:
    @dg.sensor(
        name="report_metrics",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Brings monitoring/migration_metrics up to date after a migration, and writes monitoring.prometheus_file.",
    )
    def report_metrics(context: dg.SensorEvaluationContext, mediabase: Mediabase) -> dg.SkipReason:
        settings = mediabase.settings()
        try:
            reported, text = migration_metrics.report(context.instance, settings, known=context.cursor or "")
            written = migration_metrics.write_metrics_file(context.instance, settings)
        except MediabaseError as error:
            return dg.SkipReason(str(error))
        context.update_cursor(reported)
        return dg.SkipReason(" ".join(filter(None, (text, written))))

    return report_metrics
