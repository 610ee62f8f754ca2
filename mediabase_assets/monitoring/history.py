"""What the picture of a migration is drawn from: its samples, its bars, and the stages of the migrations before it."""

from dataclasses import dataclass
from pathlib import Path

from mediabase_assets.monitoring.summary import AssetMetrics, MigrationMetrics, read_metrics
from mediabase_assets.postgres.sql_files import Connection, is_there, read

_SQL = Path(__file__).parent / "sql"
#: Migrations that are compared.
MIGRATIONS = 12


@dataclass(frozen=True)
class Point:
    """A sample: seconds since the migration's first asset began, memory, CPU (100 is one core), active sessions."""

    seconds: float
    memory_bytes: int
    cpu_percent: float
    active_sessions: int | None


@dataclass(frozen=True)
class StageSeconds:
    """A stage of a migration."""

    migration_id: str
    stage: int
    seconds: float


@dataclass(frozen=True)
class History:
    """A migration and those before it.

    Attributes:
        metrics: The migration.
        points: Its samples.
        stages: Stages of the last migrations, the newest first.
    """

    metrics: MigrationMetrics
    points: tuple[Point, ...]
    stages: tuple[StageSeconds, ...]

    @property
    def bars(self) -> list[tuple[int, AssetMetrics, float]]:
        """Each asset in the first row that is free, with the seconds since the first began: rows show what ran beside what."""
        if not self.metrics.assets:
            return []
        first = min(a.started_at for a in self.metrics.assets)
        free: list[float] = []
        placed = []
        for asset in sorted(self.metrics.assets, key=lambda a: (a.started_at, a.asset)):
            begin = (asset.started_at - first).total_seconds()
            row = next((n for n, end in enumerate(free) if end <= begin + 0.001), len(free))
            free[row : row + 1] = [begin + asset.wall_seconds]
            placed.append((row, asset, begin))
        return placed


def read_history(conn: Connection) -> History | None:
    """The newest migration and those before it; None if there was none, or it was not measured."""
    metrics = read_metrics(conn)
    if metrics is None or not metrics.assets or not is_there(conn, conn.workspace.operations, "samples"):
        return None
    first = min(a.started_at for a in metrics.assets)
    points = conn.rows(
        Point,
        """select extract(epoch from sampled_at - %s)::double precision as seconds, memory_bytes, cpu_percent, active_sessions
           from samples where migration_id = %s and memory_bytes is not null order by sampled_at, number""",
        first, metrics.migration_id,
    )  # fmt: skip
    stages = conn.rows(StageSeconds, read(_SQL / "stages_over_time.sql"), MIGRATIONS)
    return History(metrics, tuple(points), tuple(stages))
