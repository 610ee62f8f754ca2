"""One rule of a curator as a value: which values it is about, and what is decided about them.

Contains values only. How a file of rules is read is in `file`, where a rule is applied in `edits` (before anything is taken apart) and in
`decided` (what stays in quarantine).
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import md5
from typing import Any

from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, Fate

#: The columns whose values the migration reads.
CARRIED = {c.name: c for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is Fate.CARRIED}
#: Columns without a target: nothing is decided about what only stays in the backup.
ARCHIVED = frozenset(c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is Fate.ARCHIVED)
#: Columns of rows that hold one text or number.
SCALARS = ("transcript_id", "gene_symbol", "gene_id", "gene_type", "chromosome", "expression_fold_change")
#: Columns that are kept with the row, not once for all rows of a gene.
OF_ROWS = (*SCALARS, "coordinates", "features", "alt_transcript_ids")
#: A row cannot be without these: to drop one is to drop the row.
OF_THE_ROW_ITSELF = ("transcript_id", "gene_id")

_GENE_ID = re.compile(r"ENSGR?[0-9]{11}")
_STEP = re.compile(r"""\.(?P<name>[^.\[\]"*]+)|\."(?P<quoted>(?:[^"\\]|\\.)*)"|\[(?P<index>[0-9]+)\]|(?P<any>\.\*|\[\*\])""")


class Decision(StrEnum):
    """What a curator may decide."""

    KEEP_AS = "keep as"
    """The value is wrong; this is the right one."""
    MAP_TO = "map to"
    """The value means this one, which exists: a gene, a chromosome, a biotype, the key of a drug."""
    DROP = "drop"
    """The value stays out, with the curator's sentence."""
    ACCEPT = "accept"
    """That values of this kind are in quarantine is accepted; they do not count any more."""


class PathError(ValueError):
    """A text is not a path such as `$.CHEMBL25.name`."""


def parse_path(text: str) -> tuple[str, ...]:
    """The steps of a path; `*` stands for any one step.

    Raises:
        PathError: It is none.

    >>> parse_path("$.CHEMBL25.names[0]"), parse_path('$."a.b".*'), parse_path("$")
    (('CHEMBL25', 'names', '0'), ('a.b', '*'), ())
    """
    steps, place = list[str](), 1
    if not text.startswith("$"):
        raise PathError("a path begins with $")
    while place < len(text):
        found = _STEP.match(text, place)
        if found is None:
            raise PathError(f'it cannot be read from {text[place:]!r} on; write keys with other signs as $."key"')
        quoted = found["quoted"]
        try:
            steps.append("*" if found["any"] else json.loads(f'"{quoted}"') if quoted is not None else found["name"] or found["index"])
        except ValueError as error:
            raise PathError(f"{quoted!r} is no text of JSON") from error
        place = found.end()
    return tuple(steps)


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: Its name.
        who: Who decided.
        when: On which day.
        why: Why; for `drop` the sentence that others read.
        decision: What is decided.
        value: The value to keep (`keep as`, `map to`), the sentence of a `drop`, or the number that is accepted (None for any number).
        is_key: Whether `map to` renames the key at the path, not the value behind it.
        column: Column of the legacy table.
        path: Steps within its JSON; None for every place.
        said: The value exactly, as JSON or as its text; see `has_said`.
        has_said: Whether a value is given.
        pattern: Anchored regular expression of its text.
        gene: Gene id or symbol.
        transcript: Transcript id as the legacy row has it.
        reason: Why it is in quarantine; only for `drop` and `accept`.
        line: Where it begins in the file.
    """

    id: str
    who: str
    when: date
    why: str
    decision: Decision
    value: Any = None
    is_key: bool = False
    column: str = ""
    path: tuple[str, ...] | None = None
    said: Any = None
    has_said: bool = False
    pattern: str = ""
    gene: str = ""
    transcript: str = ""
    reason: str = ""
    line: int = 0

    @property
    def changes_values(self) -> bool:
        """Whether it is applied where values enter; otherwise it is about what is in quarantine at the end."""
        return self.decision in (Decision.KEEP_AS, Decision.MAP_TO) or (self.decision is Decision.DROP and not self.reason)

    @property
    def drops_rows(self) -> bool:
        """Whether it leaves out whole rows."""
        return self.changes_values and self.decision is Decision.DROP and (
            not self.column or (self.column in OF_THE_ROW_ITSELF and not self.path)
        )  # fmt: skip

    @property
    def sentence(self) -> str:
        """What people read about a value that it leaves out."""
        return str(self.value) if self.decision is Decision.DROP and self.value else self.why

    @property
    def is_of_rows(self) -> bool:
        """Whether what it changes is kept with single rows."""
        return self.drops_rows or self.column in OF_ROWS

    @property
    def match(self) -> dict[str, Any]:
        """What it matches, as the file says it."""
        given: dict[str, Any] = {}
        for name in ("reason", "column", "gene", "transcript", "pattern"):
            if getattr(self, name):
                given[name] = getattr(self, name)
        if self.path is not None:
            given["path"] = path_text(self.path)
        if self.has_said:
            given["value"] = self.said
        return given

    @property
    def gene_id(self) -> str:
        """The gene, if it is named by its id."""
        return self.gene if _GENE_ID.fullmatch(self.gene) else ""

    @property
    def digest(self) -> str:
        """Of all that it says, wherever it stands in the file."""
        told = [self.id, self.who, str(self.when), self.why, self.decision, self.value, self.is_key, self.match]
        return md5(json.dumps(told, sort_keys=True, default=str).encode(), usedforsecurity=False).hexdigest()


def path_text(path: tuple[str, ...]) -> str:
    """The steps as a path; a short number is taken for a place in a list, a long one for a key, which makes no difference to a rule.

    >>> path_text(("CHEMBL25", "names", "0")), path_text(("a.b", "*"))
    ('$.CHEMBL25.names[0]', '$."a.b".*')
    """
    parts = ["$"]
    for step in path:
        if re.fullmatch("[0-9]{1,3}", step):
            parts.append(f"[{step}]")
        elif step == "*":
            parts.append(".*")
        else:
            parts.append(f".{step}" if re.fullmatch(r'[^.\[\]"*]+', step) else f".{json.dumps(step, ensure_ascii=False)}")
    return "".join(parts)
