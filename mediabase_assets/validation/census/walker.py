"""Walks legacy values down to their scalars and gives each an account: read, archived, or open, as the grammar says.

The walker does not know the columns and shares nothing with the extraction: it sees objects, lists and scalars, and the tree of
places of the grammar. It reports open scalars with path, raw value and reason; SQL finds what holds them.
Memory is bounded: verdicts are remembered for so many texts of a place, and so many distinct values are kept as its sample.
"""

import heapq
import json
import re
import sys
from collections.abc import Callable, Iterator
from zlib import crc32

from mediabase_assets.model.grammar.base import BLANK, NUMBER, Fate, Kind, Leaf, Place

#: Texts of one place whose verdict is remembered.
REMEMBERED = 20_000
#: Called for each open scalar: path, reason, the scalar.
Report = Callable[[str, str, object], None]


class Number(str):
    """A JSON number as it is written, so that no digit of it is lost."""

    __slots__ = ()


def parse(text: str) -> object:
    """A JSON text as objects, lists, texts, numbers as they are written, booleans and None."""
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


class Spot:
    """A place of the grammar at one path, with what was counted there.

    Attributes:
        path: Path, with `<…>` for keys that are data and `[*]` for members.
        leaf: What is read here; None for nothing.
        scalars: How many were seen that the grammar takes.
    """

    __slots__ = ("_check", "_size", "keys", "leaf", "members", "others", "path", "rest", "scalars", "verdicts")

    def __init__(self, path: str, place: Place, sample: int) -> None:
        self.path, self.leaf, self.scalars = path, place.leaf, 0
        self.keys = {key: Spot(f"{path}.{key}", child, sample) for key, child in place.keys.items()}
        self.others = [(re.compile(form), Spot(f"{path}.<{name}>", child, sample)) for form, name, child in place.others]
        self.members = Spot(f"{path}[*]", place.members, sample) if place.members else None
        self.rest = Spot(f"{path}.**", Place(place.rest), sample) if place.rest else None
        self._check = _check_of(place.leaf) if place.leaf else None
        self.verdicts: dict[str, str] = {}
        self._size = sample

    def below(self, key: str) -> "Spot | None":
        """The place under a key; None for an unknown key."""
        return self.keys.get(key) or next((spot for form, spot in self.others if form.fullmatch(key)), None)

    def verdict(self, scalar: str | bool) -> str:
        """Why a scalar is open; empty if the grammar takes it."""
        kind = scalar.__class__
        if kind is str:
            verdict = self.verdicts.get(scalar)  # type: ignore[arg-type]
            if verdict is None:
                verdict = self.judge(scalar, Kind.STRING)  # type: ignore[arg-type]
            return verdict
        if kind is Number:
            return self.judge(scalar, Kind.NUMBER)  # type: ignore[arg-type]
        return self.judge("true" if scalar else "false", Kind.BOOLEAN)

    def judge(self, text: str, kind: Kind) -> str:
        """The verdict by the grammar, remembered for the first texts of a place."""
        verdict = "unexpected_kind" if self._check is None else self._check(text, kind)
        if len(self.verdicts) < REMEMBERED and (kind is Kind.STRING or not verdict):
            self.verdicts[text] = verdict
        return verdict

    @property
    def sample(self) -> list[str]:
        """Values that the grammar takes: those remembered whose checksum is least, so that no order chooses them."""
        if self.leaf is None or self.leaf.fate is not Fate.READ:
            return []
        taken = [str(text) for text, verdict in self.verdicts.items() if not verdict and not BLANK.fullmatch(text)]
        return heapq.nsmallest(self._size, taken, key=lambda text: (crc32(text.encode()), text))

    def spots(self) -> Iterator["Spot"]:
        """This place and all below."""
        yield self
        for child in (*self.keys.values(), *(spot for _, spot in self.others), self.members, self.rest):
            if child is not None:
                yield from child.spots()


def _check_of(leaf: Leaf) -> Callable[[str, Kind], str]:
    """A function that says why a text is open at a place; empty if it is read."""
    form = re.compile(leaf.pattern) if leaf.pattern else None

    longest = leaf.longest or sys.maxsize

    def check(text: str, kind: Kind) -> str:
        if kind not in leaf.kinds:
            return "unexpected_kind"
        if form is not None and len(text) * 4 <= longest and form.fullmatch(text):
            return ""
        words = text.strip()
        if BLANK.fullmatch(words):
            return ""
        if leaf.number:
            return _out_of_range(words, leaf)
        if form is not None and not form.fullmatch(words):
            return leaf.reason
        return "value_too_long" if len(words.encode()) > longest else ""

    return check


def _out_of_range(words: str, leaf: Leaf) -> str:
    if not NUMBER.fullmatch(words):
        return leaf.reason
    value = float(words)
    is_within = (leaf.low is None or value >= leaf.low) and (leaf.high is None or value <= leaf.high)
    return "" if is_within else "number_out_of_range"


def walk(value: object, spot: Spot | None, path: str, report: Report, *, rest: Spot | None = None, why: str = "unknown_key") -> None:
    """Give every scalar of a value its account.

    Args:
        value: As `parse` gives it.
        spot: Its place in the grammar; None where there is none.
        path: Its path.
        report: Called for each scalar that is open.
        rest: Place of values without a place of their own.
        why: Reason of scalars that have neither.
    """
    if value.__class__ is dict:
        _walk_object(value, spot, path, report, rest, why)
    elif value.__class__ is list:
        child, rest, why = (None, rest, why) if spot is None else (spot.members, spot.rest, "unexpected_kind")
        for position, each in enumerate(value):
            if each is None:
                continue
            verdict = child.verdicts.get(each) if child is not None and each.__class__ is str else None
            if child is not None and verdict == "":
                child.scalars += 1
            else:
                walk(each, child, f"{path}[{position}]", report, rest=None if child is not None else rest, why=why)
    elif value is not None:
        place = spot if spot is not None else rest
        verdict = why if place is None else place.verdict(value)  # type: ignore[arg-type]
        if verdict or place is None:
            report(path, verdict, value)
        else:
            place.scalars += 1


def _walk_object(value: dict[str, object], spot: Spot | None, path: str, report: Report, rest: Spot | None, why: str) -> None:
    """The usual case first: a text under a known key that was seen before costs two look-ups."""
    if spot is not None:
        rest = spot.rest
        why = "unknown_key" if spot.keys or spot.others else "unexpected_kind"
    keys = {} if spot is None else spot.keys
    for key, each in value.items():
        child = keys.get(key)
        if child is not None and each.__class__ is str:
            verdict = child.verdicts.get(each)
            if verdict is None:
                verdict = child.judge(each, Kind.STRING)
            if verdict:
                report(f"{path}.{key}", verdict, each)
            else:
                child.scalars += 1
        elif each is not None:
            if child is None and spot is not None:
                child = spot.below(key)
            walk(each, child, f"{path}.{key}", report, rest=rest if child is None else None, why=why)
