"""Readers and writers at work on the legacy table while it is migrated: do they fail, and how long do they wait?

Not a test: run it by hand, `python -m mediabase_assets_tests.benchmarks.legacy_load --transcripts 20000`. It makes its own
server in a temporary folder and removes it. A quiet phase of the same readers and writers is what the load is measured by.
"""

import json
import multiprocessing
import time
from collections.abc import Callable
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from mediabase_assets.postgres.connect import connect
from mediabase_assets.settings.load import Settings
from mediabase_assets_tests.benchmarks.place import QUIET, instance_of, load, parser, place

#: Processes of each kind; what each waits for a lock before that counts as an error; seconds between two statements.
READERS, WRITERS, LONGEST_WAIT, PAUSE = 2, 1, "5s", 0.01


def main() -> None:
    """Measure quietly, migrate under load, print."""
    options = parser(__doc__)
    options.add_argument("--quiet", type=float, default=20, help="seconds of the quiet phase")
    chosen = options.parse_args()
    with place() as (settings, _):
        load(settings, transcripts=chosen.transcripts, legacy_from=chosen.legacy_from)
        figures = _measure(settings, chosen.quiet)
    _show(figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2))


def _measure(settings: Settings, quiet: float) -> dict[str, dict[str, float]]:
    from mediabase_assets.definitions import defs

    figures = {f"{kind}, quiet": f for kind, f in _under_load(settings, lambda: time.sleep(quiet)).items()}
    with instance_of(settings) as instance:
        job = defs().resolve_job_def("migrate")

        def migrate() -> None:
            for _ in range(2):  # a first migration, and one over what is live
                job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)

        busy = _under_load(settings, migrate)
    return figures | {f"{kind}, during two migrations": f for kind, f in busy.items()}


def _under_load(settings: Settings, work: Callable[[], None]) -> dict[str, dict[str, float]]:
    """Latencies of readers and writers, in ms, while something is done."""
    context = multiprocessing.get_context("spawn")
    stop, told = context.Event(), context.Queue()
    kinds = ["readers"] * READERS + ["writers"] * WRITERS
    processes = [context.Process(target=_work, args=(settings, kind, stop, told)) for kind in kinds]
    for process in processes:
        process.start()
    try:
        work()
    finally:
        stop.set()
        found = [told.get() for _ in processes]
        for process in processes:
            process.join()
    return {kind: _figures([each for each in found if each[0] == kind]) for kind in dict.fromkeys(kinds)}


def _figures(found: list[tuple[str, list[float], int]]) -> dict[str, float]:
    times = sorted(t for _, each, _ in found for t in each)
    return {
        "statements": len(times),
        "errors": sum(errors for _, _, errors in found),
        "median_ms": round(times[len(times) // 2], 2),
        "p99_ms": round(times[int(len(times) * 0.99)], 2),
        "max_ms": round(times[-1], 2),
    }


def _work(settings: Settings, kind: str, stop: Any, told: Any) -> None:
    times, errors, number = list[float](), 0, 0
    with connect(settings, autocommit=True, application_name=kind) as conn:
        conn.execute("select set_config('lock_timeout', %s, false)", (LONGEST_WAIT,))
        ids = [i for (i,) in conn.execute("select transcript_id from cancer_transcript_base order by 1 limit 500").fetchall()]
        while not stop.is_set():  # the write changes no content: what is migrated stays the same
            number += 1
            began = time.perf_counter()
            try:
                if kind == "readers":
                    conn.execute("select * from cancer_transcript_base where transcript_id = %s", (ids[number % len(ids)],)).fetchall()
                else:
                    conn.execute(
                        "update cancer_transcript_base set gene_symbol = gene_symbol where transcript_id = %s", (ids[number % len(ids)],)
                    )
            except psycopg.Error:
                errors += 1
            times.append(1000 * (time.perf_counter() - began))
            time.sleep(PAUSE)
    told.put((kind, times, errors))


def _show(figures: dict[str, dict[str, float]]) -> None:
    table = Table("who, when", "statements", "errors", "median ms", "99 % ms", "max ms", title="Load on the legacy table")
    for name, values in figures.items():
        table.add_row(name, *(str(values[k]) for k in ("statements", "errors", "median_ms", "p99_ms", "max_ms")))
    Console().print(table)


if __name__ == "__main__":
    main()
