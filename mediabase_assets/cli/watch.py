"""`mediabase status --watch`: the stages of the current run, wherever it was started, until it ends.

Contains finding the run; its events are read by `runs.event_reader`, counted by `stage_board`, drawn by `progress`.
"""

import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from mediabase_assets.cli.live import UseBoard
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.cli.progress import shown, stage_table
from mediabase_assets.cli.stage_board import Board
from mediabase_assets.model.quantities import moment
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

#: Seconds between two checks whether the run has ended.
POLL = 0.5
CAPTION = "Ctrl-C stops watching; the run continues."


def watch(settings: Settings, *, load_definitions: Callable[[], "dg.Definitions"], console: Console) -> Exit:
    """Show the newest current run until it ends; if there is none, say so and show the newest migration.

    Args:
        settings: The settings.
        load_definitions: Imports the project's Dagster definitions.
        console: Where to show.

    Raises:
        ServerError: The server cannot be reached.
    """
    with waiting(console, "Loading the assets …"):
        import dagster as dg

        from mediabase_assets.runs.runner import following, prepare_dagster_home, stages_of

        prepare_dagster_home(settings)
        stages = stages_of(load_definitions())
    with dg.DagsterInstance.get() as instance:
        newest = _newest(instance, [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING])
        if newest is None:
            return _show_last(instance, stages, console)
        run, began = newest
        console.print(f"Run {run.run_id[:8]} ({escape(run.job_name)}), since {moment(began)}.")
        board = Board(started_at=began)
        with (
            closing(UseBoard(settings, run.run_id)) as use,
            shown(board, console, caption=CAPTION, beneath=use) as view,
            following(instance, run.run_id, stages, view.feed, Path(os.devnull)),
        ):
            while not _has_ended(instance, run.run_id):
                time.sleep(POLL)
        ended = instance.get_run_by_id(run.run_id)
        succeeded = ended is not None and ended.status is dg.DagsterRunStatus.SUCCESS
        console.print("[green]It succeeded.[/]" if succeeded else "[red]It did not succeed.[/] See [bold]mediabase status[/].")
        return Exit.OK if succeeded else Exit.FAILED


def running_stages(settings: Settings, *, load_definitions: Callable[[], "dg.Definitions"]) -> set[int]:
    """The stages that the newest run is at, by Dagster's events.

    Args:
        settings: The settings.
        load_definitions: Imports the project's Dagster definitions.
    """
    import dagster as dg

    from mediabase_assets.runs.runner import following, prepare_dagster_home, stages_of

    prepare_dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        newest = _newest(instance, [dg.DagsterRunStatus.STARTED])
        if newest is None:
            return set()
        board = Board()
        with following(instance, newest[0].run_id, stages_of(load_definitions()), board.feed, Path(os.devnull)):
            pass
        return {int(line.stage) for line in board.lines() if line.running}


def _newest(instance: "dg.DagsterInstance", statuses: "list[dg.DagsterRunStatus] | None" = None) -> "tuple[dg.DagsterRun, float] | None":
    import dagster as dg

    filters = dg.RunsFilter(statuses=statuses) if statuses else dg.RunsFilter(job_name="migrate")
    records = instance.get_run_records(filters, limit=1)
    return (records[0].dagster_run, records[0].start_time or records[0].create_timestamp.timestamp()) if records else None


def _has_ended(instance: "dg.DagsterInstance", run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is None or run.is_finished


def _show_last(instance: "dg.DagsterInstance", stages: dict[str, int], console: Console) -> Exit:
    from mediabase_assets.runs.runner import following

    console.print("No run is going on.")
    newest = _newest(instance)
    if newest is not None:
        run, began = newest
        board = Board(started_at=began)
        with following(instance, run.run_id, stages, board.feed, Path(os.devnull)):
            pass  # on leaving, the remaining events are read
        board.close()
        console.print(f"The newest migration began at {moment(began)} and ended as {run.status.value.lower()}.")
        console.print(stage_table(board.lines()))
    return Exit.OK
