"""Reads one rule from its place in a YAML file, and notes each mistake with its line.

Contains the keys, their types and what belongs together; `file` has the document.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import yaml

from mediabase_assets.curation.rule import ARCHIVED, CARRIED, OF_THE_ROW_ITSELF, SCALARS, Decision, PathError, Rule, parse_path
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.reasons import QUARANTINE_REASONS

_DECISIONS = ("keep as", "map to", "map key to", "drop", "accept")
_KEYS = ("id", "who", "when", "why", "match", *_DECISIONS)
_MATCH = ("reason", "column", "path", "value", "pattern", "gene", "transcript")
_REASONS = tuple(reason.code for reason in QUARANTINE_REASONS)


@dataclass
class Mistakes:
    """What is wrong in a file.

    Attributes:
        path: The file.
        found: Lines and sentences.
    """

    path: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, what: str) -> None:
        """Note a mistake."""
        self.found.append((line, what))

    def report(self) -> None:
        """Raise what was found.

        Raises:
            ConfigurationError: Anything was.
        """
        if not self.found:
            return
        lines = [f"line {line}: {what}" if line else what for line, what in sorted(self.found)]
        what = f"The file of rules is wrong: {lines[0]}." if len(lines) == 1 else (
            f"The file of rules has {counted(len(lines), 'mistake')}:\n" + "\n".join(f"  - {line}" for line in lines)
        )  # fmt: skip
        raise ConfigurationError(
            what, where=self.path, next_step="Correct the file; `mediabase quarantine rules check FILE` reads it without migrating."
        )


@dataclass(frozen=True)
class Spot:
    """A node of the file: its line, its value, and where mistakes are noted."""

    loader: yaml.SafeLoader
    node: yaml.Node
    mistakes: Mistakes

    @classmethod
    def of(cls, loader: yaml.SafeLoader, node: yaml.Node, mistakes: Mistakes) -> "Spot":
        """The root of a file."""
        return cls(loader, node, mistakes)

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return int(self.node.start_mark.line) + 1

    def wrong(self, what: str) -> None:
        """Note a mistake here."""
        self.mistakes.add(self.line, what)

    def value(self) -> Any:
        """Its value, whole."""
        return self.loader.construct_object(self.node, deep=True)

    def members(self, what: str, known: tuple[str, ...]) -> dict[str, "Spot"]:
        """The members of a mapping by key; unknown and repeated keys are mistakes."""
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong(f"{what} should be a mapping with the keys {', '.join(known)}")
            return {}
        found: dict[str, Spot] = {}
        for key_node, node in self.node.value:
            key, line = str(getattr(key_node, "value", "")), int(key_node.start_mark.line) + 1
            if key not in known:
                self.mistakes.add(line, f"{what} has no key {key!r}; {nearest(key, known)}")
            elif key in found:
                self.mistakes.add(line, f"the key {key!r} is there twice")
            else:
                found[key] = Spot(self.loader, node, self.mistakes)
        return found

    def items(self, what: str) -> list["Spot"]:
        """The items of a list; an empty value is an empty list."""
        if isinstance(self.node, yaml.SequenceNode):
            return [Spot(self.loader, node, self.mistakes) for node in self.node.value]
        if self.value() is not None:
            self.wrong(f"{what} should be a list of rules, each beginning with a dash")
        return []


def nearest(key: str, known: Iterable[str]) -> str:
    """What was probably meant, or what there is.

    >>> nearest("colum", ("column", "path"))
    'did you mean column?'
    """
    known = list(known)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"there {'is' if len(known) == 1 else 'are'} {', '.join(known)}"


def read_rule(spot: Spot, mistakes: Mistakes) -> Rule | None:
    """A rule; None where something is wrong with it, which is noted."""
    before = len(mistakes.found)
    parts = spot.members("a rule", _KEYS)
    given: dict[str, Any] = {name: _text(parts, name, spot) for name in ("id", "who", "why")}
    given["when"] = _day(parts, spot)
    given |= _decision(parts, spot)
    match = parts.get("match")
    if match is None:
        spot.wrong("a rule needs `match`: which values it is about")
    else:
        given |= _match(match)
    if len(mistakes.found) > before:
        return None
    rule = Rule(**given, line=spot.line)
    for what in _contradictions(rule):
        spot.wrong(f"the rule {rule.id!r} {what}")
    return rule if len(mistakes.found) == before else None


def _text(parts: dict[str, Spot], name: str, rule: Spot) -> str:
    """A text that has to be there."""
    spot = parts.get(name)
    value = spot.value() if spot else None
    text = "" if value is None else str(value).strip()
    if not text or isinstance(value, list | dict):
        (spot or rule).wrong(f"a rule needs `{name}`, a text")
    return text


def _day(parts: dict[str, Spot], rule: Spot) -> date:
    spot = parts.get("when")
    value = spot.value() if spot else None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        (spot or rule).wrong("a rule needs `when`, a day such as 2026-11-29")
        return date.min


def _decision(parts: dict[str, Spot], rule: Spot) -> dict[str, Any]:
    chosen = [name for name in _DECISIONS if name in parts]
    if len(chosen) != 1:
        rule.wrong(f"a rule needs one of {', '.join(f'`{n}`' for n in _DECISIONS)}{'; it has ' + ' and '.join(chosen) if chosen else ''}")
        return {}
    name = chosen[0]
    spot, value = parts[name], parts[name].value()
    if name == "drop":
        if value is not True and not (isinstance(value, str) and value.strip()):
            spot.wrong("`drop` should be `true`, or the sentence that others read in place of `why`")
        return {"decision": Decision.DROP, "value": None if value is True else value}
    if name == "accept":
        is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if value != "all" and not is_number:
            spot.wrong("`accept` should be `all`, or the number of values that is accepted")
        return {"decision": Decision.ACCEPT, "value": None if value == "all" else value}
    if value is None or value == "":
        spot.wrong(f"`{name}` needs the value to keep; to leave a value out write `drop: true`")
    if name == "map key to" and not isinstance(value, str | int):
        spot.wrong("`map key to` should be a text, the new key")
    return {
        "decision": Decision.KEEP_AS if name == "keep as" else Decision.MAP_TO, "is_key": name == "map key to",
        "value": str(value) if name == "map key to" else _plain(value),
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """A value of YAML as JSON has it: days become texts."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _match(spot: Spot) -> dict[str, Any]:
    parts = spot.members("`match`", _MATCH)
    given: dict[str, Any] = {}
    for name, part in parts.items():
        value = part.value()
        if name == "value":
            given |= {"said": _plain(value), "has_said": True}
            continue
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not text.strip():
            part.wrong(f"`{name}` should be a text")
        elif name == "path":
            try:
                given["path"] = parse_path(text)
            except PathError as error:
                part.wrong(f"the path {text!r} is wrong: {error}")
        else:
            _see(name, text, part)
            given[name] = text
    if not parts:
        spot.wrong(f"`match` needs at least one of {', '.join(_MATCH)}")
    return given


