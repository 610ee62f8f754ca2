"""Runs a Dagster job inside this process, by the job's own executor, and reports its events while it runs.

Contains execution; the words for people are in `mediabase_assets.cli`. The job runs in the main thread, since Ctrl-C reaches
Dagster only there; a second thread reads the run's events (`event_reader`).
"""

import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import sqlalchemy.exc

from mediabase_assets.model.errors import ConfigurationError, ServerError
from mediabase_assets.model.stages import STAGE_TAG
from mediabase_assets.postgres.embedded import server
from mediabase_assets.runs.event_reader import EventReader
from mediabase_assets.runs.events import StepEvent
from mediabase_assets.runs.failures import Failure
from mediabase_assets.runs.log_file import QuietHandler, begin_log
from mediabase_assets.runs.storage import instance_config_file
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    pass

_LIBRARIES = ("psycopg", "mediabase_assets", "sqlalchemy")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's own lines go to the log file, which the event reader writes."""
_NO_RETRIES = {"dagster/max_retries": "0"}
"""A daemon cannot repeat a run of the command line; a person repeats the command."""
LOG_TAG = "mediabase/log"
"""Run tag that names the log file of the command; it identifies the run, since Dagster chooses the run's id."""


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
        seconds: How long it took.
        failures: What failed, in the order of time.
        log_file: Where every event of the run is written.
    """

    run_id: str
    end: RunEnd
    seconds: float
    failures: tuple[Failure, ...]
    log_file: Path


def prepare_dagster_home(settings: Settings) -> Path:
    """Create Dagster's folder below that of the project, with the project's dagster.yaml, and point the environment to it.

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
    say: Callable[[str], None] | None = None,
    is_detailed: bool = False,
) -> Outcome:
    """Execute a job to its end, however it ends.

    Args:
        definitions: Where the job is.
        job_name: Its name.
        instance: Where the run is recorded.
        tell: Called, from another thread, with each event.
        log_folder: Gets a file with every event.
        assets: Which of its assets are built; all by default.
        tags: Tags of the run.
        ops: Configuration of steps, by step.
        mend: Called, as `tell`, when the storage does not answer.
        say: As `tell`, with each message of a step.
        is_detailed: Whether the log file also gets what the steps reported, and debug messages of libraries.

    Raises:
        ConfigurationError: The log cannot be written.
        ServerError: The connection to Dagster's storage was lost.
    """
    log_file = begin_log(log_folder, f"{job_name}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:8]}.log")
    began, find = time.monotonic(), partial(_run_of, instance, log_file.name)
    tagged = {**(tags or {}), LOG_TAG: log_file.name, **_NO_RETRIES}
    reading = EventReader(instance, find, stages_of(definitions), tell, log_file, mend, say, is_detailed)
    with _logging_to(log_file, is_detailed=is_detailed), reading as reader:
        selected = [dg.AssetKey(key.split("/")) for key in sorted(assets)] or None
        end = _execute(definitions, job_name, instance, selected, tagged, log_file, {**_QUIET, "ops": ops or {}})
    end = _interrupted_or(end, reader, instance)
    return Outcome(reader.run_id, end, time.monotonic() - began, tuple(reader.failures), log_file)


def _interrupted_or(end: RunEnd, reader: EventReader, instance: dg.DagsterInstance) -> RunEnd:
    """How a run ended; one that was interrupted is closed, whichever way it said so."""
    if end is RunEnd.FAILURE and any(failure.is_interruption for failure in reader.failures):
        end = RunEnd.INTERRUPTED
    if end is RunEnd.INTERRUPTED:
        _close(instance, reader.run_id)
    return end


def job_of(log_name: str) -> dg.JobDefinition:
    """The job that `run_job` runs with a log file of this name; Dagster asks for it.

    The name is that of one run: Dagster keeps the job that it got by the same argument before.

    Raises:
        LookupError: No job is running.
    """
    definitions, name = _running[log_name]
    return definitions.resolve_job_def(name)


_running: dict[str, tuple[dg.Definitions, str]] = {}


def _run_of(instance: dg.DagsterInstance, log_name: str) -> str:
    """The id of the run of a log file; empty before Dagster created it."""
    runs = instance.get_runs(dg.RunsFilter(tags={LOG_TAG: log_name}), limit=1)
    return runs[0].run_id if runs else ""


def stages_of(definitions: dg.Definitions) -> dict[str, int]:
    """The stage of each asset that has one."""
    return {s.key.to_user_string(): int(s.tags[STAGE_TAG]) for s in definitions.resolve_all_asset_specs() if STAGE_TAG in s.tags}


def following(
    instance: dg.DagsterInstance, run_id: str, stages: Mapping[str, int], tell: Callable[[StepEvent], None], log_file: Path
) -> EventReader:
    """Read the events of a run, which may be that of another process, while the context lasts, and at its end those that are left."""
    return EventReader(instance, lambda: run_id, stages, tell, log_file)


def mending(settings: Settings) -> Callable[[], object] | None:
    """How to get a storage back that does not answer: start the embedded server; None for any other server."""
    return (lambda: server.ensure_running(settings.home)) if settings.database.is_embedded else None


def _execute(
    definitions: dg.Definitions, job_name: str, instance: dg.DagsterInstance, selected: list[dg.AssetKey] | None, tags: dict[str, str],
    log: Path, config: dict[str, Any],
) -> RunEnd:  # fmt: skip
    _running[log.name] = definitions, job_name
    try:
        job = dg.build_reconstructable_job(__name__, job_of.__name__, reconstructable_args=(log.name,))
        result = dg.execute_job(job, instance, run_config=config, tags=tags, asset_selection=selected)
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        return RunEnd.INTERRUPTED
    except sqlalchemy.exc.OperationalError as error:
        raise _storage_gone(error, log) from error
    finally:
        del _running[log.name]
    return RunEnd.SUCCESS if result.success else RunEnd.FAILURE


def _close(instance: dg.DagsterInstance, run_id: str) -> None:
    """Report a run as canceled that was interrupted at its beginning, so that Dagster does not wait for it."""
    run = instance.get_run_by_id(run_id) if run_id else None
    if run is not None and not run.is_finished:
        instance.report_run_canceled(run)


@contextmanager
def _logging_to(log_file: Path, *, is_detailed: bool = False) -> Iterator[None]:
    """Write what libraries log to the file of the run, not between the lines of the progress."""
    handler = QuietHandler(log_file)
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        if is_detailed and logger.name != "sqlalchemy":  # it would write every statement of Dagster's storage
            logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
        handler.close()


def _storage_gone(error: sqlalchemy.exc.OperationalError, log_file: Path) -> ServerError:
    return ServerError(
        f"The connection to the server was lost during the run: {str(error.orig).strip() or 'no answer'}.",
        where=f"Dagster's storage; the events so far are in {log_file}",
        next_step="Check the server (mediabase db status), then run the migration again: it continues.",
    )
