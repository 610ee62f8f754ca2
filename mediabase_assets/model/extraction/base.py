"""What an extraction relation is, as a value: what it reads, what is recorded of it, and how it is checked."""

from dataclasses import dataclass, field
from typing import Literal

from mediabase_assets.model.stages import Stage


@dataclass(frozen=True)
class ExtractionCheck:
    """A check of an extraction relation: a query that selects rows that must not exist, in the file of its name.

    Attributes:
        name: Its name; the sentences are in `model.check_texts`.
        description: What a curator reads.
        is_warning: Whether a failure only warns.
    """

    name: str
    description: str
    is_warning: bool = False


@dataclass(frozen=True)
class Extraction:
    """The definition of one extraction relation.

    Attributes:
        name: The relation; its SQL is `<name>.sql`.
        stage: Stage of the owner's process.
        description: What one row is, for people.
        inputs: Extraction relations that it reads.
        records: SQL file that writes quarantine and repairs; `facts` for relations of facts.
        checks: Its checks.
        cost: Seconds on the real table, as measured; what is built first is chosen by it.
        kind: Whether it is stored; a view is created with the last of its inputs.
    """

    name: str
    stage: Stage
    description: str
    inputs: tuple[str, ...]
    records: str | None = None
    checks: tuple[ExtractionCheck, ...] = field(default=())
    cost: float = 0.5
    kind: Literal["table", "view"] = "table"