def _see(name: str, text: str, spot: Spot) -> None:
    """A mistake in one criterion is noted."""
    if name == "column" and text in ARCHIVED:
        spot.wrong(f"the column {text!r} is archived: its values stay in the backup, and nothing is decided about them")
    elif name == "column" and text not in CARRIED:
        spot.wrong(f"there is no column {text!r}; {nearest(text, CARRIED)}")
    elif name == "reason" and text not in _REASONS:
        spot.wrong(f"there is no reason {text!r}; {nearest(text, _REASONS)}")
    elif name == "pattern" and not (text.startswith(("^", "(?i)^")) and text.endswith("$") and not text.endswith(r"\$")):
        spot.wrong(f"the pattern {text!r} should begin with ^ or (?i)^ and end with $")
    elif name == "pattern":
        try:
            re.compile(text)
        except re.error as error:
            spot.wrong(f"the pattern {text!r} is not a regular expression: {error}")


def _contradictions(rule: Rule) -> Iterable[str]:
    """What does not belong together in a rule."""
    if rule.has_said and rule.pattern:
        yield "has both `value` and `pattern`; keep one"
    if rule.reason and rule.decision in (Decision.KEEP_AS, Decision.MAP_TO):
        yield "changes a value where it enters, before it has a reason; match it by column, path and value instead of `reason`"
    if rule.decision is Decision.ACCEPT and not (rule.reason or rule.column):
        yield "accepts too much; it needs `reason` or `column`"
    if rule.changes_values and not rule.column and not (rule.drops_rows and (rule.gene or rule.transcript)):
        yield "needs `column`; only `drop` of a whole gene or transcript goes without"
    if not rule.column and (rule.path is not None or (rule.changes_values and (rule.has_said or rule.pattern))):
        yield "needs the `column` that path, value or pattern are in"
    yield from _misfits(rule)


def _misfits(rule: Rule) -> Iterable[str]:
    """What does not fit the column of a rule."""
    if rule.column in SCALARS and rule.path:
        yield f"has a path, but {rule.column} holds a single value; leave the path out"
    if rule.is_key and (not rule.path or rule.path[-1] == "*"):
        yield "renames a key, so that it needs the `path` that ends with it"
    if rule.changes_values and rule.column in CARRIED and not (
        rule.has_said or rule.pattern or rule.gene or rule.transcript or rule.path
    ):  # fmt: skip
        yield f"would change every value of {rule.column}; it needs value, pattern, path, gene or transcript"
    if rule.column in SCALARS and rule.decision in (Decision.KEEP_AS, Decision.MAP_TO):
        is_number = isinstance(rule.value, int | float) and not isinstance(rule.value, bool)
        if rule.column == "expression_fold_change" and not is_number:
            yield "should keep a number"
        if rule.column != "expression_fold_change" and not isinstance(rule.value, str):
            yield f"should keep a text; {rule.column} holds texts"
    if rule.column in OF_THE_ROW_ITSELF and rule.decision is Decision.KEEP_AS and not rule.value:
        yield "would leave the row without its id"
