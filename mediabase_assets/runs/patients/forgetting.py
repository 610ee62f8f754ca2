"""How Dagster forgets a patient: runs and events of the partition, checks, ticks, backfills, the partition itself, and lines of log files.

Contains that only; the rows of the patient are deleted by `patients/storing`.

NOTE: Dagster 1.13 cannot wipe the partition of an asset in PostgreSQL (`wipe_asset_partitions` raises NotImplementedError), and nothing
public deletes ticks or backfills. So this module writes to Dagster's tables; a test looks for a deleted patient in all of them.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa

from mediabase_assets.model.patients import PatientError
from mediabase_assets.postgres.sql_files import read
from mediabase_assets.runs.patients.partitions import KEYS, NAME, TAGS
from mediabase_assets.settings.load import Settings

_SQL = Path(__file__).parent / "sql" / "forget.sql"
_WORD = "[A-Za-z0-9_-]"
_EVENTS = ("ASSET_MATERIALIZATION", "ASSET_MATERIALIZATION_PLANNED", "ASSET_OBSERVATION", "ASSET_FAILED_TO_MATERIALIZE")
_ACTIVE = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def require_no_run(instance: dg.DagsterInstance, patient_id: str) -> None:
    """Check that no run is working on a patient, or waits for its turn.

    Raises:
        PatientError: One is.
    """
    active = _runs_of(instance, patient_id, _ACTIVE)
    if active:
        raise PatientError(
            f"A run works on {patient_id}.", where=f"run {active[0]}", next_step="Wait until it has ended, or cancel it in the UI."
        )


def forget(instance: dg.DagsterInstance, settings: Settings, patient_id: str) -> None:
    """Delete all that Dagster keeps of a patient; without effect if it knows none of that id.

    Args:
        instance: Where Dagster keeps its events.
        settings: Where the log files are.
        patient_id: Whom.
    """
    runs = _runs_of(instance, patient_id)
    for run_id in runs:
        instance.delete_run(run_id)
    values = {
        "id": patient_id, "assets": [key.to_string() for key in KEYS], "types": list(_EVENTS), "runs": runs,
        "word": f"(?<!{_WORD}){re.escape(patient_id)}(?!{_WORD})",
    }  # fmt: skip
    storage: Any = instance.event_log_storage
    with storage.index_connection() as conn:
        for statement in _statements():
            conn.execute(sa.text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    instance.delete_dynamic_partition(NAME, patient_id)
    mask(_log_files(settings), patient_id)


def _runs_of(instance: dg.DagsterInstance, patient_id: str, statuses: Sequence[dg.DagsterRunStatus] = ()) -> list[str]:
    """The ids of the runs of a partition; each run is one of a single patient."""
    filters = [dg.RunsFilter(tags={tag: patient_id}, statuses=statuses) for tag in TAGS]
    return list(dict.fromkeys(run.run_id for each in filters for run in instance.get_runs(each)))


def mask(files: Sequence[Path], word: str) -> None:
    """Write as many x over a word in files, in place, so that a program that appends to one of them is not disturbed.

    Args:
        files: Which.
        word: The word; parts of longer words stay.
    """
    found = re.compile(rb"(?<![A-Za-z0-9_-])" + re.escape(word.encode()) + rb"(?![A-Za-z0-9_-])")
    for path in files:
        places = [match.start() for match in found.finditer(path.read_bytes())]
        if places:
            with path.open("r+b") as file:
                for place in places:
                    file.seek(place)
                    file.write(b"x" * len(word))


def _log_files(settings: Settings) -> list[Path]:
    folders = [settings.logs, settings.home / "dagster"]
    return sorted(f for folder in folders if folder.is_dir() for f in folder.rglob("*") if f.suffix in (".log", ".txt") and f.is_file())


def _statements() -> Iterator[str]:
    """The statements of the file, without comments."""
    text = re.sub(r"--.*", "", read(_SQL))
    return (part.strip() for part in text.split(";") if part.strip())
