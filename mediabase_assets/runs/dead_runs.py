"""Runs that nobody works on: found, reported failed, and noted in the journal as interrupted.

A process that is killed cannot say so, and Dagster would take its run for a running one for ever. Runs of a living process
are never touched; where that cannot be known, a session of the run on the server or a recent event speaks for it.
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
from mediabase_assets.report.migration import note_interrupted
from mediabase_assets.runs.worker import Life, Worker, worker_of
from mediabase_assets.settings.load import Settings

#: Seconds without an event after which a run whose process cannot be looked at may be taken for dead.
SILENCE = 120.0
#: How those call themselves who hold the lock to remove what was left.
CLEANER = "leftovers-"
_STATUSES = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.NOT_STARTED]


@dataclass(frozen=True)
class Orphan:
    """A run that nobody works on.

    Attributes:
        run_id: Dagster's id of it.
        job: Its job.
        began_at: When it was made.
        found: What speaks for its death.
    """

    run_id: str
    job: str
    began_at: datetime
    found: str

    @property
    def sentence(self) -> str:
        """What a person is told."""
        return f"A run ({self.job}) of {moment(self.began_at)} was killed: {self.found}. It is reported failed."


def report_orphans(instance: dg.DagsterInstance, settings: Settings) -> list[Orphan]:
    """Report the runs failed that nobody works on.

    Args:
        instance: Where the runs are.
        settings: Which server they work with.

    Raises:
        ServerError: The server cannot be reached.
    """
    found = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_STATUSES)):
        run = record.dagster_run
        why = _why_dead(instance, settings, run, record.create_timestamp)
        if not why:
            continue
        orphan = Orphan(run.run_id, run.job_name, record.create_timestamp, why)
        again = instance.get_run_by_id(run.run_id)
        if again is None or again.is_finished:
            continue  # it ended by itself, or somebody else found it, in this moment
        instance.report_run_failed(again, orphan.sentence)
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):  # another role's journal; that Dagster knows is what counts
            note_interrupted(settings, run.run_id)
        _tell_what_was_made(instance, settings, run.run_id)
        found.append(orphan)
    return found


def _tell_what_was_made(instance: dg.DagsterInstance, settings: Settings, run_id: str) -> None:
    """Tell Dagster of assets that were made, and whose run was killed before it could tell: they will not be made again."""
    with connect(settings, autocommit=True, application_name="mediabase orphans") as conn:
        asset_state.settle(conn)
        made = [state for state in asset_state.states(conn).values() if state.run_id == run_id and not _is_told(instance, state)]
    for state in made:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                dg.AssetKey(state.asset.split("/")),
                metadata={"how": f"made by run {run_id}, which was killed before it could report it", "migration": state.migration_id},
                tags={"dagster/data_version": state.data_version},
            )
        )


def _is_told(instance: dg.DagsterInstance, state: asset_state.State) -> bool:
    """Whether Dagster's record of an asset names the run that made it; the run's log may, and death have come in between."""
    latest = instance.get_latest_materialization_event(dg.AssetKey(state.asset.split("/")))
    return latest is not None and latest.run_id == state.run_id


def look_at(instance: dg.DagsterInstance) -> Callable[[str], tuple[bool, str]]:
    """A look at the run of a lock: whether it is known to be over or dead, and which process it is, as a phrase."""

    def look(run_id: str) -> tuple[bool, str]:
        run = instance.get_run_by_id(run_id)
        if run is None:
            return run_id.startswith(CLEANER), ""  # whoever cleans up is gone in a moment
        worker = worker_of(run_id, run.tags)
        is_dead = run.is_finished or (worker is not None and worker.life is Life.DEAD)
        return is_dead, str(worker or "")

    return look


def _why_dead(instance: dg.DagsterInstance, settings: Settings, run: dg.DagsterRun, created: datetime) -> str:
    """What speaks for the death of a run; empty if it may live."""
    worker: Worker | None = worker_of(run.run_id, run.tags)
    if worker is not None and worker.life is not Life.ELSEWHERE:
        return f"{worker} is gone" if worker.life is Life.DEAD else ""
    if worker is None and run.status is dg.DagsterRunStatus.NOT_STARTED:
        return ""  # it waits for somebody else to start it
    last = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
    newest = last[0].event_log_entry.timestamp if last else created.timestamp()
    silent = time.time() - newest
    if silent < SILENCE or _has_session(settings, run.run_id):
        return ""
    who = f"{worker} has" if worker else "it has"
    return f"{who} no session on the server, and nothing was heard of it for {counted(round(silent / 60), 'minute')}"


def _has_session(settings: Settings, run_id: str) -> bool:
    """Whether the session that holds the lock of a run is there."""
    with connect(settings, autocommit=True, application_name="mediabase orphans") as conn:
        query = "select exists (select from pg_stat_activity where application_name like %s)"
        row = conn.execute(query, (f"mediabase % {run_id}",)).fetchone()
    return bool(row and row[0])
