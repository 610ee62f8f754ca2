"""What happens to the steps of a run, as values: read from Dagster's events, drawn by the command line.

Contains no reading and no drawing.
"""

from dataclasses import dataclass
from typing import Literal

EventKind = Literal["planned", "started", "rows", "done", "failed", "skipped", "kept"]


@dataclass(frozen=True)
class StepEvent:
    """An event of a step of the run.

    Attributes:
        kind: What happened.
        step: Key of the step.
        at: When, in seconds since the epoch.
        asset: The asset `layer/relation` that the step builds or checks.
        stage: Stage of the asset; None if it does not have one.
        rows: Rows of the asset, with the kind `rows`; None if it does not have rows to count.
        seconds: With the kind `rows`, how long the build of the asset took, also before its step began; None if unknown.
    """

    kind: EventKind
    step: str
    at: float
    asset: str = ""
    stage: int | None = None
    rows: int | None = None
    seconds: float | None = None
