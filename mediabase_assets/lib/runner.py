"""Runs a Dagster job inside this process, in its main thread, and tells what happens while it happens.

Here belong execution and reading the run's events; the words for people are in `mediabase_assets.lib.console`. The main
thread works, so that Ctrl-C reaches Dagster as it wants to be reached; a second thread polls the run's event log.
"""

import contextlib
import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import sqlalchemy.exc

from mediabase_assets.lib import server
from mediabase_assets.lib.console.board import StepEvent
from mediabase_assets.lib.dagster_storage import instance_config_file
from mediabase_assets.lib.quantities import moment
from mediabase_assets.lib.run_failures import Failure, failures_of
from mediabase_assets.lib.run_log import QuietHandler, RunLog, begin_log
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.telling import is_kept
from mediabase_assets.lib.workers import this_worker
from mediabase_assets.model.errors import ConfigurationError, ServerError
from mediabase_assets.model.stages import STAGE_TAG

if TYPE_CHECKING:
    from dagster import DagsterEvent, EventLogEntry

#: Seconds between two looks at the event log.
POLL = 0.25
_BATCH = 1000
_LIBRARIES = ("psycopg", "mediabase_assets", "sqlalchemy")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's own lines go to the log file, which the reader of the events writes."""
_NO_RETRIES = {"dagster/max_retries": "0"}
"""A daemon cannot repeat a run that a command line started; whoever gives the command again does."""
_KINDS = {
    dg.DagsterEventType.STEP_START: "started",
    dg.DagsterEventType.STEP_RESTARTED: "started",
    dg.DagsterEventType.STEP_SUCCESS: "done",
    dg.DagsterEventType.STEP_FAILURE: "failed",
    dg.DagsterEventType.STEP_SKIPPED: "skipped",
}

_PLANNED = (dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)


class RunEnd(StrEnum):
    """How a run ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Outcome:
    """How a run went.

    Attributes:
        run_id: Dagster's id of the run.
        end: How it ended.
        seconds: Time that it took.
        failures: What failed, in the order of time.
        log_file: Where every event of the run is written.
    """

    run_id: str
    end: RunEnd
    seconds: float
    failures: tuple[Failure, ...]
    log_file: Path


def prepare_dagster_home(settings: Settings) -> Path:
    """Dagster's folder below the project's, with the project's dagster.yaml, and the environment that points there.

    Raises:
        ConfigurationError: The folder cannot be written.
    """
    folder = settings.home / "dagster"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        source, target = instance_config_file(), folder / "dagster.yaml"
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)
    except OSError as error:
        raise ConfigurationError(
            f"Dagster's folder cannot be written: {error.strerror}.",
            where=str(folder),
            next_step="Free space there, or set MEDIABASE_HOME to a folder that you may write to.",
        ) from error
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return folder


def run_job(
    definitions: dg.Definitions,
    job_name: str,
    instance: dg.DagsterInstance,
    *,
    tell: Callable[[StepEvent], None],
    log_folder: Path,
    assets: Collection[str] = (),
    tags: Mapping[str, str] | None = None,
    ops: Mapping[str, Any] | None = None,
    mend: Callable[[], object] | None = None,
) -> Outcome:
    """Execute a job to its end, whatever that is.

    Args:
        definitions: Where the job is.
        job_name: Its name.
        instance: Where the run is recorded.
        tell: Called, from another thread, with each event.
        log_folder: Gets a file with every event, named after the run.
        assets: Those of its assets that are made, as `layer/relation`; all by default.
        tags: Tags of the run.
        ops: Configuration of steps, by step.
        mend: Called, from another thread, when the storage does not answer.

    Raises:
        ConfigurationError: The log cannot be begun.
        ServerError: Dagster's storage went away.
    """
    job = definitions.resolve_job_def(job_name)
    stages = stages_of(definitions)
    run_id = str(uuid.uuid4())
    log_file = begin_log(log_folder, f"{job_name}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{run_id[:8]}.log")
    began = time.monotonic()
    tagged = {**(tags or {}), **this_worker(run_id).as_tags(), **_NO_RETRIES}
    with _logging_to(log_file), _EventReader(instance, run_id, stages, tell, log_file, mend) as reader:
        selected = [dg.AssetKey(key.split("/")) for key in sorted(assets)] or None
        end = _execute(job, instance, run_id, selected, tagged, log_file, {**_QUIET, "ops": ops or {}})
    if end is RunEnd.FAILURE and any(failure.is_interruption for failure in reader.failures):
        end = RunEnd.INTERRUPTED
    if end is RunEnd.INTERRUPTED:
        _close(instance, run_id)
    return Outcome(run_id, end, time.monotonic() - began, tuple(reader.failures), log_file)


def stages_of(definitions: dg.Definitions) -> dict[str, int]:
    """The stage of each asset that has one."""
    return {s.key.to_user_string(): int(s.tags[STAGE_TAG]) for s in definitions.resolve_all_asset_specs() if STAGE_TAG in s.tags}


def following(
    instance: dg.DagsterInstance, run_id: str, stages: Mapping[str, int], tell: Callable[[StepEvent], None], log_file: Path
) -> "_EventReader":
    """Read a run's events for as long as the context lasts, and at its end those that are left; it may be another process's run."""
    return _EventReader(instance, run_id, stages, tell, log_file)


def mending(settings: Settings) -> Callable[[], object] | None:
    """What brings the storage back when it does not answer: a start of the embedded server, nothing where it is another's."""
    return (lambda: server.ensure_running(settings.home)) if settings.database.is_embedded else None


