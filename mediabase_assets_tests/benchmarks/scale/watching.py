"""What a server and a process use while something is done: memory, CPU, reads, writes.

Here belong the looks from outside: at /proc, and at the server's own statistics. Bytes and seconds.
"""

import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import psutil

from mediabase_assets.postgres.sql_files import Connection

#: Seconds between two samples of memory.
INTERVAL = 0.25
_ANONYMOUS = re.compile(r"^RssAnon:\s+(\d+) kB", re.M)
_SHARED_SEGMENT = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*? (/dev/shm/PostgreSQL\.\S+|/SYSV\S+)", re.M)


class MemoryWatch:
    """Samples the memory of a server's processes, and of another process with its children, on a thread.

    Attributes:
        server_peak: The most that the server's processes had of their own at one moment, with the segments that parallel
            workers share, without shared_buffers.
        processes_peak: The most processes that the server had.
        client_peak: The most that the other process and its children had at one moment.
    """

    def __init__(self, postmaster: int) -> None:
        self.server_peak = self.processes_peak = self.client_peak = 0
        self._postmaster = psutil.Process(postmaster)
        self._client: psutil.Process | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory watch", daemon=True)

    def watch_client(self, pid: int) -> None:
        """Sample this process too, with its children."""
        self._client = psutil.Process(pid)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(INTERVAL):
            backends = [self._postmaster, *_children(self._postmaster)]
            self.server_peak = max(self.server_peak, sum(map(own_memory, backends)) + _segments(backends))
            self.processes_peak = max(self.processes_peak, len(backends))
            if self._client is not None:
                family = [self._client, *_children(self._client)]
                self.client_peak = max(self.client_peak, sum(map(_resident, family)))


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def own_memory(process: psutil.Process) -> int:
    """Memory that is a process's own, in bytes: anonymous pages, which shared_buffers are not.

    The USS of a backend would count every page of shared_buffers that no other backend happens to have mapped.
    """
    try:
        text = Path(f"/proc/{process.pid}/status").read_text()
        found = _ANONYMOUS.search(text)
        return int(found[1]) * 1024 if found else 0
    except FileNotFoundError:
        return 0 if Path("/proc/self/status").exists() else _unique(process)
    except OSError:
        return 0


def _unique(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def _segments(processes: Iterable[psutil.Process]) -> int:
    """Bytes of the segments that parallel workers share, each counted once."""
    found: dict[str, int] = {}
    for process in processes:
        try:
            maps = Path(f"/proc/{process.pid}/maps").read_text()
        except OSError:
            continue
        found |= {name: int(end, 16) - int(start, 16) for start, end, name in _SHARED_SEGMENT.findall(maps)}
    return sum(found.values())


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def cpu_of_server(postmaster: int) -> float:
    """CPU seconds of the postmaster, of its children that have ended and of those that work."""
    process = psutil.Process(postmaster)
    own = process.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in _children(process):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return float(total)


def wait_for_backends(conn: Connection, seconds: float = 2) -> None:
    """Wait until no other session of the database is left, so that what they used is counted."""
    end = time.monotonic() + seconds
    others = "datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"  # Dagster keeps its own
    query = f"select exists (select from pg_stat_activity where {others})"
    while conn.execute(query).fetchone() == (True,) and time.monotonic() < end:
        time.sleep(0.05)


def traffic(conn: Connection) -> dict[str, int | None]:
    """Bytes that the server has read and written so far; None for what its version does not tell.

    `read` and `written` are of tables and indexes, through the operating system; `wal` is the log, `temp` are sorts and
    hashes that did not fit into memory.
    """
    return {**_io(conn), "wal": _wal(conn), "temp": _temp(conn)}


def _io(conn: Connection) -> dict[str, int | None]:
    if not _has(conn, "pg_stat_io"):
        return {"read": None, "written": None}
    rows = [row for (row,) in conn.execute("select to_jsonb(s) from pg_stat_io as s").fetchall() if row["object"] != "wal"]
    return {"read": sum(_bytes(row, "read") for row in rows), "written": sum(_bytes(row, "write") + _bytes(row, "extend") for row in rows)}


def _bytes(row: dict[str, Any], what: str) -> int:
    """PostgreSQL 18 tells bytes; versions before it operations and the bytes of each."""
    told = row.get(f"{what}_bytes")
    return int(told if told is not None else (row.get(f"{what}s") or 0) * (row.get("op_bytes") or 0))


def _wal(conn: Connection) -> int | None:
    if not _has(conn, "pg_stat_wal"):
        return None
    row = conn.execute("select wal_bytes from pg_stat_wal").fetchone()
    return int(row[0]) if row else None


def _temp(conn: Connection) -> int:
    row = conn.execute("select sum(temp_bytes) from pg_stat_database").fetchone()
    return int(row[0] or 0) if row else 0


def _has(conn: Connection, view: str) -> bool:
    row = conn.execute("select to_regclass(%s) is not null", (f"pg_catalog.{view}",)).fetchone()
    return bool(row and row[0])
