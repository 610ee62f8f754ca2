"""What a migration took, read back: by asset, by stage, in all; and the owner's summary of a migration with his columns.

Contains the reading; a database of an earlier version, or of runs that were not measured, has times and rows and no more.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.stages import Stage
from mediabase_assets.monitoring.measure import MB
from mediabase_assets.postgres.sql_files import Connection, is_there, read

_SQL = Path(__file__).parent / "sql"
#: The columns of the owner's export of a migration, one row per stage.
STAGE_COLUMNS = (
    "stage_name", "status", "duration_seconds", "records_processed", "records_failed", "memory_usage_mb", "cpu_usage_percent",
)  # fmt: skip


@dataclass(frozen=True)
class AssetMetrics:
    """One asset of a migration; what the fields mean is said at `stage_metrics` in the database."""

    asset: str
    stage: int
    status: str
    started_at: datetime
    finished_at: datetime | None
    wall_seconds: float
    busy_seconds: float | None
    beside_seconds: float | None
    row_count: int | None
    rows_per_second: float | None
    cpu_seconds: float | None
    peak_memory_bytes: int | None
    memory_rise_bytes: int | None
    active_seconds: float | None
    waiting_seconds: float | None
    temp_bytes: int | None
    temp_files: int | None
    wal_bytes: int | None
    cache_hit_percent: float | None
    basis: str
    samples: int
    warnings: int
    errors: int


@dataclass(frozen=True)
class StageMetrics:
    """One stage of a migration.

    Attributes:
        stage: Its number.
        status: `completed`, `failed` or `running`.
        assets: Assets that were built.
        wall_seconds: Seconds of its assets, added up; `span_seconds`: from the begin of the first to the end of the last.
        records_processed: Rows of its assets.
        records_failed: Facts that its assets put into quarantine.
        peak_memory_bytes: The most memory of a process while one of its assets was built.
        cpu_seconds: Of the threads that built them.
    """

    stage: int
    status: str
    assets: int
    wall_seconds: float | None
    span_seconds: float | None
    busy_seconds: float | None
    records_processed: int | None
    records_failed: int
    peak_memory_bytes: int | None
    cpu_seconds: float | None
    active_seconds: float | None
    temp_bytes: int | None
    wal_bytes: int | None
    cache_hit_percent: float | None
    warnings: int
    errors: int

    @property
    def title(self) -> str:
        """The owner's name of the stage."""
        return Stage(self.stage).title

    @property
    def cpu_percent(self) -> float | None:
        """CPU of its threads per second of its assets; 100 is one core."""
        return 100 * self.cpu_seconds / self.wall_seconds if self.cpu_seconds is not None and self.wall_seconds else None


@dataclass(frozen=True)
class Use:
    """What the processes of a migration used, by its samples; None where there is none."""

    samples: int = 0
    average_memory_bytes: float | None = None
    peak_memory_bytes: int | None = None
    average_cpu_percent: float | None = None
    peak_cpu_percent: float | None = None
    average_machine_cpu_percent: float | None = None
    most_active_sessions: int | None = None
    temp_bytes: int | None = None
    wal_bytes: int | None = None
    least_disk_free_bytes: int | None = None


