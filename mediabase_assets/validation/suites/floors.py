"""Floors: how many rows each table, biotype and source lost against the release before, and what that means.

Contains the rule, over counts by the names of groups; the counts are read and recorded in `counts`.

NOTE: a group is named `table` or `table/what=value`, such as `genes/biotype=lncRNA`. A loss of `stop_share` or more stops the release,
one of `warn_share` or more warns. A group that is gone lost 100 %. One that had fewer than `smallest_group` rows only warns. A loss that
`accept` names, up to its share, is told and does neither; `*` in a name stands for anything, and the exact name goes first. New groups
and groups that grew are no losses.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mediabase_assets.model.quantities import counted
from mediabase_assets.settings.floors import Accepted, FloorSettings
from mediabase_assets.validation.suites.judging import Measure, plain

STOPS, WARNS = "no_group_of_rows_fell_below_its_floor", "hardly_any_rows_were_lost"
#: Groups that a sentence names.
_NAMED = 10


class Meaning(StrEnum):
    """What a loss means."""

    STOPS = "stops"
    WARNS = "warns"
    ACCEPTED = "accepted"
    SMALL = "within the floor"


@dataclass(frozen=True)
class Loss:
    """Rows that a group lost.

    Attributes:
        group: Its name.
        before: Rows in the release before.
        now: Rows now.
        meaning: What it means.
        why: The reason of its acceptance, or why it only warns.
    """

    group: str
    before: int
    now: int
    meaning: Meaning
    why: str = ""

    @property
    def share(self) -> float:
        """The share of its rows that it lost."""
        return (self.before - self.now) / self.before

    @property
    def in_words(self) -> str:
        """The loss as a phrase.

        >>> Loss("genes/biotype=lncRNA", 1000, 940, Meaning.STOPS).in_words
        'genes/biotype=lncRNA lost 6 % of its rows (1,000 → 940)'
        """
        return f"{self.group} lost {plain(100 * self.share)} % of its rows ({self.before:,} → {self.now:,})"

    def as_row(self) -> dict[str, object]:
        """The loss as a row of a table."""
        return {
            "group": self.group, "rows before": self.before, "rows now": self.now, "% lost": round(100 * self.share, 4),
            "what it means": str(self.meaning), "why": self.why,
        }  # fmt: skip


def losses(before: Mapping[str, int], now: Mapping[str, int], floors: FloorSettings, *, release: str = "") -> list[Loss]:
    """The groups that lost rows, those that lost most first.

    Args:
        before: Rows of each group in the release before.
        now: Rows of each group now.
        floors: The rule.
        release: The release before.
    """
    lost = [(group, rows, now.get(group, 0)) for group, rows in before.items() if now.get(group, 0) < rows]
    found = [_loss(group, rows, left, floors, release) for group, rows, left in lost]
    return sorted(found, key=lambda loss: (-loss.share, loss.group))


def _loss(group: str, before: int, now: int, floors: FloorSettings, release: str) -> Loss:
    share = (before - now) / before
    accepted = _accepted(group, floors)
    if share < floors.warn_share:
        return Loss(group, before, now, Meaning.SMALL)
    if accepted is not None and share <= accepted.share and accepted.against in ("", release):
        return Loss(group, before, now, Meaning.ACCEPTED, accepted.reason or "no reason is given")
    if share >= floors.stop_share and before >= floors.smallest_group:
        return Loss(group, before, now, Meaning.STOPS, _not_enough(accepted, release))
    small = f"it had fewer than {counted(floors.smallest_group, 'row')}" if share >= floors.stop_share else ""
    return Loss(group, before, now, Meaning.WARNS, small)


def _accepted(group: str, floors: FloorSettings) -> Accepted | None:
    """What is accepted for a group: by its name, or by the first pattern that matches."""
    patterns = [accepted for name, accepted in floors.accept.items() if "*" in name and _matches(group, name)]
    return floors.accept.get(group) or next(iter(patterns), None)


def _matches(group: str, name: str) -> bool:
    """Whether a name of `accept` means a group.

    >>> _matches("genes/biotype=lncRNA", "genes*"), _matches("genes", "genes"), _matches("genes", "gene")
    (True, True, False)
    """
    return re.fullmatch(".*".join(map(re.escape, name.split("*"))), group) is not None


def _not_enough(accepted: Accepted | None, release: str) -> str:
    """Why an acceptance does not cover a loss."""
    if accepted is None:
        return ""
    if accepted.against not in ("", release):
        return f"accepted against release {accepted.against} only"
    return f"accepted up to {plain(100 * accepted.share)} %"


def measures(found: Iterable[Loss], *, release: str, groups: int, floors: FloorSettings, note: str = "") -> list[Measure]:
    """The two measures of the floors: what stops, and what only warns.

    Args:
        found: The losses.
        release: The release before.
        groups: How many groups were compared.
        floors: The rule.
        note: What could not be compared, a sentence.
    """
    found = list(found)
    of = {meaning: [loss for loss in found if loss.meaning is meaning] for meaning in Meaning}
    examined: dict[str, object] = {"groups": groups, "compared with release": release}
    if of[Meaning.ACCEPTED]:
        examined["accepted"] = [loss.as_row() for loss in of[Meaning.ACCEPTED]]
    lost = [loss.group for loss in found if loss.meaning is not Meaning.SMALL]
    needless = sorted(name for name in floors.accept if not any(_matches(group, name) for group in lost))
    if needless:
        examined["acceptances that were not needed"] = needless
    largest = {meaning: max((100 * loss.share for loss in those), default=0.0) for meaning, those in of.items()}
    return [
        Measure(
            STOPS, largest[Meaning.STOPS], failures=len(of[Meaning.STOPS]), examined=examined,
            explanation=_told(of[Meaning.STOPS], of[Meaning.ACCEPTED], release, groups, note),
            sample=tuple(loss.as_row() for loss in of[Meaning.STOPS]),
        ),
        Measure(
            WARNS, max(largest[Meaning.WARNS], largest[Meaning.SMALL]), failures=len(of[Meaning.WARNS]), examined=examined,
            explanation=_told(of[Meaning.WARNS], [], release, groups, note), sample=tuple(loss.as_row() for loss in of[Meaning.WARNS]),
        ),
    ]  # fmt: skip


def _told(bad: list[Loss], accepted: list[Loss], release: str, groups: int, note: str) -> str:
    """Which groups lost how much against which release."""
    words = [_in_a_sentence(loss) for loss in bad[:_NAMED]]
    more = [f"and {len(bad) - _NAMED} more"] if len(bad) > _NAMED else []
    compared = f"{counted(groups, 'group of rows', 'groups of rows')} compared with release {release}"
    text = f"{compared}: {'; '.join([*words, *more])}." if bad else f"{compared}."
    if accepted:
        text += f" Accepted by name: {'; '.join(f'{loss.in_words}: {loss.why}' for loss in accepted)}."
    return f"{text} {note}".rstrip()


def _in_a_sentence(loss: Loss) -> str:
    return f"{loss.in_words}, {loss.why}" if loss.why else loss.in_words


def how_to_accept(found: Iterable[Loss], release: str) -> str:
    """The lines of a configuration file that accept the losses that stop a release.

    >>> print(how_to_accept([Loss("genes/biotype=lncRNA", 1000, 940, Meaning.STOPS)], "20260101_120000"))
    floors:
      accept:
        "genes/biotype=lncRNA": {share: 0.06, reason: "say why", against: "20260101_120000"}
    """
    lines = ["floors:", "  accept:"]
    for loss in found:
        if loss.meaning is Meaning.STOPS:
            share = _rounded_up(loss.share)
            lines.append(f'    {json.dumps(loss.group, ensure_ascii=False)}: {{share: {share}, reason: "say why", against: "{release}"}}')
    return "\n".join(lines)


def _rounded_up(share: float) -> float:
    """A share with four digits that is not smaller.

    >>> _rounded_up(0.06), _rounded_up(1 / 3), _rounded_up(1.0)
    (0.06, 0.3334, 1.0)
    """
    rounded = round(share, 4)
    return rounded if rounded >= share else round(rounded + 0.0001, 4)
