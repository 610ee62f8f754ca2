"""`mediabase patients import` and `migrate`: progress, what was stored of each patient, and what Dagster shows of it.

Contains the order of steps; the work is done by `patients.batch`, tables are laid out in `patients_tables`. Patients are imported without
runs of Dagster, which take longer than the import; each is reported to Dagster as a materialization of its partition.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit, is_interactive, waiting
from mediabase_assets.cli.patients_tables import print_ended, print_json, print_summary, progress_console
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import counted, duration
from mediabase_assets.patients.batch import Ended, load_all
from mediabase_assets.patients.loading import Loaded, Order, load
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

#: With more patients at once no plots are drawn for Dagster's pages, for they take longer than the import; `report` draws them.
DRAWN = 5
#: With more patients at once a table has one line for each.
_IN_FULL = 3
#: Seconds between two lines of progress where it cannot redraw itself.
_HEARTBEAT = 5.0


def import_orders(settings: Settings, orders: Sequence[Order], *, as_json: bool, console: Console) -> Exit:
    """Import, print what became of each, and report it to Dagster.

    Args:
        settings: The settings.
        orders: What, for whom.
        as_json: Whether to print one JSON document, and progress on standard error.
        console: Where to print.

    Returns:
        FAILED if one of them failed.

    Raises:
        ServerError: The server cannot be reached.
    """
    began = time.monotonic()
    progress = progress_console(console, as_json=as_json)
    ensure_started(progress, settings)
    load_one = functools.partial(load, draws=len(orders) <= DRAWN)
    ended, recorder = list[Ended](), _Recorder(settings, progress)
    with _shown(progress, orders) as tick, recorder:
        for one in load_all(settings, orders, load_one):
            ended.append(one)
            if one.loaded is not None:
                recorder.record(one.loaded)
            tick(one)
    position = {order.patient_id: number for number, order in enumerate(orders)}
    ended.sort(key=lambda one: position[one.order.patient_id])
    if as_json:
        print_json(console, [_as_json(one) for one in ended])
    elif len(ended) <= _IN_FULL:
        print_ended(console, ended)
    else:
        print_summary(console, ended)
    failed = sum(one.error is not None for one in ended)
    stored = f"{counted(len(ended) - failed, 'patient')} imported" + (f", {failed:,} refused" if failed else "")
    progress.print(f"{stored}, in {duration(time.monotonic() - began)}.")
    return Exit.FAILED if failed else Exit.OK


class _Recorder:
    """Reports patients to Dagster; what is stored stays, whether that succeeds or not."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self.settings, self.console = settings, console
        self.instance: dg.DagsterInstance | None = None
        self.stack = contextlib.ExitStack()
        self.has_failed = False

    def __enter__(self) -> "_Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def record(self, patient: Loaded) -> None:
        """Report one patient."""
        import sqlalchemy.exc

        from mediabase_assets.runs.patients.recording import record

        if self.has_failed:
            return
        try:
            record(self._open(), patient)
        except (MediabaseError, sqlalchemy.exc.SQLAlchemyError) as error:
            self.has_failed = True
            reason = error.what if isinstance(error, MediabaseError) else type(error).__name__
            self.console.print(f"[yellow]Dagster's pages do not show the import:[/] {reason}", soft_wrap=True)

    def _open(self) -> "dg.DagsterInstance":
        if self.instance is None:
            import dagster as dg

            from mediabase_assets.runs.runner import prepare_dagster_home

            prepare_dagster_home(self.settings)
            self.instance = self.stack.enter_context(dg.DagsterInstance.get())
        return self.instance


@contextlib.contextmanager
def _shown(console: Console, orders: Sequence[Order]) -> Iterator[Callable[[Ended], None]]:
    """Show progress while the context lasts; call what it yields for each patient who has ended."""
    if len(orders) == 1:
        with waiting(console, f"Importing {orders[0].patient_id} …"):
            yield lambda _: None
        return
    if is_interactive(console):
        columns = (TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("import", total=len(orders))
            yield lambda _: bar.advance(task)
        return
    console.print(f"Importing {counted(len(orders), 'patient')} …")
    state = {"done": 0.0, "printed": time.monotonic()}

    def tick(_: Ended) -> None:
        state["done"] += 1
        if time.monotonic() - state["printed"] > _HEARTBEAT:
            state["printed"] = time.monotonic()
            console.print(f"{int(state['done']):,} of {len(orders):,}")

    yield tick


def _as_json(one: Ended) -> dict[str, object]:
    """What became of one order, as JSON."""
    if one.error is not None:
        error = one.error
        return {
            "patient_id": one.order.patient_id, "error": {"what": error.what, "where": error.where, "next_step": error.next_step},
        }  # fmt: skip
    assert one.loaded is not None
    return {"patient_id": one.order.patient_id, "report": one.loaded.report, "enrichment": one.loaded.enrichment}
