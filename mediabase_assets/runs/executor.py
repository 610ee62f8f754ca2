"""Dagster's executor for the project: steps that are ready run at the same time, each in a thread of the one process.

A step that begins when its inputs are done, and not when its turn comes, has true times in Dagster's Gantt chart and run page.
As many assets are built at once as the settings say (`Settings.builders`); a step that does not build (the backup, which waits for
pg_dump) needs no slot of theirs. What is built, and in which order, is decided in `parallel`.

NOTE: Dagster 1.13 has no executor of threads. This one uses the public `dg.Executor` and runs each step by the public
`dg.in_process_executor`, with the run's plan cut down to that step. Compute logs must be off (dagster.yaml): they redirect
the standard output of the whole process. And the log handlers of a run are created once (`_OnceConfigured`): Dagster creates them for
each plan by `logging.config.dictConfig`, which never returns while a thread writes to a log.
"""

import copy
import logging
import queue
import signal
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import dagster as dg

from mediabase_assets.postgres.session import cancel_statement_of
from mediabase_assets.runs import parallel, scope
from mediabase_assets.runs.edges import all_edges, before
from mediabase_assets.runs.resource import end_run
from mediabase_assets.runs.step_keys import asset_of
from mediabase_assets.runs.time_limit import end_programs
from mediabase_assets.settings.load import load_settings

#: Seconds between two checks whether the run was interrupted.
POLL = 0.2
#: Seconds that interrupted steps may take to end.
PATIENCE = 20
_OVER = "over"


@dg.executor(name="threads", requirements=[])
def thread_executor(init_context: dg.InitExecutorContext) -> dg.Executor:
    """Runs steps that are ready at the same time, in threads of the process of the run."""
    config: dict[str, Any] = {"retries": {"enabled": {}}, "marker_to_close": None}
    inner = dg.InitExecutorContext(
        job=init_context.job, executor_def=dg.in_process_executor, executor_config=config, instance=init_context.instance
    )
    create: Any = dg.in_process_executor.executor_creation_fn
    return ThreadExecutor(create(inner))


class _OnceConfigured(dg.DagsterInstance):
    """An instance whose log handlers, which dagster.yaml may define under `python_logs`, were created before its threads began."""

    handlers: Sequence[logging.Handler] = ()

    def get_yaml_python_handlers(self) -> Sequence[logging.Handler]:
        """The handlers."""
        return self.handlers


def _once_configured(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    """The same instance, with its log handlers created."""
    same: Any = copy.copy(instance)
    same.__class__ = _OnceConfigured
    same.handlers = list(instance.get_yaml_python_handlers())
    return same  # type: ignore[no-any-return]


class ThreadExecutor(dg.Executor):
    """Starts each step in a thread of its own as soon as its inputs are done and a builder is free.

    Attributes:
        inner: Executes a plan of one step.
    """

    def __init__(self, inner: dg.Executor) -> None:
        self.inner = inner

    @property
    def retries(self) -> Any:
        """Whether steps may be retried; the inner executor does it."""
        return self.inner.retries

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[Any]:
        """Execute the plan of a run.

        Args:
            plan_context: The run, as Dagster passes it to an executor.
            execution_plan: Its steps.

        Returns:
            The events of the steps, as they come.

        Raises:
            dagster.DagsterExecutionInterruptedError: The run was canceled; its steps have ended.
        """
        run_id = plan_context.run_id
        steps = _Steps(self, plan_context, execution_plan)
        scope.begin(run_id)
        try:
            with _interruptions() as interrupted, execution_plan.start(retry_mode=self.retries) as active:
                while not active.is_complete:
                    steps.start(active)
                    yield from steps.events(active)
                    if interrupted.is_set():
                        steps.interrupt()
                        raise dg.DagsterExecutionInterruptedError
        finally:
            steps.interrupt()
            end_run(run_id)


class _Steps:
    """The steps of a run that are ready or running."""

    def __init__(self, executor: ThreadExecutor, plan_context: Any, plan: Any) -> None:
        self.executor, self.plan_context, self.plan = executor, plan_context, plan
        self.instance = _once_configured(plan_context.instance)
        self.builders = load_settings().builders
        assets = {asset_of(handle.to_key()) for handle in plan.step_handles_to_execute}
        self.ways = parallel.ways(assets)
        self.before = {asset: before(asset, all_edges()) for asset in assets}
        self.ready: list[str] = []
        self.running: dict[str, threading.Thread] = {}
        self.reports: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def start(self, active: Any) -> None:
        """Start the steps that are ready, those with the most expensive path to the end first."""
        self.ready += [step.key for step in active.get_steps_to_execute()]
        self.ready.sort(key=lambda key: (-self._way(key), key))
        for key in list(self.ready):
            if self._has_to_wait(key):
                continue
            self.ready.remove(key)
            self.running[key] = threading.Thread(target=self._execute, args=(key,), name=f"mediabase step {key}", daemon=True)
            self.running[key].start()

    def events(self, active: Any) -> Iterator[Any]:
        """What the steps reported; waits `POLL` seconds for a report."""
        with suppress(queue.Empty):
            key, report = self.reports.get(timeout=POLL)
            if isinstance(report, BaseException):
                raise report
            if report is _OVER:
                self.running.pop(key).join()
                parallel.note_end(self.plan_context.run_id, asset_of(key))
                active.verify_complete(self.plan_context, key)
                yield from active.plan_events_iterator(self.plan_context)
                return
            yield report
            if report.step_key and not (report.is_step_up_for_retry or report.is_step_restarted):  # its thread does the retry
                active.handle_event(report)

    def interrupt(self) -> None:
        """Stop the steps that are running, and wait until they have ended."""
        end = time.monotonic() + PATIENCE
        while any(thread.is_alive() for thread in self.running.values()) and time.monotonic() < end:
            scope.interrupt(self.plan_context.run_id)
            end_programs()
            for thread in self.running.values():
                cancel_statement_of(thread)
                thread.join(POLL)

    def _has_to_wait(self, key: str) -> bool:
        """Whether a step needs a builder and none is free, or has to wait for another step by an edge that Dagster's graph leaves out."""
        if self._needs_builder(key) and sum(map(self._needs_builder, self.running)) >= self.builders:
            return True
        return not self.before[asset_of(key)].isdisjoint(map(asset_of, (*self.ready, *self.running)))

    def _way(self, key: str) -> float:
        return self.ways.get(asset_of(key), 0)

    def _needs_builder(self, key: str) -> bool:
        return asset_of(key) in self.ways

    def _execute(self, key: str) -> None:
        """Execute one step; the body of its thread."""
        handles = [handle for handle in self.plan.step_handles_to_execute if handle.to_key() == key]
        plan = self.plan._replace(step_handles_to_execute=handles, executable_map={key: self.plan.executable_map[key]}, resolvable_map={})
        context = type(self.plan_context)(
            plan_data=self.plan_context.plan_data._replace(execution_plan=plan, instance=self.instance),
            log_manager=self.plan_context.log,
            executor=self.executor.inner,
            output_capture=None,
        )
        try:
            for event in self.executor.inner.execute(context, plan):
                self.reports.put((key, event))
            self.reports.put((key, _OVER))
        except BaseException as error:  # noqa: BLE001  # the main thread raises it
            self.reports.put((key, error))


@contextmanager
def _interruptions() -> Iterator[threading.Event]:
    """Set an event on SIGINT and SIGTERM instead of raising them: in the main thread, where Python handles signals, no step runs."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        interrupted.set()

    signals: Collection[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, interrupt) for number in signals}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
