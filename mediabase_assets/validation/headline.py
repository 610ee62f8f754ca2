"""The headline of a migration for its report: the outcomes of the facts, the reasons, and how many rows each table has now.

A short text for people who read one page, and the same totals as numbers that Dagster plots.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from mediabase_assets.model.quantities import BREAK, counted
from mediabase_assets.model.reasons import Outcome, sentence

OUTCOMES = tuple(map(str, Outcome))
#: How many reasons are named.
NAMED = 3
#: Characters of a line that a page of 1440 pixels shows.
WIDTH = 52


def totals(columns: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Facts by outcome over all columns of the legacy table.

    >>> totals([{"facts_read": 3, "kept": 2, "merged": 0, "repaired": 0, "quarantined": 1, "archived": 0}])["facts quarantined"]
    1
    """
    read = {"facts read": sum(int(c["facts_read"]) for c in columns)}
    return read | {f"facts {name}": sum(int(c[name]) for c in columns) for name in OUTCOMES}


def text(
    columns: Sequence[Mapping[str, Any]], reasons: Sequence[tuple[str, str, int]], rows: Sequence[tuple[str, int, int | None]]
) -> str:  # fmt: skip
    """The headline as Markdown.

    Args:
        columns: Rows of the account of columns.
        reasons: Outcome, reason and facts, the most frequent first.
        rows: Relation, rows now, rows in the release before (None without one).
    """
    sums = totals(columns)
    balanced = sums["facts read"] == sum(sums[f"facts {name}"] for name in OUTCOMES)
    verdict = "every fact has one account" if balanced else "**the account does not balance**"
    parts = [f"{sums[f'facts {name}']:,} {name}" for name in OUTCOMES]
    lines = [f"**{counted(sums['facts read'], 'fact')} read**; {verdict}:{BREAK}{wrapped(', '.join(parts))}."]
    for outcome in ("quarantined", "repaired"):
        of = [(reason, facts) for kind, reason, facts in reasons if kind == outcome]
        lines += ["", f"Most frequent reasons, {outcome}:"] if of else []
        lines += [f"- {facts:,} {reason}:{BREAK}  {wrapped(sentence(outcome, reason), '  ')}" for reason, facts in of[:NAMED]]
        lines += [f"- and {counted(len(of) - NAMED, 'more reason')}"] if len(of) > NAMED else []
    return "\n".join([*lines, "", wrapped(_rows(rows))])


def wrapped(words: str, indent: str = "") -> str:
    r"""Text in lines that are not cut off where a wide table is in the same column of the page.

    >>> wrapped("word " * 12, "  ")
    'word word word word word word word word word word  \n  word word'
    """
    return f"{BREAK}{indent}".join(textwrap.wrap(words, WIDTH))


def _rows(rows: Sequence[tuple[str, int, int | None]]) -> str:
    """How the tables differ from the last release in their numbers of rows.

    >>> _rows([("genes", 5, 3), ("transcripts", 9, 9)])
    'Against the last release 1 of 2 tables has another number of rows: genes 3 → 5.'
    >>> _rows([("genes", 5, None)])
    'The first release: 1 table, 5 rows.'
    """
    if all(before is None for _, _, before in rows):
        return f"The first release: {counted(len(rows), 'table')}, {counted(sum(now for _, now, _ in rows), 'row')}."
    changed = [f"{name} {before or 0:,} → {now:,}" for name, now, before in rows if now != before]
    if not changed:
        return "Every table has as many rows as in the last release."
    has = "has" if len(changed) == 1 else "have"
    return f"Against the last release {len(changed)} of {counted(len(rows), 'table')} {has} another number of rows: {', '.join(changed)}."
