"""After a release or a rollback: patients' rows matched again with the genes that are live now, and what moved.

Contains the order of steps and what Dagster shows; matching is in `patients/storing`, counting of pathways in `patients/questions`.
Patients are not named outside their own partitions.
"""

from collections.abc import Callable
from typing import Any

import dagster as dg
import psycopg

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.loading import loaded
from mediabase_assets.patients.storing.deploy import is_deployed
from mediabase_assets.patients.storing.listing import report_of
from mediabase_assets.patients.storing.rematching import Rematched, rematch
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.foreign_errors import explained
from mediabase_assets.runs.patients.recording import record
from mediabase_assets.settings.load import Settings

#: Entry of the metadata of a release.
ENTRY = "patients matched again"
#: Patients who moved and get new plots; with more the plots take longer than the matching.
_DRAWN = 20


def rematch_patients(instance: dg.DagsterInstance, settings: Settings, warn: Callable[[str], object]) -> dict[str, Any]:
    """Match patients again whose release is not the live one; nothing, and quickly, where there are none.

    What is live is committed before and stays, whether this succeeds or not: an error is a warning, and the next migration or
    `mediabase patients rematch` does the rest.

    Args:
        instance: Gets a materialization of each patient who moved.
        settings: The settings.
        warn: Called with a sentence if it failed.

    Returns:
        Metadata of the release: what moved, in numbers; empty where no patient had to be matched.
    """
    try:
        with connect(settings, autocommit=True, application_name="mediabase patients rematch") as conn:
            if not is_deployed(conn):
                return {}
            done = rematch(conn, settings)
            moved = [one.patient_id for one in done if one.has_changed]
            for patient_id in moved:
                record(instance, loaded(conn, settings, report_of(conn, patient_id), draws=len(moved) <= _DRAWN))
    except (MediabaseError, psycopg.Error, OSError) as error:
        known = explained(error)
        if known is None:
            raise
        warn(f"Patients could not be matched with the live genes: {known} Their rows are as before.")
        return {ENTRY: f"failed: {known.what} `mediabase patients rematch` does it."}
    return {ENTRY: summary(done)} if done else {}


def summary(done: tuple[Rematched, ...]) -> str:
    """What moved, in a sentence.

    >>> summary((Rematched("A12", 100, 1, 2, 3, 0, 0.9), Rematched("B12", 0, 0, 0, 0, 0, 1.0)))
    '2 patients; 1 of them moved: 1 row gained a gene, 2 rows lost theirs, 3 rows have another one, 0 rows were merged.'
    """
    moved = [one for one in done if one.has_changed]
    if not moved:
        return f"{counted(len(done), 'patient')}; none of them moved."
    gained, lost, other, merged = (sum(getattr(one, name) for one in moved) for name in ("gained", "lost", "moved", "merged"))
    return (
        f"{counted(len(done), 'patient')}; {len(moved):,} of them moved: {counted(gained, 'row')} gained a gene, "
        f"{counted(lost, 'row')} lost theirs, {counted(other, 'row')} have another one, {counted(merged, 'row was', 'rows were')} merged."
    )
