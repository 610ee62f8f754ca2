"""Runs that are at work when the web UI is to end: they are waited for, or canceled, and never continue unseen.

Contains waiting, canceling and what is printed about both. The UI's own processes are in `ui`.
"""

import signal
import time

import dagster as dg
import psutil
from rich.console import Console

from mediabase_assets.report.migration import was_released
from mediabase_assets.runs.worker import Life, worker_of
from mediabase_assets.settings.load import Settings

#: Seconds between two checks of the runs.
POLL = 0.5
#: Seconds that a run has to end after it was asked to; a transaction that is rolled back takes some.
CANCEL_TIMEOUT = 30.0
#: Seconds that the process of a run, which was only starting when it was canceled, may take to notice it.
STARTING_TIMEOUT = 10.0
#: Run tag by which Dagster's launcher records the code server that it asked to execute a run.
_LAUNCHED_TAG = ".dagster/grpc_info"
#: Run tag that says how often Dagster's daemon repeats a failed run.
_MAX_RETRIES_TAG = "dagster/max_retries"
_AT_WORK = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]


def runs_at_work(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """The runs that a descendant of this process works on, or is about to: not those of a separate command line."""
    children = {process.pid for process in psutil.Process().children(recursive=True)}
    return [run for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK)) if _is_worked_on(run, children)]


def _is_worked_on(run: dg.DagsterRun, pids: set[int]) -> bool:
    """Whether one of these processes works on a run; of one that was just launched it is not known yet which."""
    worker = worker_of(run.run_id, run.tags)
    if worker is None:
        return _LAUNCHED_TAG in run.tags
    return worker.life is Life.ALIVE and worker.pid in pids


def sentence(run: dg.DagsterRun) -> str:
    """Which run it is."""
    return f"The run {run.run_id[:8]} ({run.job_name}) is at work."


def wait_for(instance: dg.DagsterInstance, console: Console) -> None:
    """Wait until the runs that are at work now have ended, and say how each did."""
    waiting = runs_at_work(instance)
    for run in waiting:
        console.print(f"{sentence(run)} Waiting until it ends; Ctrl-C again cancels it, and nothing of it is released.", soft_wrap=True)
    while waiting:
        time.sleep(POLL)
        still = {run.run_id for run in runs_at_work(instance)}
        for run in waiting:
            if run.run_id not in still:
                ended = instance.get_run_by_id(run.run_id)
                console.print(f"The run {run.run_id[:8]} ended: {ended.status.value.lower() if ended else 'its record is gone'}.")
        waiting = [run for run in waiting if run.run_id in still]


def cancel(instance: dg.DagsterInstance, settings: Settings, console: Console) -> bool:
    """Interrupt the runs that are at work, and wait until their processes have gone; return whether there was any."""
    runs = runs_at_work(instance)
    for run in runs:
        console.print(f"{sentence(run)} Canceling it …", soft_wrap=True)
        instance.report_run_canceling(run)  # without it Dagster takes the interruption for a failure
        instance.add_run_tags(run.run_id, {_MAX_RETRIES_TAG: "0"})  # of a run that is only starting it does so even then
        pid = _process_of(instance, run.run_id)
        if pid is not None:
            _end(pid)
        left = instance.get_run_by_id(run.run_id)
        if left is not None and left.status not in (dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.SUCCESS):
            instance.report_run_canceled(left, message="The web UI was stopped.")
        instance.add_run_tags(run.run_id, {_MAX_RETRIES_TAG: run.tags.get(_MAX_RETRIES_TAG, "0")})  # for a re-execution
        released = "its tables and views had been released before" if was_released(settings, run.run_id) else "nothing of it was released"
        console.print(f"The run {run.run_id[:8]} was canceled; {released}. To go on: re-execute it, from asset failure.", soft_wrap=True)
    return bool(runs)


def _process_of(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """The process that works on a run; None if there is none, since a run that was canceled before it began is not started."""
    end = time.monotonic() + STARTING_TIMEOUT
    while time.monotonic() < end:
        run = instance.get_run_by_id(run_id)
        worker = worker_of(run_id, run.tags) if run is not None else None
        if worker is not None:
            return worker.pid
        if run is None or run.is_finished:
            return None
        time.sleep(POLL)
    return None


def _end(pid: int) -> None:
    """Ask a process to end, as Ctrl-C does; kill it if it does not."""
    try:
        process = psutil.Process(pid)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(CANCEL_TIMEOUT)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(CANCEL_TIMEOUT)
    except psutil.NoSuchProcess:
        return
