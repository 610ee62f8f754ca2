"""What is wrong, as a value: what, where, since when, what to do next. No value of a patient and no password is in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an alert is about."""

    SERVER = "server"
    """The database server does not answer."""
    RUN = "failed_run"
    """The newest run of a job failed, or was killed."""
    STALLED = "stalled_run"
    """A run has shown no progress for a while."""
    CHECK = "failed_check"
    """A check failed when it was last evaluated."""
    OVERDUE = "overdue_view"
    """A view was not brought up to date in time."""
    DISK = "disk_low"
    """A disk has less space free than configured."""
    BACKUP = "backup"
    """There is no backup, or it was not proved that it can be restored."""


@dataclass(frozen=True)
class Condition:
    """Something that is wrong right now.

    Attributes:
        key: Names it; the same as long as the same is wrong.
        kind: What it is about.
        what: What is wrong, a sentence.
        where: Run, asset, folder or server.
        next_step: What to do, a sentence.
        command: A command that helps.
        since: Since when; None for since it was seen.
        version: Changes where the same became wrong once more, which is told again: the id of the run that failed.
    """

    key: str
    kind: Kind
    what: str
    where: str
    next_step: str
    command: str = "mediabase status"
    since: datetime | None = None
    version: str = ""


@dataclass(frozen=True)
class Found:
    """What a look found.

    Attributes:
        conditions: All that is wrong.
        looked_at: The kinds that were looked at: what of them is not among the conditions is over.
    """

    conditions: tuple[Condition, ...]
    looked_at: frozenset[Kind]
