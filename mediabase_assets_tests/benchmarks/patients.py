"""Times patients at scale: importing DESeq2 tables, the questions of one patient and of all, deletion; and their size.

Not a test: run it by hand, `python -m mediabase_assets_tests.benchmarks.patients --legacy-from FILE`, by default with 1,000 patients
of 20,000 genes. Each patient is a CSV file as DESeq2 writes it, with random values; only importing is timed, not writing the files.
The genes are those of the database, so that of the demonstration has to hold enough (`--transcripts`). It makes its own server
and removes it.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv
from rich.console import Console
from rich.table import Table

from mediabase_assets.patients.batch import load_all
from mediabase_assets.patients.loading import Order, load
from mediabase_assets.patients.questions.cohort import drugs_for_cohort, pathways_of_cohort, patients_with_gene
from mediabase_assets.patients.questions.facts import facts_of
from mediabase_assets.patients.storing.deletion import delete
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.settings.load import Settings
from mediabase_assets_tests.benchmarks.place import QUIET, instance_of, parser, place
from mediabase_assets_tests.benchmarks.place import load as load_legacy

#: Numbers of a row of a DESeq2 table: baseMean, log2FoldChange, lfcSE, stat, pvalue, padj.
NUMBERS = 6
AT_ONCE = 50
ONE_PATIENT = {
    "up-regulated genes with drugs": "select * from {s}.patient_drug_candidates where patient_id = %s and approval = 'approved'",
    "candidates of any approval": "select * from {s}.patient_drug_candidates where patient_id = %s",
    "changed pathways": "select * from {s}.patient_pathway_enrichment where patient_id = %s order by up_p_value limit 20",
    "one gene": "select * from {s}.patient_enriched_view where patient_id = %s and gene_symbol = 'ERBB2'",
}


def main() -> None:
    """Migrate, import, ask, delete, print."""
    options = parser(__doc__)
    options.add_argument("--patients", type=int, default=1000)
    options.add_argument("--genes", type=int, default=20_000)
    chosen = options.parse_args()
    with place() as (settings, _):
        load_legacy(settings, transcripts=chosen.transcripts, legacy_from=chosen.legacy_from)
        _migrate(settings)
        measure(settings, chosen.patients, chosen.genes)


def _migrate(settings: Settings) -> None:
    from mediabase_assets.definitions import defs

    with instance_of(settings) as instance:
        defs().resolve_job_def("migrate").execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)


def measure(settings: Settings, patients: int, genes: int) -> None:
    """Import, ask, delete; print figures."""
    console = Console()
    with connect(settings, autocommit=True) as conn:
        ids = conn.values("select gene_id from genes order by gene_id limit %s", genes)
        seconds = sum(_import(settings, folder, console) for folder in _files(ids, patients))
        rows = patients * len(ids)
        table = Table("what", "measured", "for 100,000 patients, in proportion", title=f"{patients:,} patients of {len(ids):,} genes")
        table.add_row("import, all", f"{seconds:.0f} s", f"{seconds / patients * 100_000 / 3600:.1f} h")
        table.add_row("import, values a second", f"{rows * NUMBERS / seconds:,.0f}", "")
        table.add_row("import, rows a second", f"{rows / seconds:,.0f}", "")
        size = _size(conn)
        table.add_row("size of a patient", f"{size / patients / 1e6:.2f} MB", f"{size / patients * 100_000 / 1e9:,.0f} GB")
        for name, milliseconds in _questions(conn, settings).items():
            table.add_row(name, f"{milliseconds:,.1f} ms", "")
        console.print(table)


def _files(ids: list[str], patients: int) -> Iterator[Path]:
    """Folders of files, one after the other; each is gone when the next is asked for."""
    random = np.random.default_rng(1)
    for first in range(0, patients, AT_ONCE):
        folder = Path(tempfile.mkdtemp(prefix="mediabase-patients-"))
        try:
            for n in range(first, min(first + AT_ONCE, patients)):
                csv.write_csv(_table(ids, random), folder / f"P{n:06}.csv")
            yield folder
        finally:
            shutil.rmtree(folder)


def _table(ids: list[str], random: np.random.Generator) -> pa.Table:
    """A table as DESeq2 writes it, with random values."""
    changes, errors = random.normal(0, 1.2, len(ids)), random.gamma(2, 0.15, len(ids))
    p = np.sort(random.beta(0.3, 1, len(ids)))
    random.shuffle(p)
    values = (random.lognormal(5, 2, len(ids)), changes, errors, changes / errors, p, np.minimum(p * 3, 1))
    names = ["", "baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"]
    return pa.table([pa.array(ids), *(np.round(each, 9) for each in values)], names=names)


def _import(settings: Settings, folder: Path, console: Console) -> float:
    """Seconds to import the files of a folder, with pathways counted."""
    orders = [Order(path.stem, str(path)) for path in sorted(folder.iterdir())]
    started = time.perf_counter()
    for ended in load_all(settings, orders, load):
        if ended.error is not None:
            raise ended.error
    seconds = time.perf_counter() - started
    console.print(f"{orders[-1].patient_id}: {seconds / len(orders) * 1000:.0f} ms a patient")
    return seconds


def _size(conn: Session) -> int:
    """Bytes of the patients' schema, with indexes."""
    return int(
        conn.value(
            """select sum(pg_total_relation_size(c.oid)) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
               where n.nspname = %s and c.relkind = 'r'""",
            conn.workspace.patients,
        )
    )


def _questions(conn: Session, settings: Settings) -> dict[str, float]:
    """Milliseconds of each question: the median of seven after a first one."""
    schema = conn.workspace.patients
    patient = "P000001"
    timed: dict[str, Callable[[], Any]] = {
        f"one patient: {name}": (lambda query=query: conn.execute(query.format(s=schema), (patient,)).fetchall())
        for name, query in ONE_PATIENT.items()
    }
    timed |= {
        "one patient: show": lambda: facts_of(conn, settings, patient),
        "all patients: in whom ERBB2 is up": lambda: patients_with_gene(conn, settings, "ERBB2"),
        "all patients: drugs for up-regulated targets": lambda: drugs_for_cohort(conn, settings),
        "all patients: pathways that are hit": lambda: pathways_of_cohort(conn, settings),
    }
    found = {name: _median(ask) for name, ask in timed.items()}
    started = time.perf_counter()
    delete(conn, settings, patient)
    return found | {"delete a patient": (time.perf_counter() - started) * 1000}


def _median(ask: Callable[[], Any]) -> float:
    ask()
    times = []
    for _ in range(7):
        started = time.perf_counter()
        ask()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