def _execute(
    job: dg.JobDefinition, instance: dg.DagsterInstance, run_id: str, selected: list[dg.AssetKey] | None, tags: dict[str, str],
    log: Path, config: dict[str, Any],
) -> RunEnd:  # fmt: skip
    try:
        result = job.execute_in_process(
            instance=instance, run_id=run_id, raise_on_error=False, tags=tags, run_config=config, asset_selection=selected
        )
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        return RunEnd.INTERRUPTED
    except sqlalchemy.exc.OperationalError as error:
        raise _storage_gone(error, log) from error
    return RunEnd.SUCCESS if result.success else RunEnd.FAILURE


def _close(instance: dg.DagsterInstance, run_id: str) -> None:
    """An interruption at the very beginning leaves a run that Dagster would wait for."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_canceled(run)


@contextmanager
def _logging_to(log_file: Path) -> Iterator[None]:
    """What libraries log goes to the file of the run, not between the lines of the progress."""
    handler = QuietHandler(log_file)
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()


def _storage_gone(error: sqlalchemy.exc.OperationalError, log_file: Path) -> ServerError:
    return ServerError(
        f"The server went away during the run: {str(error.orig).strip() or 'no answer'}.",
        where=f"Dagster's storage; the events so far are in {log_file}",
        next_step="Look at the server (mediabase db status), then run the migration again: it continues.",
    )


@dataclass
class _EventReader:
    """Polls a run's event log in a thread of its own: tells, collects failures, writes the log file."""

    instance: dg.DagsterInstance
    run_id: str
    stages: Mapping[str, int]
    tell: Callable[[StepEvent], None]
    log_file: Path
    mend: Callable[[], object] | None = None
    failures: list[Failure] = field(default_factory=list)
    _cursor: str | None = None
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _asset_of_step: dict[str, str] = field(default_factory=dict)
    _planned: dict[str, set[str]] = field(default_factory=dict)

    def __enter__(self) -> "_EventReader":
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
                found = self.instance.get_records_for_run(self.run_id, cursor=self._cursor, limit=_BATCH)
            except sqlalchemy.exc.OperationalError:
                if self.mend is not None and not self._end.is_set():
                    with contextlib.suppress(ServerError):
                        self.mend()
                return  # whether the server comes back is for the run to find out
            self._cursor, has_more = found.cursor, found.has_more
            for record in found.records:
                self._take(record.event_log_entry, log)
        log.flush()

    def _take(self, entry: "EventLogEntry", log: RunLog) -> None:
        log.write(f"{moment(entry.timestamp)} {entry.step_key or '-'} {entry.user_message or entry.message}\n")
        event = entry.dagster_event
        if event is None:
            return
        for failure in failures_of(event, self._asset_of_step.get(event.step_key or "", "")):
            self.failures.append(failure)
            log.write(f"{failure.stack}\n" if failure.stack else "")
        told = self._told(event, entry.timestamp)
        if told is not None:
            self.tell(told)

    def _told(self, event: "DagsterEvent", at: float) -> StepEvent | None:
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
            made = event.step_materialization_data.materialization
            if made.asset_key.to_user_string() not in self._planned.get(step, {asset}):
                return None  # rebuilt beneath the assets of the run, and reported by this step
            values = {name: _value(value) for name, value in made.metadata.items()}
            seconds = 0.0 if is_kept(made.metadata) else values.get("seconds")
            return StepEvent("rows", step, at, asset, rows=values.get("dagster/row_count"), seconds=seconds)
        kind = _KINDS.get(event.event_type)
        return StepEvent(kind, step, at, asset or step, self.stages.get(asset)) if kind else None  # type: ignore[arg-type]


def _planned_asset(event: "DagsterEvent") -> str:
    data: Any = event.event_specific_data
    return str(data.asset_key.to_user_string())


def _value(metadata: Any) -> Any:
    return getattr(metadata, "value", metadata)
