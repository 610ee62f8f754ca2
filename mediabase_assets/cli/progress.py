"""Progress by stage while a migration runs: a table that redraws itself on a terminal, plain lines elsewhere.

Contains drawing only; the steps are counted by `stage_board`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table

from mediabase_assets.cli.live import UseBoard
from mediabase_assets.cli.output import is_interactive
from mediabase_assets.cli.stage_board import Board, StageLine
from mediabase_assets.model.quantities import counted, duration, moment, number
from mediabase_assets.model.stages import Stage
from mediabase_assets.runs.events import StepEvent

#: Seconds without a line after which plain output prints what is still running.
HEARTBEAT = 30.0
CAPTION = "Ctrl-C interrupts; running again continues."
_MARKS = {
    "none": "[dim]·[/]",
    "waiting": "[dim]○[/]",
    "running": "[cyan]▶[/]",
    "done": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "skipped": "[yellow]-[/]",
    "kept": "[dim]=[/]",
}


@contextmanager
def shown(board: Board, console: Console, *, caption: str = CAPTION, beneath: UseBoard | None = None) -> Iterator["LiveBoard | PlainBoard"]:
    """Show a board while the context lasts, and beneath it what the run uses; feed events to what it yields."""
    view: LiveBoard | PlainBoard = (
        LiveBoard(board, caption, beneath, console) if is_interactive(console) else PlainBoard(board, console, beneath)
    )
    if isinstance(view, LiveBoard):
        with Live(console=console, refresh_per_second=4, get_renderable=view.drawn, redirect_stdout=False) as live:
            try:
                yield view
            finally:
                board.close()
                live.refresh()
        return
    with view.beating():
        yield view
    board.close()


class LiveBoard:
    """A table that a terminal redraws."""

    def __init__(self, board: Board, caption: str = CAPTION, beneath: UseBoard | None = None, console: Console | None = None) -> None:
        self.board = board
        self.caption = caption
        self.beneath = beneath
        self.console = console

    def say(self, text: str) -> None:
        """Print a message of a step above the table."""
        if self.console is not None:
            self.console.print(text, markup=False, style="dim", soft_wrap=True)

    def feed(self, event: StepEvent) -> None:
        """Record an event."""
        self.board.feed(event)

    def table(self) -> Table:
        """The board as it is now."""
        table = stage_table(self.board.lines())
        table.caption = f"{duration(self.board.elapsed)} so far. {self.caption}"
        table.caption_justify = "left"
        return table

    def drawn(self) -> RenderableType:
        """The board, and what the run uses."""
        return self.table() if self.beneath is None else Group(self.table(), self.beneath.drawn())


class PlainBoard:
    """Lines for a file, a pipe or a log of continuous integration: one when a stage begins, one when it is done."""

    def __init__(self, board: Board, console: Console, beneath: UseBoard | None = None) -> None:
        self.board = board
        self.console = console
        self.beneath = beneath
        self._printed: dict[Stage, str] = {}
        self._quiet = threading.Event()

    def feed(self, event: StepEvent) -> None:
        """Record an event and print what is new."""
        self.board.feed(event)
        for line in self.board.lines():
            if line.state in ("none", "waiting", "kept") or self._printed.get(line.stage) == line.state:
                continue
            self._printed[line.stage] = line.state
            self._print(line)

    def say(self, text: str) -> None:
        """Print a message of a step."""
        self._quiet.clear()
        self.console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Print now and then what is running, so that a long step does not look like a hang."""
        end = threading.Event()
        thread = threading.Thread(target=self._beat, args=(end,), name="mediabase heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def _beat(self, end: threading.Event) -> None:
        while not end.wait(HEARTBEAT):
            if self._quiet.is_set():
                for line in self.board.lines():
                    if line.running:
                        self._print(line)
                if self.beneath is not None and (use := self.beneath.line()):
                    self.console.print(f"[{self.board.elapsed:7.1f} s] {use}", markup=False)
            self._quiet.set()

    def _print(self, line: StageLine) -> None:
        self._quiet.clear()
        text = f"[{self.board.elapsed:7.1f} s] stage {int(line.stage):>2} {line.stage.title}: "
        if line.state == "running":
            text += f"{line.done}/{line.total}, working on {', '.join(line.running) or '…'}"
        else:
            rows = "" if line.rows is None else f", {counted(line.rows, 'row')}"
            text += f"{line.state}, {line.done}/{line.total}{rows}, {duration(line.seconds)}"
        self.console.print(text, markup=False)


def stage_table(lines: list[StageLine]) -> Table:
    """The twelve stages as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("Stage", no_wrap=True)
    for name, width in (("Began", 12), ("Assets", 6), ("Rows", 10), ("Time", 11)):
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    table.add_column("Now", style="dim", overflow="ellipsis", no_wrap=True)
    for line in lines:
        is_empty = line.total == 0
        table.add_row(
            _MARKS[line.state],
            f"{int(line.stage):>2} {line.stage.title}",
            moment(line.began_at, with_date=False),
            "" if is_empty else f"{line.done}/{line.total}",
            number(line.rows),
            "" if is_empty or line.state == "waiting" else duration(line.seconds),
            "up to date, not rebuilt" if line.state == "kept" else ", ".join(line.running),
            style="dim" if is_empty else "",
        )
    return table
