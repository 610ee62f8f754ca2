"""A rule as text, ready to be pasted into the file of rules: what a person could decide about a value.

Contains the text only; what is right about a value nobody but the curator knows.
"""

import json
from datetime import UTC, datetime
from typing import Any

import yaml

from mediabase_assets.curation.rule import OF_ROWS, SCALARS

#: A raw value of more characters is not repeated in `match`; its place names it.
_LONGEST = 120
#: What stands for what the curator has to write.
TO_BE_WRITTEN = "…"


def rule_text(
    rule_id: str, match: dict[str, Any], decision: str, value: Any = True, *, who: str = "", why: str = "", when: str = ""
) -> str:
    """A rule as an item of the list `rules`.

    >>> print(rule_text("a", {"column": "chromosome", "value": "chr99"}, "map to", "chrM", when="2026-11-29", who="me", why="A misprint."))
      - id: a
        who: me
        when: 2026-11-29
        why: A misprint.
        match:
          column: chromosome
          value: chr99
        map to: chrM
    """
    day = when or f"{datetime.now(UTC):%Y-%m-%d}"
    head = {"id": rule_id, "who": who or TO_BE_WRITTEN, "why": why or TO_BE_WRITTEN, "match": match, decision: value}
    text = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100_000, default_flow_style=False)
    lines = text.splitlines()
    lines.insert(2, f"when: {day}")
    return "\n".join([f"  - {lines[0]}", *(f"    {line}" for line in lines[1:])])


def match_of(
    *, column: str, path: str = "", gene: str = "", transcript: str = "", value: Any = None, has_value: bool = False, reason: str = ""
) -> dict[str, Any]:
    """What matches one value of one gene or row, as narrow as its place tells."""
    match: dict[str, Any] = {"reason": reason} if reason else {}
    if column:
        match["column"] = column
    if path and path != "$" and column not in SCALARS:
        match["path"] = path
    if transcript and (column in OF_ROWS or not gene):
        match["transcript"] = transcript
    elif gene:
        match["gene"] = gene
    is_short = not isinstance(value, dict | list) and len(json.dumps(value)) <= _LONGEST
    if has_value and is_short and value is not None:
        match["value"] = value
    return match
