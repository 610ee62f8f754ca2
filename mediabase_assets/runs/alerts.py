"""What Dagster knows to be wrong: failed and hanging runs, failed checks, overdue views, a backup without a proof.

Contains the reading only; who is told, and when, is in `alerts`. Runs of the command line, of the UI and of schedules count alike, and
runs that were killed, once they are reported failed. Messages of patients' runs are not read: they may name a patient.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import dagster as dg
import sqlalchemy.exc

from mediabase_assets.alerts.condition import Condition, Found, Kind
from mediabase_assets.alerts.conditions.backup import unproved_backup
from mediabase_assets.alerts.round import Look
from mediabase_assets.model.quantities import counted, moment
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.runs.check_overview import CheckLine, Outcome, evaluations, read_overview, specs_of
from mediabase_assets.runs.dead_runs import report_orphans
from mediabase_assets.runs.failures import failures_of
from mediabase_assets.runs.patients.partitions import GROUP as PATIENTS_GROUP
from mediabase_assets.runs.patients.partitions import TAGS
from mediabase_assets.runs.specs import BACKUP_KEY
from mediabase_assets.runs.step_keys import asset_of
from mediabase_assets.settings.load import Settings

#: The proof of a backup, which no migration makes.
PROOF = dg.AssetCheckKey(BACKUP_KEY, "newest_backup_can_be_restored")
#: Runs that are looked at, the newest first: those that a busy day has, and more.
_RUNS = 200
#: Evaluations of the proof that are searched for one that was made and passed.
_PROOFS = 50
#: Dagster's tag of a failed run that it is about to repeat.
_WILL_RETRY = "dagster/will_retry"
_LONGEST = 300
#: The jobs that are a whole migration, and the name for any of them.
MIGRATIONS, MIGRATION = ("migrate", "rebuild_everything"), "migration"
_SELECTED = "selected/"


def look_by(instance: dg.DagsterInstance, settings: Settings, graph: Any) -> Look:
    """The look at what Dagster knows.

    Args:
        instance: Dagster's instance.
        settings: What counts as wrong.
        graph: The asset graph of the definitions, or of a repository; its class is not public in Dagster.
    """

    def look(conn: Connection, now: datetime) -> Found:
        try:
            report_orphans(instance, settings)
            conditions = [
                *failed_runs(instance),
                *stalled_runs(instance, settings.alerts.stalled_minutes, now),
                *failed_checks(instance, graph, warnings=settings.alerts.warnings),
                *overdue_views(instance, graph, now),
            ]
            backup = unproved_backup(settings, conn, _proved_at(instance), now)
        except sqlalchemy.exc.SQLAlchemyError:  # Dagster's storage does not answer; the other conditions are looked at
            return Found((), frozenset())
        looked_at = frozenset({Kind.RUN, Kind.STALLED, Kind.CHECK, Kind.OVERDUE, Kind.BACKUP})
        return Found((*conditions, *([backup] if backup else [])), looked_at)

    return look


def failed_runs(instance: dg.DagsterInstance) -> Iterator[Condition]:
    """The jobs whose newest run that ended failed; a run that Dagster is about to repeat has not ended.

    Runs of the same selected assets count as one job, and as settled by a later migration.
    """
    settled = set[str]()
    statuses = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]
    for record in instance.get_run_records(dg.RunsFilter(statuses=statuses), limit=_RUNS):
        run = record.dagster_run
        key, job = _job_of(run)
        if run.tags.get(_WILL_RETRY) == "true" or key in settled or (key.startswith(_SELECTED) and MIGRATION in settled):
            continue
        settled.add(key)
        if run.status is dg.DagsterRunStatus.FAILURE:
            ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
            yield Condition(
                f"run/{key}", Kind.RUN, f"{job} failed: {_why(instance, run)}", f"run {run.run_id[:8]}",
                "See its log in the UI; correct the reason, then run again: what passed is kept.",
                "mediabase patients list" if _is_of_patients(run) else "mediabase status", since=ended, version=run.run_id,
            )  # fmt: skip


def _job_of(run: dg.DagsterRun) -> tuple[str, str]:
    """What a run is one of: a name that tells it from others, and the same for people, without the name of a patient."""
    if _is_of_patients(run):
        partitions = "".join(run.tags.get(tag, "") for tag in TAGS)
        return f"patients/{sha256(partitions.encode()).hexdigest()[:16]}", "An import of a patient"
    if run.job_name in MIGRATIONS:
        return MIGRATION, "A migration"
    if not run.job_name.startswith("__ASSET_JOB"):
        return run.job_name, f"The job {run.job_name}"
    keys = sorted(key.to_user_string() for key in run.asset_selection or ())
    digest = sha256("".join(keys).encode()).hexdigest()[:16]
    return f"{_SELECTED}{digest}", f"A run of {', '.join(keys[:3]) or 'all assets'}{' …' if len(keys) > 3 else ''}"


def _is_of_patients(run: dg.DagsterRun) -> bool:
    keys = run.asset_selection or ()
    return any(key.path[0] == PATIENTS_GROUP for key in keys) or PATIENTS_GROUP in run.job_name


def _why(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """The first failure of a run, in a sentence."""
    if _is_of_patients(run):
        return "its message is in the UI, since it may name a patient."
    types = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    for kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
        for record in instance.get_records_for_run(run.run_id, of_type=types).records:
            event = record.event_log_entry.dagster_event
            if event is None or event.event_type is not kind:
                continue
            said = [f"{f.asset}: {f.message}" if f.asset else f.message for f in failures_of(event, asset_of(event.step_key or ""))]
            text = (said[0] if said else event.message or "").strip()
            if text:
                return _short(text)
    return "it says no reason."


def _short(text: str) -> str:
    """The first paragraph of a message, on one line."""
    line = " ".join(text.split("\n\n")[0].split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()} …"


def stalled_runs(instance: dg.DagsterInstance, minutes: int, now: datetime) -> Iterator[Condition]:
    """The runs at work that have reported nothing for so many minutes; 0 for none."""
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])) if minutes else ():
        run = record.dagster_run
        newest = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
        last = newest[0].event_log_entry.timestamp if newest else record.create_timestamp.timestamp()
        silent = (now.timestamp() - last) / 60
        if silent >= minutes:
            yield Condition(
                f"stalled/{run.run_id}", Kind.STALLED, f"{_job_of(run)[1]} has shown no progress for {minutes} minutes and more.",
                f"run {run.run_id[:8]}", "See what it waits for; cancel it in the UI where it hangs. Nothing is published half.",
                "mediabase status --watch", since=datetime.fromtimestamp(last, UTC),
            )  # fmt: skip


def failed_checks(instance: dg.DagsterInstance, graph: Any, *, warnings: bool) -> Iterator[Condition]:
    """The checks that failed when they were last evaluated, with `warnings` also those that warned; none of patients."""
    specs = specs_of(graph)
    not_passed = _not_passed(instance, specs)
    for line in read_overview(instance, [spec for spec in specs if spec.key in not_passed]):
        if line.outcome is Outcome.FAILED or (warnings and line.outcome is Outcome.WARNED):
            yield _failed_check(line)


def _failed_check(line: CheckLine) -> Condition:
    rows = f" ({counted(line.failures, 'failure')})" if line.failures else ""
    return Condition(
        f"check/{line.asset}/{line.check}", Kind.CHECK, f"The check {line.check} of {line.asset} {line.outcome}{rows}.", line.asset,
        "See what it found, and rows that show it; correct the reason, then run the asset again.", "mediabase checks --failed",
        since=line.since,
    )  # fmt: skip


def _not_passed(instance: dg.DagsterInstance, specs: Iterable[dg.AssetCheckSpec]) -> set[dg.AssetCheckKey]:
    """The checks whose newest record is not that of one that passed: only of these is the history read."""
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key([spec.key for spec in specs])
    return {key for key, record in latest.items() if record.status.value != "SUCCEEDED"}


def overdue_views(instance: dg.DagsterInstance, graph: Any, now: datetime) -> Iterator[Condition]:
    """The views that were not brought up to date, or found to be so, within the window of their freshness policy."""
    for key in sorted(graph.materializable_asset_keys, key=lambda k: k.to_user_string()):
        policy = graph.get(key).freshness_policy
        window = getattr(policy, "fail_window", None)
        if window is None or key == BACKUP_KEY:
            continue
        event = instance.get_latest_materialization_event(key)
        if event is None:
            continue
        due = datetime.fromtimestamp(event.timestamp, UTC) + window.to_timedelta()
        if due < now:
            yield Condition(
                f"overdue/{key.to_user_string()}", Kind.OVERDUE,
                f"{key.to_user_string()} was last brought up to date, or found to be so, at {moment(event.timestamp)}.",
                key.to_user_string(),
                "See that `mediabase ui` or the daemon runs, and that refresh_views_schedule is on; run the job refresh_views.",
                "mediabase ui", since=due,
            )  # fmt: skip


def _proved_at(instance: dg.DagsterInstance) -> datetime | None:
    """When a backup was last restored and everything came back; an evaluation that repeats an earlier one is not meant."""
    for ended, evaluation in evaluations(instance, PROOF, _PROOFS):
        if evaluation.passed and "proved at" not in evaluation.metadata:
            return ended
    return None
