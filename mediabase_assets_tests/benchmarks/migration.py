"""Times a whole cold migration of a demonstration database (or of a file), asset by asset, and prints one table.

Not a test: run it by hand, `python -m mediabase_assets_tests.benchmarks.migration --transcripts 20000`, or with
`--legacy-from FILE`. It makes its own server in a temporary folder and removes it.
"""

import json
import resource
import time
from pathlib import Path

import dagster as dg
from rich.console import Console
from rich.table import Table

from mediabase_assets.lib.database import connect
from mediabase_assets.lib.settings import Settings
from mediabase_assets_tests.benchmarks.place import QUIET, load, parser, place


def main() -> None:
    """Build, migrate, print."""
    options = parser(__doc__).parse_args()
    with place() as (settings, folder):
        figures = {"load seconds": load(settings, options), **_migrate(folder), **_sizes(settings)}
    _show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _migrate(folder: Path) -> dict[str, object]:
    from mediabase_assets.definitions import defs

    job = defs().resolve_job_def("migrate")
    with dg.DagsterInstance.local_temp(str(folder), overrides={"telemetry": {"enabled": False}}) as instance:
        started = time.monotonic()
        result = job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)
        seconds = round(time.monotonic() - started, 2)
        steps = {s.step_key: round(s.end_time - s.start_time, 2) for s in instance.get_run_step_stats(result.run_id) if s.end_time}
        started = time.monotonic()
        job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)
        again = round(time.monotonic() - started, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"migration seconds": seconds, "second run seconds": again, "python peak MB": peak, "steps": steps}


def _sizes(settings: Settings) -> dict[str, object]:
    query = """select relname, pg_total_relation_size(oid) from pg_class
               where relnamespace = 'public'::regnamespace and relkind = any(%s)"""
    with connect(settings, autocommit=True) as conn:
        sizes = dict(conn.execute(query, (["r"],)).fetchall())
        views = dict(conn.execute(query, (["m"],)).fetchall())
        rows = conn.execute("select count(*) from cancer_transcript_base").fetchone()
    legacy = sizes.pop("cancer_transcript_base")
    total = sum(sizes.values())
    return {
        "legacy rows": rows[0] if rows else 0,
        "legacy MB": round(legacy / 1e6),
        "normalized MB": round(total / 1e6),
        "normalized share": round(total / legacy, 3),
        "views MB": round(sum(views.values()) / 1e6),
        "share with views": round((total + sum(views.values())) / legacy, 3),
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
