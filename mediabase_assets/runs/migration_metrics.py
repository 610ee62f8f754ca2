"""The asset `monitoring/migration_metrics`: what the newest migration took, as a picture and as numbers that Dagster plots over time.

Reported by a sensor and by the command line after a run, never materialized by a run. Contains Dagster's metadata, and what Dagster's
storage knows for Prometheus; the numbers and the picture are those of the package `monitoring`.
"""

import contextlib
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import psycopg
import sqlalchemy.exc

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import counted, duration
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.monitoring import exposition, picture
from mediabase_assets.monitoring.families import Facts
from mediabase_assets.monitoring.history import History, read_history
from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs.check_overview import evaluations
from mediabase_assets.runs.results import rows_table
from mediabase_assets.runs.specs import BACKUP_KEY
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.benchmark.picture import as_markdown

KEY = dg.AssetKey(["monitoring", "migration_metrics"])
#: Check of the backup that proves a restore.
PROOF = dg.AssetCheckKey(BACKUP_KEY, "newest_backup_can_be_restored")
#: Seconds without a finished asset after which a run of selected assets counts as ended.
_QUIET = 60
_NUMBERS = (
    "duration_seconds", "records_per_second", "average_stage_seconds", "longest_stage_seconds", "average_memory_mb", "peak_memory_mb",
    "average_cpu_percent", "peak_cpu_percent", "stage_success_percent", "record_success_percent",
)  # fmt: skip


def facts_of(instance: dg.DagsterInstance) -> Facts:
    """What Dagster's storage knows for Prometheus; nothing where it does not answer."""
    try:
        runs = {status.value.lower(): instance.get_runs_count(dg.RunsFilter(statuses=[status])) for status in dg.DagsterRunStatus}
        proofs = [e for e in evaluations(instance, PROOF, 10) if "not proved" not in e[1].metadata]
    except (sqlalchemy.exc.SQLAlchemyError, OSError):
        return Facts()
    return Facts(runs, proofs[0][1].passed if proofs else None, proofs[0][0] if proofs else None)


def seen(history: History) -> str:
    """What a report was about; it changes when there is something new to report."""
    metrics = history.metrics
    return f"{metrics.migration_id} {metrics.status} {metrics.finished_at} {max(str(a.finished_at) for a in metrics.assets)}"


def is_at_work(history: History) -> bool:
    """Whether a run seems to work for a migration: a run of selected assets leaves no other sign than the time of the newest."""
    newest = max(a.finished_at or a.started_at for a in history.metrics.assets)
    is_fresh = (datetime.now(UTC) - newest).total_seconds() < _QUIET
    return history.metrics.status == RunStatus.RUNNING or (history.metrics.status == RunStatus.PARTIAL and is_fresh)


def report(instance: dg.DagsterInstance, settings: Settings, *, known: str = "", has_ended: bool = False) -> tuple[str, str]:
    """Report the newest migration, unless it is known or still running; returns what was reported, and a sentence.

    Args:
        instance: Where to report it.
        settings: Which database.
        known: What was reported last.
        has_ended: Whether the run that worked for it has ended for certain.

    Raises:
        ServerError: The database cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase metrics") as conn:
        history = read_history(conn)
    if history is None:
        return known, "No migration was measured yet."
    if seen(history) == known:
        return known, f"Migration {history.metrics.migration_id} was reported already."
    if not has_ended and is_at_work(history):
        return known, f"Migration {history.metrics.migration_id} is running."
    instance.report_runless_asset_event(dg.AssetMaterialization(KEY, metadata=_metadata(history)))
    return seen(history), f"Migration {history.metrics.migration_id}: {counted(len(history.metrics.assets), 'asset')} measured."


def tell(instance: dg.DagsterInstance, settings: Settings) -> str:
    """After a run: report the newest migration, and write the file for Prometheus; returns what went wrong, as a sentence."""
    try:
        report(instance, settings, has_ended=True)
        exposition.write_file(settings, lambda: facts_of(instance))
    except (MediabaseError, psycopg.Error, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        return f"The metrics of this migration were not reported: {error}"
    return ""


def _metadata(history: History) -> dict[str, Any]:
    metrics = history.metrics
    summary = metrics.summary()
    shown: dict[str, Any] = {
        "picture": dg.MetadataValue.md(as_markdown(picture.draw(history), "The migration over time")),
        "migration": metrics.migration_id,
        "status": metrics.status,
        "longest stage": summary["longest_stage"] or "",
        **{name: float(summary[name]) for name in _NUMBERS if summary[name] is not None},
        "stages": rows_table(metrics.stage_rows()),
        "longest assets": rows_table(
            [
                {
                    "asset": a.asset,
                    "took": duration(a.wall_seconds),
                    "rows": a.row_count,
                    "rows per second": round(a.rows_per_second or 0, 1),
                }
                for a in sorted(metrics.assets, key=lambda a: -a.wall_seconds)[:10]
            ]
        ),
    }
    for name, total in (("wal_mb", metrics.use.wal_bytes), ("temp_files_mb", metrics.use.temp_bytes)):
        if total is not None:
            shown[name] = round(total / (1 << 20), 3)
    return shown


def write_metrics_file(instance: dg.DagsterInstance, settings: Settings) -> str:
    """Write the file for Prometheus, where one is configured; returns a sentence about it, empty where none is."""
    with contextlib.suppress(psycopg.Error):
        file = exposition.write_file(settings, lambda: facts_of(instance))
        return f"Wrote {file}." if file else ""
    return ""
