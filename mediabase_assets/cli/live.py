"""What the watched run uses, beneath its stages: on a terminal a small table that is read anew every second, elsewhere one line.

Contains drawing and the session; the numbers are read by `monitoring.live`.
"""

import time

import psycopg
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import duration, number, size
from mediabase_assets.monitoring.live import Live, read_live
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.connection import Session
from mediabase_assets.settings.load import Settings

#: Seconds between two readings.
PAUSE = 1.0


class UseBoard:
    """Reads what a run uses while it is watched; a server that does not answer leaves the last reading out.

    Args:
        settings: Which database.
        run_id: The run.
    """

    def __init__(self, settings: Settings, run_id: str) -> None:
        self.settings, self.run_id = settings, run_id
        self._conn: Session | None = None
        self._read_at = float("-inf")
        self._live: Live | None = None

    def close(self) -> None:
        """Close the session."""
        if self._conn is not None:
            self._conn.close()

    def read(self) -> Live | None:
        """The newest reading."""
        if time.monotonic() - self._read_at < PAUSE:
            return self._live
        self._read_at = time.monotonic()
        try:
            if self._conn is None or self._conn.closed:
                self._conn = connect(self.settings, autocommit=True, application_name="mediabase watch")
            self._live = read_live(self._conn, self.run_id, self.settings.monitoring.interval_seconds)
        except (psycopg.Error, MediabaseError):
            self._live = None
            self.close()
            self._conn = None
        return self._live

    def drawn(self) -> RenderableType:
        """For a terminal."""
        live = self.read()
        if live is None:
            return Text("")
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("Working on", no_wrap=True, min_width=24)
        for name in ("For", "Python's CPU", "Memory", "Sessions"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("They wait for", style="dim", overflow="ellipsis", no_wrap=True)
        for a in live.assets:
            table.add_row(
                escape(a.asset), duration(a.seconds), duration(a.cpu_seconds), size(a.peak_memory_bytes), str(a.active_sessions),
                escape(a.waits or ""),
            )  # fmt: skip
        return Group(Text(""), Text(sentence(live)), table) if live.assets else Group(Text(""), Text(sentence(live)))

    def line(self) -> str:
        """For a file or a pipe; empty if nothing is known."""
        live = self.read()
        return "" if live is None else sentence(live)


def sentence(live: Live) -> str:
    """What all processes of the run use, in one line."""
    use = live.use
    parts = [
        f"memory {size(use.memory_bytes)}",
        f"CPU {use.cpu_percent or 0:.0f} % of a core, machine {use.machine_cpu_percent or 0:.0f} %",
        f"sessions {use.active_sessions} active of {use.sessions}" if use.sessions is not None else "",
        f"{use.rows_per_second:,.0f} rows/s, {number(use.rows)} in all" if use.rows_per_second else "",
        f"temporary files {size(use.temp_bytes)}" if use.temp_bytes is not None else "",
        f"WAL {size(use.wal_bytes)}" if use.wal_bytes is not None else "",
        f"cache hits {use.cache_hit_percent:.1f} %" if use.cache_hit_percent is not None else "",
        f"disk {size(use.disk_free_bytes)} free" if use.disk_free_bytes is not None else "",
    ]
    return ", ".join(part for part in parts if part)
