"""What a run uses at this moment, read by another process: from the samples that it writes, and from the server's sessions.

Contains the reading; `mediabase status --watch` draws it, `mediabase status --json` prints it.
"""

from dataclasses import dataclass
from pathlib import Path

from mediabase_assets.monitoring.store import has_tables
from mediabase_assets.postgres.sql_files import Connection, read

_SQL = Path(__file__).parent / "sql"
#: Samples that are older than so many seconds, or than three intervals, say nothing about now.
FRESH = 10.0


@dataclass(frozen=True)
class LiveUse:
    """What all processes of a run use; None for what is not known.

    Attributes:
        processes: Processes with a fresh sample.
        cpu_percent: Of them; 100 is one core.
        sessions: Sessions of ours in the database.
        temp_bytes: Temporary files of the database since the run began; `wal_bytes`: WAL of the server.
        rows: Rows of what is built; `rows_per_second`: over the time since the first was begun.
    """

    processes: int
    memory_bytes: int | None
    cpu_percent: float | None
    machine_cpu_percent: float | None
    memory_available_bytes: int | None
    sessions: int | None
    active_sessions: int | None
    temp_bytes: int | None
    wal_bytes: int | None
    cache_hit_percent: float | None
    disk_free_bytes: int | None
    rows: int | None
    rows_per_second: float | None


@dataclass(frozen=True)
class LiveAsset:
    """An asset that is built now.

    Attributes:
        active_sessions: Sessions that execute a statement for it, with their parallel workers.
        waits: What they wait for; None if nothing.
    """

    asset: str
    seconds: float
    cpu_seconds: float | None
    peak_memory_bytes: int | None
    active_sessions: int
    waits: str | None


@dataclass(frozen=True)
class Live:
    """A run at this moment."""

    run_id: str
    use: LiveUse
    assets: tuple[LiveAsset, ...]


def read_live(conn: Connection, run_id: str, interval: float) -> Live | None:
    """What a run uses; None if it is not measured.

    Args:
        conn: A session.
        run_id: The run.
        interval: `monitoring.interval_seconds`.
    """
    if not interval or not has_tables(conn):
        return None
    use = conn.row(LiveUse, read(_SQL / "live_use.sql"), run=run_id, seconds=max(FRESH, 3 * interval))
    if use is None or not use.processes:
        return None
    return Live(run_id, use, tuple(conn.rows(LiveAsset, read(_SQL / "live_assets.sql"), run_id)))
