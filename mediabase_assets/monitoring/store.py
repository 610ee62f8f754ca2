"""Writes what was measured into `stage_metrics` and `samples`, thins long runs, and deletes what is too old.

Contains the statements; when they are run is decided in `sampler`. The tables may not exist yet: then nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mediabase_assets.monitoring.machine import HOST
from mediabase_assets.monitoring.measure import Measure
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.sql_files import is_there, read

_SQL = Path(__file__).parent / "sql"
#: Samples of one process of a run that are kept; then every second one goes, and from there on every second one is taken.
MOST_SAMPLES = 600


@dataclass(frozen=True)
class Sample:
    """One row of `samples`; the columns are described there."""

    number: int
    sampled_at: datetime
    seconds: float
    memory_bytes: int
    memory_available_bytes: int
    cpu_percent: float
    machine_cpu_percent: float
    sessions: int | None
    active_sessions: int | None
    temp_bytes: int | None
    wal_bytes: int | None
    cache_hit_percent: float | None
    disk_free_bytes: int | None
    running: Sequence[str]


def has_tables(conn: Session) -> bool:
    """Whether there is something to write into."""
    return all(is_there(conn, conn.workspace.operations, name) for name in ("stage_metrics", "samples", "migration_runs"))


def write_sample(conn: Session, sample: Sample, *, run_id: str, process_id: int, migration_id: str) -> None:
    """Write a sample."""
    conn.execute(
        read(_SQL / "write_sample.sql"),
        {**vars(sample), "running": list(sample.running), "run": run_id, "host": HOST, "process": process_id, "migration": migration_id},
    )


def drop_sample(conn: Session, number: int, *, run_id: str, process_id: int) -> None:
    """Delete a sample that was only the newest one."""
    conn.execute(
        "delete from samples where run_id = %s and host = %s and process_id = %s and number = %s", (run_id, HOST, process_id, number)
    )


def thin(conn: Session, stride: int, *, run_id: str, process_id: int) -> None:
    """Keep only samples whose number is a multiple of the stride; each takes over the most memory of those that go after it."""
    conn.execute(read(_SQL / "thin_samples.sql"), {"stride": stride, "run": run_id, "host": HOST, "process": process_id})


def delete_old(conn: Session, keep_days: int) -> None:
    """Delete samples that are too old, and metrics as old of runs that were no migration."""
    conn.execute("delete from samples where sampled_at < now() - make_interval(days => %s)", (keep_days,))
    conn.execute(
        """delete from stage_metrics as m where m.started_at < now() - make_interval(days => %s)
             and not exists (select from migration_runs as r where r.migration_id = m.migration_id)""",
        (keep_days,),
    )


def write_measure(conn: Session, measure: Measure, *, run_id: str, process_id: int) -> None:
    """Write what an asset took, so far or in all."""
    seen = measure.consumption
    values = {
        "migration": measure.migration_id, "asset": measure.asset, "stage": measure.stage, "run": run_id, "host": HOST,
        "process": process_id, "status": measure.status, "started": measure.began_at, "finished": measure.ended_at,
        "wall": measure.wall_seconds, "busy": measure.busy_seconds, "beside": measure.share(measure.beside), "rows": measure.rows,
        "cpu": measure.cpu_now(), "peak": measure.peak_memory, "rise": max(measure.peak_memory - measure.memory_at_begin, 0),
        "active": measure.active_seconds, "waiting": measure.share(measure.waiting),
        "temp": seen and seen.temp_bytes, "files": seen and seen.temp_files, "wal": seen and seen.wal_bytes,
        "hit": seen and seen.blocks_hit, "read": seen and seen.blocks_read, "basis": "counted" if seen else "sampled",
        "samples": measure.samples, "warnings": measure.warnings, "errors": measure.errors,
    }  # fmt: skip
    conn.execute(read(_SQL / "write_measure.sql"), values)
