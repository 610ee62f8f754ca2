"""How a run of a migration stands in the journal (`migration_runs.status`)."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The status of a run that the journal records; readers of the database know these words."""

    RUNNING = "running"
    #: A run of selected assets, without the release.
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    RELEASED = "released"
    #: Nothing that is live would have changed.
    UNCHANGED = "unchanged"
    ROLLED_BACK = "rolled back"


#: Runs whose migration another run may go on with.
OPEN = (RunStatus.RUNNING, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.INTERRUPTED)


class LegacyChoice(StrEnum):
    """What a rollback does with changes that others made to the legacy table since the backup."""

    KEEP = "keep"
    UNDO = "undo"
