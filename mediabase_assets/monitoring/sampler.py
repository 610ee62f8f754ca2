"""The sampler: one thread and one session for each process that works on a run, which look at it now and then and write what they see.

Nothing waits for it and nothing fails by it: steps only note their begin and end in memory. A lost session, a full disk or tables that are
not there yet cost samples, and are told once as a warning. What was written stays when the process is killed.
"""

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psutil
import psycopg

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.monitoring import server, store
from mediabase_assets.monitoring.health import health
from mediabase_assets.monitoring.machine import Machine, Use, high_water
from mediabase_assets.monitoring.measure import Measure, hit_percent
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.own_sessions import server_processes
from mediabase_assets.settings.load import Settings

SESSION = "mediabase monitoring"
#: Names of sessions that do not follow from that of their asset; programs of PostgreSQL have sessions of the first.
NAMES = {
    "backup/legacy_backup": "mediabase backup",
    "legacy/cancer_transcript_base": "mediabase prerequisites",
    "validation/query_benchmark": "mediabase query benchmark",
}
#: Seconds after which a session that was lost is opened again; after which what runs is written; that the end of a run waits at most.
AGAIN, WRITES, PATIENCE = 5.0, 2.0, 3.0
#: Readings that are kept while they cannot be written.
KEPT = 600
#: Seconds for which the machine's CPU has to be in use before that is told.
LONG = 60

Warn = Callable[[str], object]


def session_name(asset: str) -> str:
    """Name of the sessions that build an asset, as PostgreSQL cuts it off.

    >>> session_name("normalized/genes"), session_name("backup/legacy_backup")
    ('mediabase normalized/genes', 'mediabase backup')
    """
    return NAMES.get(asset, f"mediabase {asset}")[:63]


