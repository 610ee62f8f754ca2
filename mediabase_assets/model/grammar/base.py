"""What can be said about a place in a legacy value: which scalars are read there, in which form, and where they go.

A place is a node of a tree: an object has keys, a list has members, and what is left of an object may be kept whole. The
columns themselves are in the modules beside. Nothing here reads a database.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: White space and invisible characters that no program of MEDIABASE means: a text of nothing else is blank.
BLANK = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]*"
)
NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")


class Kind(StrEnum):
    """Kinds of JSON scalars."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Fate(StrEnum):
    """What becomes of the scalars of a place."""

    READ = "read"
    """They are in the normalized tables, or in the accounts of the facts that they belong to."""
    ARCHIVED = "archived"
    """They have no target and stay in the backup."""


class Match(StrEnum):
    """How a scalar is found again in the column that it goes to."""

    TEXT = "text"
    """As it is, without white space at its ends."""
    LOWER = "lower case"
    """In lower case."""
    STEM = "without version"
    """Without the version and the marks of PAR_Y and lifted ids behind it."""
    DIGITS = "digits"
    """By the PubMed id that it holds."""
    NUMBER = "number"
    """As an equal number."""
    MEMBERS = "members"
    """Each member of the comma-separated list that it is."""
    DERIVED = "derived"
    """Not by itself: a rule turns it into something else, which the round trip proves."""


@dataclass(frozen=True)
class Leaf:
    """The scalars of one place.

    Attributes:
        fate: What becomes of them.
        to: Columns (`relation.column`) that may hold them.
        kinds: Kinds that are read.
        pattern: Form of the whole text; empty for any text.
        longest: Bytes of the longest text that the column takes; 0 for any.
        low: Least number; None for none. Numbers may be given as text.
        high: Greatest number.
        number: Whether it must be a number.
        reason: Why a text of another form is set aside.
        match: How it is found again.
        why: For what is archived, the reason.
    """

    fate: Fate = Fate.READ
    to: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset(Kind)
    pattern: str = ""
    longest: int = 0
    low: float | None = None
    high: float | None = None
    number: bool = False
    reason: str = "bad_identifier"
    match: Match = Match.TEXT
    why: str = ""

    @property
    def form(self) -> str:
        """The form in words."""
        if self.number:
            span = [f"at least {self.low:g}" if self.low is not None else "", f"at most {self.high:g}" if self.high is not None else ""]
            return ", ".join(["a number", *filter(None, span)])
        return self.pattern or "any text"


@dataclass(frozen=True)
class Place:
    """One place and what is below it.

    Attributes:
        leaf: Scalars here; None where none is expected.
        keys: Places under known keys.
        others: Places under keys of a form: (form of the key, what the key is, place); the first that fits.
        members: Place of the members of a list.
        rest: Scalars anywhere below that no other place takes, kept whole with their paths.
    """

    leaf: Leaf | None = None
    keys: Mapping[str, "Place"] = field(default_factory=dict)
    others: tuple[tuple[str, str, "Place"], ...] = ()
    members: "Place | None" = None
    rest: Leaf | None = None

    def leaves(self, path: str = "$") -> Iterator[tuple[str, Leaf]]:
        """All places below with their paths, this one first."""
        if self.leaf is not None:
            yield path, self.leaf
        for key, place in self.keys.items():
            yield from place.leaves(f"{path}.{key}")
        for _, name, place in self.others:
            yield from place.leaves(f"{path}.<{name}>")
        if self.members is not None:
            yield from self.members.leaves(f"{path}[*]")
        if self.rest is not None:
            yield f"{path}.**", self.rest


def text(*to: str, **form: object) -> Place:
    """A text (a number or a boolean counts as its text)."""
    return Place(Leaf(to=to, **form))  # type: ignore[arg-type]


def number(*to: str, low: float | None = None, high: float | None = None, match: Match = Match.NUMBER) -> Place:
    """A number, or a text that is one."""
    return Place(Leaf(to=to, number=True, low=low, high=high, reason="unreadable_value", match=match))


def archived(why: str) -> Place:
    """Everything here and below stays in the backup."""
    leaf = Leaf(Fate.ARCHIVED, why=why, match=Match.DERIVED)
    return Place(leaf, rest=leaf)


def items(place: Place) -> Place:
    """A list of such places."""
    return Place(members=place)


def either(*places: Place) -> Place:
    """One place of several shapes, such as a text or a list of texts."""
    leaf = next((p.leaf for p in places if p.leaf is not None), None)
    members = next((p.members for p in places if p.members is not None), None)
    keys = {key: value for p in places for key, value in p.keys.items()}
    others = tuple(o for p in places for o in p.others)
    return Place(leaf, keys, others, members, next((p.rest for p in places if p.rest is not None), None))
