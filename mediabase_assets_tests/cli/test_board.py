"""The board of the twelve stages, and how it is drawn without a terminal."""

import io
import time

import pytest
from rich.console import Console

from mediabase_assets.cli.progress import PlainBoard, shown, stage_table
from mediabase_assets.cli.stage_board import Board
from mediabase_assets.model.stages import Stage
from mediabase_assets.runs.events import StepEvent

GENES, DRUGS = int(Stage.GENE_EXTRACTION), int(Stage.DRUG_EXTRACTION)


def planned(board):
    board.feed(StepEvent("planned", "a", 0, "extraction/a", GENES))
    board.feed(StepEvent("planned", "a", 0, "extraction/a", GENES))  # its check
    board.feed(StepEvent("planned", "b", 0, "extraction/b", GENES))


def line(board, stage=Stage.GENE_EXTRACTION):
    return next(line for line in board.lines() if line.stage == stage)


def test_all_twelve_stages_are_there_in_their_order():
    assert [int(line.stage) for line in Board().lines()] == list(range(1, 13))
    assert {line.state for line in Board().lines()} == {"none"}


def test_a_stage_counts_its_steps_rows_and_seconds():
    board = Board()
    planned(board)
    assert (line(board).state, line(board).total, line(board).rows) == ("waiting", 2, None)
    board.feed(StepEvent("started", "a", 100.0))
    assert line(board).running == ("extraction/a",)
    board.feed(StepEvent("rows", "a", 101.0, rows=10))
    board.feed(StepEvent("rows", "a", 101.0, rows=5))
    board.feed(StepEvent("done", "a", 102.5))
    assert (line(board).state, line(board).done, line(board).rows, line(board).seconds) == ("running", 1, 15, 2.5)
    board.feed(StepEvent("started", "b", 103.0))
    board.feed(StepEvent("done", "b", 104.0))
    assert (line(board).state, line(board).seconds) == ("done", 3.5)
    assert line(board, Stage.DRUG_EXTRACTION).state == "none"


def test_the_seconds_of_a_step_are_those_in_which_its_asset_was_worked_on():
    board = Board()
    planned(board)
    board.feed(StepEvent("started", "a", 100.0))
    board.feed(StepEvent("rows", "a", 100.2, rows=5, seconds=3.0))  # built ahead, while other steps ran
    board.feed(StepEvent("done", "a", 100.3))
    board.feed(StepEvent("started", "b", 100.3))
    board.feed(StepEvent("rows", "b", 109.0, seconds=0.5))  # waited for
    board.feed(StepEvent("done", "b", 109.0))
    assert (line(board).seconds, line(board).rows) == (3.5, 5)


@pytest.mark.parametrize(("kind", "state"), [("failed", "failed"), ("skipped", "skipped")])
def test_a_stage_is_no_better_than_its_worst_step(kind, state):
    board = Board()
    planned(board)
    board.feed(StepEvent("done", "a", 1))
    board.feed(StepEvent(kind, "b", 2))
    assert line(board).state == state


def test_what_runs_when_the_run_ends_was_interrupted():
    board = Board()
    planned(board)
    board.feed(StepEvent("started", "a", time.time()))
    board.close()
    assert (line(board).state, line(board).running) == ("failed", ())


def test_plain_output_has_a_line_when_a_stage_begins_and_when_it_ends():
    text = io.StringIO()
    board = Board()
    with shown(board, Console(file=text, width=120)) as view:
        assert isinstance(view, PlainBoard)
        planned(view)
        for event in (StepEvent("started", "a", 1), StepEvent("done", "a", 2), StepEvent("done", "b", 3)):
            view.feed(event)
    lines = text.getvalue().splitlines()
    assert len(lines) == 2
    assert "working on extraction/a" in lines[0]
    assert "stage  4 Gene Data Extraction: done, 2/2" in lines[1]


def test_the_table_has_a_row_for_each_stage():
    board = Board()
    planned(board)
    assert stage_table(board.lines()).row_count == 12
