"""What one asset took: the value that the steps of a run fill by their own clocks, the sampler by looking, the server by counting.

Contains the value only. Each number says where it is from: time, CPU and what the server counted are exact; what is seen by samples is
the share of samples times the time between them; memory is that of the whole process, since its threads share it.
"""

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mediabase_assets.postgres.consumption import Consumption

#: What a metric in MB is divided by.
MB = 1 << 20


@dataclass
class Measure:
    """One asset that is built, or was.

    Attributes:
        asset: `layer/relation`.
        stage: Stage of the owner's process.
        is_build: Whether a builder measures it, and not its step, which may only have waited for the builder.
        memory_at_begin: Memory of the process in bytes; `high_at_begin`: the most that it had had until then.
        peak_memory: The most that was seen since.
        cpu_at_begin: CPU seconds of the thread.
        thread: Identifies the thread, for `cpu_now`.
        began_at: When it began; `began`: the same by the clock that never jumps; `ended_at` and `ended` likewise, None while it runs.
        cpu_seconds: CPU seconds of the thread that builds it, once it has ended.
        cpu_at_sample: The same when it was looked at last.
        samples: How often it was looked at.
        sampled_seconds: The time that these samples stand for.
        active: Of that, seconds with an active session on the server; `waiting`: seconds in which all active ones waited for a lock, a
            time-out or us; `busy`: seconds with a session that worked, or the thread at work.
        beside: Seconds in which other assets were built in the same process; `has_company`: whether one was at any time.
        consumption: What the server counted; None if it did not count.
        has_parts: Whether several sessions share the work, each of which is counted at its commits.
        rows: Rows of the asset; None if it does not have any.
        warnings: Checks that warned.
        errors: Checks that failed, or 1 for a failure of another kind.
        status: `running`, `done` or `failed`.
        migration_id: The migration.
    """

    asset: str
    stage: int
    is_build: bool
    memory_at_begin: int
    peak_memory: int = 0
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)
    cpu_at_begin: float = field(default_factory=time.thread_time)
    thread: int = field(default_factory=threading.get_ident)
    ended: float | None = None
    ended_at: datetime | None = None
    cpu_seconds: float | None = None
    samples: int = 0
    sampled_seconds: float = 0.0
    active: float = 0.0
    waiting: float = 0.0
    busy: float = 0.0
    beside: float = 0.0
    has_company: bool = False
    consumption: Consumption | None = None
    rows: int | None = None
    warnings: int = 0
    errors: int = 0
    status: str = "running"
    migration_id: str = ""
    high_at_begin: int = 0
    has_parts: bool = False
    cpu_at_sample: float = 0.0

    @property
    def wall_seconds(self) -> float:
        """Seconds from its begin to its end, or to now."""
        return (self.ended if self.ended is not None else time.monotonic()) - self.began

    def cpu_now(self) -> float | None:
        """CPU seconds of its thread so far, asked by another thread; None where the system does not tell."""
        clock_of = getattr(time, "pthread_getcpuclockid", None)
        if clock_of is None or self.ended is not None:
            return self.cpu_seconds
        try:
            return float(time.clock_gettime(clock_of(self.thread))) - self.cpu_at_begin
        except OSError:
            return None

    def end(self, status: str, memory: int) -> None:
        """Note the end; the thread that builds it calls this."""
        self.cpu_seconds = max(time.thread_time() - self.cpu_at_begin, 0.0)
        self.ended, self.ended_at, self.status = time.monotonic(), datetime.now(UTC), status
        self.peak_memory = max(self.peak_memory, memory)

    def add(self, at_commit: Consumption, since_begin: Consumption | None) -> None:
        """Add what the server counted for a transaction; where nothing ran beside, with what its parallel workers reported before."""
        taken = at_commit
        self.has_parts |= since_begin is None
        if since_begin is not None and not self.has_company and not self.has_parts:
            workers = {name: getattr(since_begin, name) for name in ("temp_bytes", "temp_files", "blocks_hit", "blocks_read")}
            taken = replace(at_commit, **workers)
        self.consumption = taken if self.consumption is None else self.consumption + taken

    def look(self, seconds: float, *, active: bool, waiting: bool, company: bool, memory: int) -> None:
        """Add a sample.

        Args:
            seconds: The time that it stands for, at most.
            active: Whether a session of the asset executes a statement.
            waiting: Whether all that do wait.
            company: Whether other assets are built.
            memory: Of the process, at most since the last sample.
        """
        seconds = min(seconds, self.wall_seconds)
        cpu = self.cpu_now()
        worked = cpu is not None and cpu - self.cpu_at_sample > seconds / 2
        self.cpu_at_sample = cpu or self.cpu_at_sample
        self.samples += 1
        self.sampled_seconds += seconds
        self.active += seconds if active else 0
        self.waiting += seconds if waiting else 0
        self.busy += seconds if (active and not waiting) or worked else 0
        self.beside += seconds if company else 0
        self.has_company |= company
        self.peak_memory = max(self.peak_memory, memory)

    def share(self, seconds: float) -> float | None:
        """Sampled seconds scaled to the whole time; None without a sample."""
        return min(seconds / self.sampled_seconds, 1.0) * self.wall_seconds if self.sampled_seconds else None

    @property
    def active_seconds(self) -> float | None:
        """Seconds in which the server executed its statements: counted by the server, or else sampled."""
        return self.consumption.active_microseconds / 1e6 if self.consumption else self.share(self.active)

    @property
    def busy_seconds(self) -> float | None:
        """Seconds in which it was worked on: of the server, as counted and without waiting, and of the thread; or else sampled."""
        cpu = self.cpu_now()
        if self.consumption is None or cpu is None:
            return self.share(self.busy)
        waiting = min(self.share(self.waiting) or 0.0, self.consumption.active_microseconds / 1e6)
        return min(self.consumption.active_microseconds / 1e6 - waiting + cpu, self.wall_seconds)

    def shown(self, rows: int | None) -> dict[str, float | int]:
        """The numbers that Dagster plots; without those that are not known.

        >>> sorted(Measure("a/b", 1, False, 0).shown(None))
        ['peak_memory_mb', 'wall_seconds']
        """
        wall, seen = self.wall_seconds, self.consumption
        numbers: dict[str, float | None] = {
            "wall_seconds": round(wall, 3),
            "busy_seconds": None if (busy := self.busy_seconds) is None else round(busy, 3),
            "cpu_seconds": None if self.cpu_seconds is None else round(self.cpu_seconds, 3),
            "active_seconds": None if seen is None else round(seen.active_microseconds / 1e6, 3),
            "rows_per_second": round(rows / wall, 1) if rows is not None and wall > 0 else None,
            "peak_memory_mb": round(self.peak_memory / MB, 1),
            "temp_files_mb": None if seen is None else round(seen.temp_bytes / MB, 3),
            "wal_mb": None if seen is None else round(seen.wal_bytes / MB, 3),
            "cache_hit_percent": None if seen is None else hit_percent(seen.blocks_hit, seen.blocks_read),
        }
        return {name: value for name, value in numbers.items() if value is not None}


def hit_percent(hit: int | None, read: int | None) -> float | None:
    """Percent of blocks that were found in the server's cache; None where none was asked for.

    >>> hit_percent(3, 1), hit_percent(0, 0), hit_percent(None, None)
    (75.0, None, None)
    """
    return round(100 * (hit or 0) / total, 2) if (total := (hit or 0) + (read or 0)) else None
