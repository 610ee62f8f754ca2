"""One cold migration in a process of its own, whose memory is thereby the migration's alone.

Here belongs what that process does; `measuring.py` starts it. It writes what it measured to the file that it is told.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

_BEGAN = time.monotonic()


def main() -> None:
    """Import, migrate, tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--result", type=Path, required=True, help="file for what was measured")
    options.add_argument("--postmaster", type=int, required=True, help="process of the server")
    chosen = options.parse_args()
    chosen.result.write_text(json.dumps(_migrate(chosen.postmaster)))


def _migrate(postmaster: int) -> dict[str, Any]:
    from mediabase_assets.definitions import defs
    from mediabase_assets.settings.load import load_settings
    from mediabase_assets_tests.benchmarks.place import QUIET, instance_of

    job = defs().resolve_job_def("migrate")
    imported = time.monotonic()
    with instance_of(load_settings()) as instance:
        before = _used(postmaster)
        began = time.monotonic()
        run = job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)
        found: dict[str, Any] = {"import_seconds": imported - _BEGAN, "seconds": time.monotonic() - began, "peak_bytes": _peak()}
        found |= _difference(before, _used(postmaster))
        found["steps"] = {s.step_key: s.end_time - s.start_time for s in instance.get_run_step_stats(run.run_id) if s.end_time}
        found["look_seconds"] = _look(instance)
    return found


def _used(postmaster: int) -> dict[str, dict[str, Any]]:
    """What this process and the server have used so far."""
    from mediabase_assets.postgres.connect import connect
    from mediabase_assets.settings.load import load_settings
    from mediabase_assets_tests.benchmarks.scale import watching

    with connect(load_settings(), autocommit=True) as conn:
        watching.wait_for_backends(conn)
        traffic = watching.traffic(conn)
    return {"cpu_seconds": {"python": _cpu(), "server": watching.cpu_of_server(postmaster)}, "traffic": traffic}


def _difference(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        kind: {name: None if value is None else value - (before[kind][name] or 0) for name, value in values.items()}
        for kind, values in after.items()
    }


def _look(instance: Any) -> float:
    """Seconds in which `mediabase migrate` sees that there is nothing to do."""
    from mediabase_assets.planning.plan import work_to_do
    from mediabase_assets.postgres.connect import connect
    from mediabase_assets.runs.results import legacy_seen
    from mediabase_assets.settings.load import load_settings

    settings = load_settings()
    began = time.monotonic()
    with connect(settings, autocommit=True) as conn:
        work = work_to_do(conn, settings, seen=legacy_seen(instance))
    if work:
        print(f"Something was left to do after the migration: {work}", file=sys.stderr)
    return time.monotonic() - began


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended, such as pg_dump."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _peak() -> int:
    """The most memory that this process had, in bytes.

    From /proc where there is one: `ru_maxrss` of a new process begins with that of the process that started it.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024
    except (OSError, StopIteration):
        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


if __name__ == "__main__":
    main()
