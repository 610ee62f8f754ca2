"""Runs the floor: pg_dump of the legacy table, and beside it psql sessions that build the result tables and views.

Here belong the processes, the time they take, and what they made. The scripts are `floor_script.py`'s.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mediabase_assets.backup.create import DUMP_OPTIONS
from mediabase_assets.postgres.connect import client_tool, connect, libpq_env
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.settings.load import Settings
from mediabase_assets_tests.benchmarks.scale.floor_script import SCHEMA, FloorScripts, floor_scripts

#: psql sessions beside each other, where the machine has as many cores.
SESSIONS = 2
#: Seconds between two looks at the processes.
_POLL = 0.01


class FloorError(Exception):
    """A process of the floor failed; the text ends with what it said."""


def measure_floor(settings: Settings, folder: Path) -> dict[str, Any]:
    """Build the floor beside a pg_dump, look at what it made, drop it, and checkpoint.

    Args:
        settings: The server and its legacy table.
        folder: Gets the scripts and what psql said. The dump is removed.

    Returns:
        Seconds in all, of pg_dump, of each session and each step; relations with rows and content hash; bytes of the dump.

    Raises:
        FloorError: A process failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with connect(settings, autocommit=True) as conn:
        scripts = floor_scripts(conn, settings)
        conn.execute("checkpoint")
    for name, text in scripts.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    dump = folder / "legacy.dump"
    try:
        ended = _run(settings, folder, dump)
        found = {"dump_bytes": dump.stat().st_size, **_made(settings, scripts)}
    finally:
        dump.unlink(missing_ok=True)
        _psql(settings, folder, "clean_up.sql").wait()
    with connect(settings, autocommit=True) as conn:
        conn.execute("checkpoint")
    seconds = {name: round(s, 3) for name, s in ended.items() if name != "all"}
    return {"seconds": round(ended["all"], 3), "processes": seconds, "sessions": _sessions(), **found}


def _sessions() -> int:
    return min(SESSIONS, os.cpu_count() or 1)


def _run(settings: Settings, folder: Path, dump: Path) -> dict[str, float]:
    """Seconds after which each process had ended, and all of them."""
    legacy = f'"{settings.database.source_schema}"."{settings.database.legacy_table}"'
    arguments = [str(client_tool("pg_dump")), *DUMP_OPTIONS, f"--file={dump}", f"--table={legacy}"]
    began = time.monotonic()
    with (folder / "pg_dump.log").open("w") as log:
        dumping = subprocess.Popen(arguments, env=libpq_env(settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    with _ended_at_last({"pg_dump": dumping}) as running:
        running["set_up"] = _psql(settings, folder, "set_up.sql")
        if running["set_up"].wait():
            raise _failed("set_up", folder)
        ended = {"set_up": time.monotonic() - began}
        for number in range(1, _sessions() + 1):
            running[f"session_{number}"] = _psql(settings, folder, "build.sql", f"session_{number}.log")
        while len(ended) < len(running):
            for name, process in running.items():
                if name not in ended and process.poll() is not None:
                    ended[name] = time.monotonic() - began
                    if process.returncode:
                        raise _failed(name, folder)
            time.sleep(_POLL)
    return {**ended, "all": max(ended.values())}


@contextmanager
def _ended_at_last(running: dict[str, subprocess.Popen[bytes]]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Processes that are ended when the body fails."""
    try:
        yield running
    finally:
        for process in running.values():
            if process.poll() is None:
                process.terminate()
                process.wait()


def _psql(settings: Settings, folder: Path, script: str, log_name: str | None = None) -> subprocess.Popen[bytes]:
    command = [str(client_tool("psql")), "-X", "-q", "-f", str(folder / script)]
    with (folder / (log_name or f"{Path(script).stem}.log")).open("w") as log:
        return subprocess.Popen(command, env=libpq_env(settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _failed(name: str, folder: Path) -> FloorError:
    log = folder / f"{name}.log"
    said = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return FloorError(f"{name} of the floor failed; all of it is in {log}:\n" + "\n".join(said[-12:]))


def _made(settings: Settings, scripts: FloorScripts) -> dict[str, Any]:
    """Seconds of each step, and content of each relation."""
    with connect(settings, autocommit=True) as conn:
        rows = conn.execute(
            f"select step, session, extract(epoch from finished_at - started_at)::float8, "
            f"extract(epoch from started_at - min(started_at) over ())::float8 from {SCHEMA}.floor_steps order by started_at"
        ).fetchall()
        sessions = {pid: number for number, pid in enumerate(dict.fromkeys(row[1] for row in rows), 1)}
        steps = [{"step": s, "session": sessions[pid], "seconds": round(t, 3), "start": round(at, 3)} for s, pid, t, at in rows]
        hashes = {}
        for name in scripts.relations:
            found = content_hash(conn, SCHEMA, name)
            hashes[name] = {"rows": found.rows, "hash": found.digest}
    return {"steps": steps, "hashes": hashes}
