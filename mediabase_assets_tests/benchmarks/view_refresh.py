"""Times the refresh of every view, and what readers notice of it: waits while views are refreshed in a loop.

Not a test: run it by hand, `python -m mediabase_assets_tests.benchmarks.view_refresh --transcripts 20000`, or with
`--legacy-from FILE`. Readers look up genes and transcripts by key, first alone, then while every view is refreshed after
changes of genes; a lock that is waited for longer than 100 ms is an error. It makes its own server and removes it.
"""

import json
import multiprocessing
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.postgres.connect import connect
from mediabase_assets.settings.load import Settings
from mediabase_assets_tests.benchmarks.place import QUIET, instance_of, load, parser, place

READERS = 2
LOOK_UPS = (
    "select * from gene_summary_view where gene_symbol = 'TP53'",
    "select * from transcript_enrichment_view where gene_symbol = 'EGFR'",
    "select count(*) from patient_query_optimized_view where gene_symbol = 'ERBB2'",
)


def main() -> None:
    """Migrate, refresh in a loop, print."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    with place() as (settings, _):
        load(settings, transcripts=chosen.transcripts, legacy_from=chosen.legacy_from)
        figures = _measure(settings, chosen.rounds)
    _show(figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2))


def _measure(settings: Settings, rounds: int) -> dict[str, dict[str, float]]:
    from mediabase_assets.definitions import defs

    with instance_of(settings) as instance:
        found = defs()
        found.resolve_job_def("migrate").execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)
        job = found.resolve_job_def("refresh_views")
        alone = _read_while(settings, lambda: time.sleep(5))
        took: dict[str, list[float]] = defaultdict(list)

        def refresh() -> None:
            for number in range(rounds):
                with connect(settings, autocommit=True) as conn:
                    conn.execute(
                        "update genes set gene_name = %s where gene_id in (select gene_id from genes order by gene_id limit 500)",
                        (f"round {number}",),
                    )
                run = job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)
                for step in instance.get_run_step_stats(run.run_id):
                    took[step.step_key.removeprefix("views__")].append((step.end_time or 0) - (step.start_time or 0))

        busy = _read_while(settings, refresh)
    return {
        "look-ups, nobody refreshes": alone,
        "look-ups, views are refreshed": busy,
        **{v.name: {"median_ms": round(1000 * statistics.median(took[v.name]), 1)} for v in MATERIALIZED},
    }


def _read_while(settings: Settings, work: Callable[[], None]) -> dict[str, float]:
    """Latencies of look-ups, in ms, by processes of their own, while something else is done."""
    context = multiprocessing.get_context("spawn")
    stop, told = context.Event(), context.Queue()
    readers = [context.Process(target=_read, args=(settings, stop, told)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    work()
    stop.set()
    found = [told.get() for _ in readers]
    for reader in readers:
        reader.join()
    times = sorted(t for each, _ in found for t in each)
    return {
        "reads": len(times), "errors": sum(errors for _, errors in found), "median_ms": round(statistics.median(times), 2),
        "p99_ms": round(times[int(len(times) * 0.99)], 2), "max_ms": round(times[-1], 2),
    }  # fmt: skip


def _read(settings: Settings, stop: Any, told: Any) -> None:
    times, errors = list[float](), 0
    with connect(settings, autocommit=True) as conn:
        conn.execute("set lock_timeout = '100ms'")
        while not stop.is_set():
            for query in LOOK_UPS:
                began = time.perf_counter()
                try:
                    conn.execute(query).fetchall()  # type: ignore[arg-type]
                except psycopg.Error:
                    errors += 1
                times.append(1000 * (time.perf_counter() - began))
    told.put((times, errors))


def _show(figures: dict[str, dict[str, float]]) -> None:
    table = Table("what", "reads", "errors", "median ms", "99 % ms", "max ms", title="Refresh of views")
    table.columns[0].no_wrap = True
    for name, values in figures.items():
        table.add_row(name, *(str(values.get(k, "")) for k in ("reads", "errors", "median_ms", "p99_ms", "max_ms")))
    Console().print(table)


if __name__ == "__main__":
    main()
