"""Reads the events of a run while it works: reports them, collects failures, writes the log file of the run.

Contains reading only; the words for people are in `mediabase_assets.cli`, what starts a run is in `runner`. The run
may be that of another process.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import sqlalchemy.exc

from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.quantities import moment
from mediabase_assets.runs.events import StepEvent
from mediabase_assets.runs.failures import Failure, failures_of
from mediabase_assets.runs.log_file import RunLog
from mediabase_assets.runs.results import is_kept

if TYPE_CHECKING:
    from dagster import DagsterEvent, EventLogEntry

#: Seconds between two reads of the event log.
POLL = 0.25
_BATCH = 1000
_KINDS = {
    dg.DagsterEventType.STEP_START: "started",
    dg.DagsterEventType.STEP_RESTARTED: "started",
    dg.DagsterEventType.STEP_SUCCESS: "done",
    dg.DagsterEventType.STEP_FAILURE: "failed",
    dg.DagsterEventType.STEP_SKIPPED: "skipped",
}
_PLANNED = (dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)


@dataclass
class EventReader:
    """Polls a run's event log in a thread of its own: reports, collects failures, writes the log file.

    Attributes:
        instance: Where the run is recorded.
        find: Gives the id of the run; empty before Dagster created it.
        stages: The stage of each asset that has one.
        tell: Called with each event.
        log_file: Where every event is written.
        mend: Called when the storage does not answer.
        say: Called with each message of a step, where people want to read them.
        is_detailed: Whether the log file also gets what the steps reported as metadata.
        failures: What failed, in the order of time.
        run_id: The run, once it exists.
    """

    instance: dg.DagsterInstance
    find: Callable[[], str]
    stages: Mapping[str, int]
    tell: Callable[[StepEvent], None]
    log_file: Path
    mend: Callable[[], object] | None = None
    say: Callable[[str], None] | None = None
    is_detailed: bool = False
    failures: list[Failure] = field(default_factory=list)
    run_id: str = ""
    _cursor: str | None = None
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _asset_of_step: dict[str, str] = field(default_factory=dict)
    _planned: dict[str, set[str]] = field(default_factory=dict)

    def __enter__(self) -> "EventReader":
        self._thread = threading.Thread(target=self._poll, name="mediabase progress", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def _poll(self) -> None:
        with RunLog(self.log_file) as log:
            while not self._end.wait(POLL):
                self._read(log)
            self._read(log)
        if log.problem:
            self.failures.append(Failure("run", "the_log_is_complete", log.problem, is_warning=True))

    def _read(self, log: RunLog) -> None:
        has_more = True
        while has_more:
            try:
                self.run_id = self.run_id or self.find()
                if not self.run_id:
                    return
                batch = self.instance.get_records_for_run(self.run_id, cursor=self._cursor, limit=_BATCH)
            except sqlalchemy.exc.OperationalError:
                if self.mend is not None and not self._end.is_set():
                    with contextlib.suppress(ServerError):
                        self.mend()
                return  # the run itself finds out whether the server comes back
            self._cursor, has_more = batch.cursor, batch.has_more
            for record in batch.records:
                self._take(record.event_log_entry, log)
        log.flush()

    def _take(self, entry: "EventLogEntry", log: RunLog) -> None:
        log.write(f"{moment(entry.timestamp)} {entry.step_key or '-'} {entry.user_message or entry.message}\n")
        event = entry.dagster_event
        if event is None:
            if self.say is not None and entry.step_key:
                self.say(f"{self._asset_of_step.get(entry.step_key) or entry.step_key}: {entry.user_message}")
            return
        if self.is_detailed:
            log.write("".join(f"  {name}: {value}\n" for name, value in _reported(event)))
        for failure in failures_of(event, self._asset_of_step.get(event.step_key or "", "")):
            self.failures.append(failure)
            log.write(f"{failure.stack}\n" if failure.stack else "")
        step_event = self._step_event(event, entry.timestamp)
        if step_event is not None:
            self.tell(step_event)

    def _step_event(self, event: "DagsterEvent", at: float) -> StepEvent | None:
        step = event.step_key
        if step is None:
            return None
        asset = self._asset_of_step.get(step, "")
        if event.event_type in _PLANNED:
            key = _planned_asset(event)
            self._planned.setdefault(step, set()).add(key)
            asset = self._asset_of_step.setdefault(step, key)
            return StepEvent("planned", step, at, asset, self.stages.get(asset))
        if event.is_step_materialization:
            materialization = event.step_materialization_data.materialization
            if materialization.asset_key.to_user_string() not in self._planned.get(step, {asset}):
                return None  # rebuilt beneath the assets of the run, and reported by this step
            values = {name: _value(value) for name, value in materialization.metadata.items()}
            seconds = 0.0 if is_kept(materialization.metadata) else values.get("seconds")
            return StepEvent("rows", step, at, asset, rows=values.get("dagster/row_count"), seconds=seconds)
        kind = _KINDS.get(event.event_type)
        return StepEvent(kind, step, at, asset or step, self.stages.get(asset)) if kind else None  # type: ignore[arg-type]


def _reported(event: "DagsterEvent") -> Iterator[tuple[str, Any]]:
    """The metadata of a materialization or of a check, in one line each."""
    data: Any = None
    if event.is_step_materialization:
        data = event.step_materialization_data.materialization
    elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        data = event.asset_check_evaluation_data
    for name, value in (data.metadata if data is not None else {}).items():
        yield name, " ".join(str(_value(value)).split())


def _planned_asset(event: "DagsterEvent") -> str:
    data: Any = event.event_specific_data
    return str(data.asset_key.to_user_string())


def _value(metadata: Any) -> Any:
    return getattr(metadata, "value", metadata)