@dataclass(frozen=True)
class MigrationMetrics:
    """A migration, and what it took."""

    migration_id: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    stages: tuple[StageMetrics, ...]
    assets: tuple[AssetMetrics, ...]
    use: Use

    def summary(self) -> dict[str, Any]:
        """The owner's summary; what was not measured is None."""
        ended = [s for s in self.stages if s.status != "running"]
        seconds = [s.wall_seconds for s in self.stages if s.wall_seconds is not None]
        longest = max(self.stages, key=lambda s: (s.wall_seconds or 0, -s.stage), default=None)
        processed, failed = sum(s.records_processed or 0 for s in self.stages), sum(s.records_failed for s in self.stages)
        duration = (self.finished_at - self.started_at).total_seconds() if self.finished_at else None
        return {
            "stage_success_percent": _percent(sum(s.status == "completed" for s in ended), len(ended)),
            "record_success_percent": _percent(processed, processed + failed),
            "records_processed": processed,
            "records_failed": failed,
            "duration_seconds": _rounded(duration, 3),
            "records_per_second": _rounded(processed / duration if duration else None, 1),
            "average_stage_seconds": _rounded(sum(seconds) / len(seconds) if seconds else None, 3),
            "longest_stage": longest and longest.title,
            "longest_stage_seconds": longest and _rounded(longest.wall_seconds, 3),
            "average_memory_mb": _rounded(_mb(self.use.average_memory_bytes), 1),
            "peak_memory_mb": _rounded(_mb(self.use.peak_memory_bytes), 1),
            "average_cpu_percent": _rounded(self.use.average_cpu_percent, 1),
            "peak_cpu_percent": _rounded(self.use.peak_cpu_percent, 1),
            "errors_per_stage": {s.title: s.errors for s in self.stages if s.errors},
            "warnings_per_stage": {s.title: s.warnings for s in self.stages if s.warnings},
        }

    def as_json(self) -> dict[str, Any]:
        """Everything, with stable names."""
        return {
            "migration_id": self.migration_id, "status": self.status, "started_at": self.started_at, "finished_at": self.finished_at,
            "summary": self.summary(),
            "use": asdict(self.use),
            "stages": [{**asdict(s), "stage_name": s.title, "cpu_percent": _rounded(s.cpu_percent, 1)} for s in self.stages],
            "assets": [asdict(a) for a in self.assets],
        }  # fmt: skip

    def stage_rows(self) -> list[dict[str, Any]]:
        """The stages with the columns of the owner's export."""
        return [
            dict(
                zip(
                    STAGE_COLUMNS,
                    (
                        s.title, s.status, _rounded(s.wall_seconds, 3), s.records_processed, s.records_failed,
                        _rounded(_mb(s.peak_memory_bytes), 1), _rounded(s.cpu_percent, 1),
                    ),
                    strict=True,
                )
            )
            for s in self.stages
        ]  # fmt: skip

    def as_csv(self) -> str:
        """The owner's export: one row per stage."""
        text = io.StringIO()
        writer = csv.DictWriter(text, STAGE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.stage_rows())
        return text.getvalue()


def read_metrics(conn: Connection, migration_id: str = "") -> MigrationMetrics | None:
    """What a migration took; None if there was none.

    Args:
        conn: A session.
        migration_id: Which; the newest by default.

    Raises:
        MediabaseError: There is no such migration.
    """
    operations = conn.workspace.operations
    if not is_there(conn, operations, "migration_runs"):
        return None
    row = conn.execute(
        """select migration_id, status, started_at, finished_at from migration_runs where %s in ('', migration_id)
           order by started_at desc, migration_id desc limit 1""",
        (migration_id,),
    ).fetchone()
    if row is None and migration_id:
        raise MediabaseError(
            f"There is no migration {migration_id}.", where=operations, next_step="`mediabase status` lists the last ones."
        )
    return None if row is None else metrics_of(conn, *row)


def metrics_of(conn: Connection, migration_id: str, status: str, started_at: datetime, finished_at: datetime | None) -> MigrationMetrics:
    """What a migration of the journal took."""
    has = is_there(conn, conn.workspace.operations, "stage_metrics") and is_there(conn, conn.workspace.operations, "samples")
    stages: Sequence[StageMetrics] = conn.rows(StageMetrics, read(_SQL / "stages_of_migration.sql"), migration=migration_id) if has else ()
    assets: Sequence[AssetMetrics] = conn.rows(AssetMetrics, read(_SQL / "assets_of_migration.sql"), migration_id) if has else ()
    use = conn.row(Use, read(_SQL / "use_of_migration.sql"), migration_id) if has else None
    return MigrationMetrics(migration_id, status, started_at, finished_at, tuple(stages), tuple(assets), use or Use())


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _mb(value: float | None) -> float | None:
    return None if value is None else value / MB


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
