"""Times a whole cold migration of a demonstration database (or of a file), asset by asset, and prints one table.

Not a test: run it by hand, `python -m mediabase_assets_tests.benchmarks.migration --transcripts 20000`, or with
`--legacy-from FILE`. It makes its own server in a temporary folder and removes it.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

import dagster as dg
from rich.console import Console
from rich.table import Table

from mediabase_assets.demo.build import build_demo
from mediabase_assets.lib import server
from mediabase_assets.lib.database import connect
from mediabase_assets.lib.legacy_files import load_legacy_file
from mediabase_assets.lib.legacy_table import add_keys_and_indexes
from mediabase_assets.lib.settings import Settings, load_settings


def main() -> None:
    """Build, migrate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcripts", type=int, default=20_000)
    parser.add_argument("--legacy-from", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    parent = Path(tempfile.mkdtemp(prefix="mediabase-benchmark-"))
    parent.chmod(0o755)
    os.environ["MEDIABASE_HOME"] = str(parent / "home")
    settings = load_settings()
    try:
        loaded = _load(settings, options)
        figures = {"load seconds": loaded, **_migrate(parent / "dagster")}
        figures |= _sizes(settings)
    finally:
        server.remove(settings.home)
        shutil.rmtree(parent, ignore_errors=True)
    _show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _load(settings: Settings, options: argparse.Namespace) -> float:
    started = time.monotonic()
    if options.legacy_from:
        with connect(settings) as conn:
            load_legacy_file(conn, options.legacy_from)
    else:
        with connect(settings) as conn:
            build_demo(conn, schema="public", transcripts=options.transcripts)
            add_keys_and_indexes(conn, "public", "cancer_transcript_base")
    with connect(settings, autocommit=True) as conn:
        conn.execute("vacuum analyze cancer_transcript_base")
        conn.execute("checkpoint")
    return round(time.monotonic() - started, 2)


def _migrate(folder: Path) -> dict[str, object]:
    from mediabase_assets.definitions import defs

    folder.mkdir()
    job = defs().resolve_job_def("migrate")
    with dg.DagsterInstance.local_temp(str(folder), overrides={"telemetry": {"enabled": False}}) as instance:
        started = time.monotonic()
        result = job.execute_in_process(instance=instance, raise_on_error=True)
        seconds = round(time.monotonic() - started, 2)
        steps = {s.step_key: round(s.end_time - s.start_time, 2) for s in instance.get_run_step_stats(result.run_id) if s.end_time}
        started = time.monotonic()
        job.execute_in_process(instance=instance, raise_on_error=True)
        again = round(time.monotonic() - started, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"migration seconds": seconds, "second run seconds": again, "python peak MB": peak, "steps": steps}


def _sizes(settings: Settings) -> dict[str, object]:
    query = "select relname, pg_total_relation_size(oid) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
    with connect(settings, autocommit=True) as conn:
        sizes = dict(conn.execute(query).fetchall())
        rows = conn.execute("select count(*) from cancer_transcript_base").fetchone()
    legacy = sizes.pop("cancer_transcript_base")
    total = sum(sizes.values())
    return {
        "legacy rows": rows[0] if rows else 0,
        "legacy MB": round(legacy / 1e6),
        "normalized MB": round(total / 1e6),
        "normalized share": round(total / legacy, 3),
    }


def _show(figures: dict[str, object]) -> None:
    table = Table("figure", "value", title="Cold migration")
    steps = figures["steps"]
    assert isinstance(steps, dict)
    for name, value in figures.items():
        if name != "steps":
            table.add_row(name, str(value))
    for name, value in sorted(steps.items(), key=lambda item: -item[1]):
        table.add_row(name.replace("__", "/"), f"{value:.2f} s")
    Console().print(table)


if __name__ == "__main__":
    main()
