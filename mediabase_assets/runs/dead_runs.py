"""Runs whose process is dead: found, reported failed, and recorded in the journal as interrupted.

A killed process cannot report that its run ended, and Dagster would show the run as running for ever. Runs of a process that is
alive are never touched. Where that is unknown, a session of the run on the server or a recent event counts as a sign of life.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import dagster as dg
import psycopg

from mediabase_assets.model.quantities import counted, moment
from mediabase_assets.planning import state as asset_state
from mediabase_assets.postgres.connect import connect
from mediabase_assets.records.journal import note_interrupted
from mediabase_assets.runs.column_lineage import column_lineage
from mediabase_assets.runs.worker import Life, Worker, worker_of
from mediabase_assets.settings.load import Settings

#: Seconds without an event after which a run whose process cannot be checked counts as dead, if it has no session.
SILENCE = 120.0
#: Owner prefix of the lock while clean-up runs.
CLEANER = "leftovers-"
_STATUSES = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.NOT_STARTED]


@dataclass(frozen=True)
class Orphan:
    """A run whose process is dead.

    Attributes:
        run_id: Dagster's id of it.
        job: Its job.
        began_at: When it was created.
        found: Why it counts as dead.
    """

    run_id: str
    job: str
    began_at: datetime
    found: str

    @property
    def sentence(self) -> str:
        """The message for people."""
        return f"A run ({self.job}) of {moment(self.began_at)} was killed: {self.found}. It is reported failed."


def report_orphans(instance: dg.DagsterInstance, settings: Settings) -> list[Orphan]:
    """Report the runs failed whose process is dead.

    Args:
        instance: Where the runs are.
        settings: Which server they work with.

    Raises:
        ServerError: The server cannot be reached.
    """
    orphans = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_STATUSES)):
        run = record.dagster_run
        why = _why_dead(instance, settings, run, record.create_timestamp)
        if not why:
            continue
        orphan = Orphan(run.run_id, run.job_name, record.create_timestamp, why)
        latest = instance.get_run_by_id(run.run_id)
        if latest is None or latest.is_finished:
            continue  # it has just ended, or another process has just reported it
        instance.report_run_failed(latest, orphan.sentence)
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):  # the journal of another role; Dagster's record is what counts
            note_interrupted(settings, run.run_id)
        _report_built_assets(instance, settings, run.run_id)
        orphans.append(orphan)
    return orphans


def _report_built_assets(instance: dg.DagsterInstance, settings: Settings, run_id: str) -> None:
    """Report assets to Dagster that a killed run built and did not report: they are up to date and will not be rebuilt."""
    with connect(settings, autocommit=True, application_name="mediabase orphans") as conn:
        asset_state.settle(conn)
        unreported = [state for state in asset_state.states(conn).values() if state.run_id == run_id and not _is_reported(instance, state)]
    for state in unreported:
        key, how = dg.AssetKey(state.asset.split("/")), f"built by run {run_id}, which was killed before it could report it"
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                key,
                metadata={"how": how, "migration": state.migration_id, **column_lineage(key)},
                tags={"dagster/data_version": state.data_version},
            )
        )


def _is_reported(instance: dg.DagsterInstance, state: asset_state.State) -> bool:
    """Whether Dagster's record of an asset names the run that built it; a killed run may have logged it and not recorded it."""
    latest = instance.get_latest_materialization_event(dg.AssetKey(state.asset.split("/")))
    return latest is not None and latest.run_id == state.run_id


def look_at(instance: dg.DagsterInstance) -> Callable[[str], tuple[bool, str]]:
    """Return a function that says whether the run holding the lock has ended or is dead, and describes its process."""

    def look(run_id: str) -> tuple[bool, str]:
        run = instance.get_run_by_id(run_id)
        if run is None:
            return run_id.startswith(CLEANER), ""  # a clean-up takes a moment only
        worker = worker_of(run_id, run.tags)
        is_dead = run.is_finished or (worker is not None and worker.life is Life.DEAD)
        return is_dead, str(worker or "")

    return look


def _why_dead(instance: dg.DagsterInstance, settings: Settings, run: dg.DagsterRun, created: datetime) -> str:
    """Why a run counts as dead; empty if it may be alive."""
    worker: Worker | None = worker_of(run.run_id, run.tags)
    if worker is not None and worker.life is not Life.ELSEWHERE:
        return f"{worker} is gone" if worker.life is Life.DEAD else ""
    if worker is None and run.status is dg.DagsterRunStatus.NOT_STARTED:
        return ""  # another process will start it
    last = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
    newest = last[0].event_log_entry.timestamp if last else created.timestamp()
    silent = time.time() - newest
    if silent < SILENCE or _has_session(settings, run.run_id):
        return ""
    who = f"{worker} has" if worker else "it has"
    return f"{who} no session on the server, and no event for {counted(round(silent / 60), 'minute')}"


def _has_session(settings: Settings, run_id: str) -> bool:
    """Whether the session that holds the lock of a run exists."""
    with connect(settings, autocommit=True, application_name="mediabase orphans") as conn:
        query = "select exists (select from pg_stat_activity where application_name like %s)"
        return bool(conn.value(query, f"mediabase % {run_id}"))