class Sampler:
    """Measures the assets of one run in this process.

    Args:
        settings: Which database, and how often.
        run_id: Dagster's id of the run.
        migration_id: The migration that it works for.
        warn: Writes a warning to the log of the run.
    """

    def __init__(self, settings: Settings, run_id: str, migration_id: str, warn: Warn) -> None:
        self.settings, self.run_id, self.migration_id, self.warn = settings, run_id, migration_id, warn
        self.interval = settings.monitoring.interval_seconds
        self.machine = Machine((settings.home, settings.backup_dir))
        self.guard = threading.Lock()
        self.measures: dict[str, Measure] = {}
        self.ended: list[Measure] = []
        self.unwritten: deque[store.Sample] = deque(maxlen=KEPT)
        self.conn: Session | None = None
        self.first: server.ServerNow | None = None
        self.before: server.ServerNow | None = None
        self.told: set[str] = set()
        self.number, self.stride, self.newest = 0, 1, -1
        self.began = self.last = time.monotonic()
        self.lost_at = self.written_at = float("-inf")
        self.has_tables, self.hot = False, 0.0
        self.end_of_run = threading.Event()
        self.thread = threading.Thread(target=self._work, name="mediabase monitoring", daemon=True)
        self.thread.start()

    def begin(self, asset: str, stage: int, *, is_build: bool, migration_id: str) -> Measure | None:
        """Begin to measure an asset; None if it is measured already, or its step only reports what a builder has built."""
        with self.guard:
            known = self.measures.get(asset)
            if known is not None and known.ended is None and (known.is_build or known.thread == threading.get_ident() or not is_build):
                return None
            if known is not None and known.ended is not None and known.is_build and not is_build:
                return None
            memory = self.machine.memory()
            measure = Measure(asset, stage, is_build, memory, peak_memory=memory, migration_id=migration_id, high_at_begin=high_water())
            self.measures[asset] = measure
            running = [m for m in self.measures.values() if m.ended is None]
            for one in running if len(running) > 1 else ():
                one.has_company = True
        return measure

    def end(self, measure: Measure, status: str) -> None:
        """An asset has ended; one that was kept, or whose builder is measured instead, leaves nothing."""
        high = high_water()
        measure.end(status, max(self.machine.memory(), high if high > measure.high_at_begin else 0))
        with self.guard:
            if self.measures.get(measure.asset) is measure:
                if status == "kept":
                    del self.measures[measure.asset]
                else:
                    self.ended.append(measure)

    def stop(self) -> None:
        """The run has ended: write what is left. Waits a moment, and never for a server that does not answer."""
        self.end_of_run.set()
        self.thread.join(PATIENCE)
        if self.thread.is_alive() and (conn := self.conn) is not None and not conn.closed:
            with contextlib.suppress(psycopg.Error):
                conn.cancel_safe(timeout=1)
            self.thread.join(PATIENCE)

    def _work(self) -> None:
        while not self.end_of_run.wait(self.interval):
            self._tick()
        self.lost_at = float("-inf")
        self._tick()
        with self._on_server():
            if self.conn is not None and self.has_tables:
                store.delete_old(self.conn, self.settings.monitoring.keep_days)
        self._close()

    def _tick(self) -> None:
        """Look at process and server, and write what there is to write."""
        now = time.monotonic()
        seconds, self.last = now - self.last, now
        try:
            use = self.machine.read()
        except psutil.Error:
            return
        with self.guard:
            running = [m for m in self.measures.values() if m.ended is None]
        seen: server.ServerNow | None = None
        with self._on_server():
            if self._is_open():
                assert self.conn is not None
                seen = server.look(self.conn)
        self._look(running, seconds, use, seen)
        self.unwritten.append(self._sample(now, use, seen, running))
        with self._on_server():
            if self.conn is not None:
                self._write(self.conn, running, now)
        self.hot = self.hot + seconds if use.machine_cpu_percent >= self.settings.monitoring.cpu_warning_percent else 0.0
        for finding in health(self.settings, memory=use.most_memory, cpu_percent=use.machine_cpu_percent if self.hot >= LONG else 0.0):
            self._tell(finding.explanation, key=f"{finding.name} {finding.severity}")

    def _look(self, running: list[Measure], seconds: float, use: Use, seen: server.ServerNow | None) -> None:
        pids = server_processes()
        for measure in running:
            own = () if measure.asset in NAMES else pids  # pg_dump has sessions of its own
            active, waiting = seen.active_of(session_name(measure.asset), own) if seen else (False, False)
            if seen is None:
                measure.peak_memory = max(measure.peak_memory, use.most_memory)
            else:
                measure.look(seconds, active=active, waiting=waiting, company=len(running) > 1, memory=use.most_memory)

    def _sample(self, now: float, use: Use, seen: server.ServerNow | None, running: list[Measure]) -> store.Sample:
        """A row of `samples`; what the server did is counted from the first look at it."""
        self.first = self.first or seen
        first, before, self.before = self.first, self.before, seen or self.before
        wal = hits = temp = sessions = active = None
        if seen is not None and first is not None:
            sessions, active = len(seen.sessions), sum(s.is_active for s in seen.sessions)
            temp = max(seen.temp_bytes - first.temp_bytes, 0)
            wal = None if seen.wal_bytes is None or first.wal_bytes is None else seen.wal_bytes - first.wal_bytes
        if seen is not None and before is not None:
            hits = hit_percent(seen.blocks_hit - before.blocks_hit, seen.blocks_read - before.blocks_read)
        self.number += 1
        return store.Sample(
            self.number - 1, datetime.now(UTC), now - self.began, use.most_memory, use.available, use.cpu_percent, use.machine_cpu_percent,
            sessions, active, temp, wal, hits, use.disk_free, sorted(m.asset for m in running),
        )  # fmt: skip

    def _write(self, conn: Session, running: list[Measure], now: float) -> None:
        """Write what is left, once there is a place for it."""
        self.has_tables = self.has_tables or store.has_tables(conn)
        if not self.has_tables:
            return
        while self.unwritten:
            sample = self.unwritten[0]
            store.write_sample(conn, sample, run_id=self.run_id, process_id=os.getpid(), migration_id=self.migration_id)
            if self.newest >= 0 and self.newest % self.stride:
                store.drop_sample(conn, self.newest, run_id=self.run_id, process_id=os.getpid())
            self.newest = sample.number
            self.unwritten.popleft()
            if sample.number // self.stride >= store.MOST_SAMPLES:
                self.stride *= 2
                store.thin(conn, self.stride, run_id=self.run_id, process_id=os.getpid())
        if running and now - self.written_at >= WRITES:
            self.written_at = now
            for measure in running:
                store.write_measure(conn, measure, run_id=self.run_id, process_id=os.getpid())
        while self.ended:
            store.write_measure(conn, self.ended[0], run_id=self.run_id, process_id=os.getpid())
            self.ended.pop(0)

    def _is_open(self) -> bool:
        """Open the session, unless it was lost a moment ago."""
        if self.conn is None and time.monotonic() - self.lost_at >= AGAIN:
            self.lost_at = time.monotonic()
            conn = connect(self.settings, autocommit=True, application_name=SESSION)
            self.conn = conn
            timeout = f"{self.settings.monitoring.query_timeout_ms}ms"
            for name, value in (
                ("statement_timeout", timeout), ("lock_timeout", timeout), ("synchronous_commit", "off"),
                ("search_path", f'"{conn.workspace.operations}"'),
            ):  # fmt: skip
                conn.execute("select set_config(%s, %s, false)", (name, value))
        return self.conn is not None

    @contextlib.contextmanager
    def _on_server(self) -> Iterator[None]:
        """What fails costs samples, and is told once."""
        try:
            yield
        except (psycopg.Error, MediabaseError, OSError) as error:
            self.lost_at = time.monotonic()
            self._close()
            what = error.what if isinstance(error, MediabaseError) else f"{str(error).strip().partition(chr(10))[0]}."
            self._tell(f"The monitoring of this run is interrupted: {what} The run goes on; what is not seen is missing in its metrics.")

    def _close(self) -> None:
        conn, self.conn = self.conn, None
        if conn is not None:
            with contextlib.suppress(psycopg.Error):
                conn.close()

    def _tell(self, text: str, *, key: str = "lost") -> None:
        if key not in self.told and not self.end_of_run.is_set():
            self.told.add(key)
            self.warn(text)
