"""The sensor of the inbox: each new file of a patient becomes a partition and a run. Off until somebody turns it on."""

import dagster as dg

from mediabase_assets.model.quantities import counted
from mediabase_assets.runs.patients import partitions
from mediabase_assets.runs.patients.config import run_config
from mediabase_assets.runs.patients.inbox import Look, look
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.step_keys import step_of


@dg.sensor(
    name="patients_inbox",
    target=dg.AssetSelection.assets(*partitions.KEYS),
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Imports the files of the folder patients.inbox: the name without endings is the patient's id, and each content is "
    "imported once. A file that changed in the last seconds is left for the next look.",
)
def patients_inbox(context: dg.SensorEvaluationContext, mediabase: Mediabase) -> dg.SensorResult:
    """Look at the inbox."""
    inbox = mediabase.settings().patients.inbox
    if inbox is None:
        return dg.SensorResult(skip_reason="No inbox is configured: set patients.inbox to a folder.")
    try:
        seen = look(inbox, context.cursor or "")
    except OSError as error:
        return dg.SensorResult(skip_reason=f"The inbox cannot be read: {error.strerror}.")
    step = step_of(partitions.EXPRESSION.to_user_string())
    requests = [
        dg.RunRequest(run_key=a.run_key, partition_key=a.patient_id, run_config=run_config(step, from_inbox=True)) for a in seen.arrived
    ]
    added = partitions.PATIENTS.build_add_request([a.patient_id for a in seen.arrived])
    return dg.SensorResult(
        run_requests=requests, dynamic_partitions_requests=[added] if requests else [], cursor=seen.cursor,
        skip_reason=None if requests else _nothing(seen),
    )  # fmt: skip


def _nothing(seen: Look) -> str:
    """Why no run is requested; without names, which are kept as long as the sensor's history.

    >>> _nothing(Look((), 1, 2, ""))
    'Nothing new; 1 file is still being written; 2 files are not named after one patient each (ID.csv, ID.xlsx …).'
    """
    parts = ["Nothing new"]
    if seen.growing:
        parts.append(f"{counted(seen.growing, 'file is', 'files are')} still being written")
    if seen.refused:
        parts.append(f"{counted(seen.refused, 'file is', 'files are')} not named after one patient each (ID.csv, ID.xlsx …)")
    return "; ".join(parts) + "."
