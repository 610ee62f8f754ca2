"""Reads a file of rules: YAML with a list `rules`, each with id, who, when, why, match and one decision.

A mistake is reported with the line and the nearest right name, all mistakes of a file at once. Contains reading and checking of the file by
itself; whether targets exist is asked in `targets`, where there is a database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import md5
from pathlib import Path
from typing import Any

import yaml

from mediabase_assets.curation.reading import Mistakes, Spot, read_rule
from mediabase_assets.curation.rule import Rule
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.workspace import SELF_TEST
from mediabase_assets.settings.load import Settings

#: A file of rules is written by people; a larger one is a mistake.
_LARGEST = 16 << 20


@dataclass(frozen=True)
class Rules:
    """The rules of a file.

    Attributes:
        path: Where they are; empty where there is no file.
        digest: Of the file's content.
        rules: In their order.
    """

    path: str = ""
    digest: str = ""
    rules: tuple[Rule, ...] = ()

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def of_values(self) -> tuple[Rule, ...]:
        """Those that are applied where values enter."""
        return tuple(rule for rule in self.rules if rule.changes_values)

    @property
    def of_quarantine(self) -> tuple[Rule, ...]:
        """Those about what is in quarantine at the end."""
        return tuple(rule for rule in self.rules if not rule.changes_values)


def rules_of(settings: Settings) -> Rules:
    """The rules that the settings name; none without a file, and none in a self-test, whose sample hardly holds what they are about.

    Raises:
        ConfigurationError: The file cannot be read, or is wrong.
    """
    path = settings.curation.rules_file
    return Rules() if path is None or settings.workspace == SELF_TEST else read_rules(path)


def read_rules(path: Path) -> Rules:
    """The rules of a file.

    Raises:
        ConfigurationError: It cannot be read, or is wrong; says where and what is right.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigurationError(
            f"The file of rules cannot be read: {why}.", where=str(path),
            next_step="Correct curation.rules_file, MEDIABASE_RULES or --rules; without a file there are no rules.",
        ) from error  # fmt: skip
    if len(content) > _LARGEST:
        raise ConfigurationError("The file of rules is larger than 16 MB.", where=str(path), next_step="Give a file of rules.")
    return _parsed(str(path), text, md5(content, usedforsecurity=False).hexdigest())


@lru_cache(maxsize=8)
def _parsed(path: str, text: str, digest: str) -> Rules:
    mistakes = Mistakes(path)
    try:
        loader = yaml.SafeLoader(text)
        try:
            root = loader.get_single_node()
            rules = [] if root is None else list(_rules(loader, root, mistakes))
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        mistakes.add(line, f"it is not valid YAML: {getattr(error, 'problem', None) or str(error).splitlines()[0]}")
        rules = []
    except (RecursionError, ValueError, OverflowError) as error:
        mistakes.add(0, "it is nested too deeply" if isinstance(error, RecursionError) else str(error))
        rules = []
    _see_conflicts(rules, mistakes)
    mistakes.report()
    return Rules(path, digest, tuple(rules))


def _rules(loader: yaml.SafeLoader, root: yaml.Node, mistakes: Mistakes) -> Iterator[Rule]:
    """The rules of the document; what is wrong is noted."""
    spot = Spot.of(loader, root, mistakes)
    for key, found in spot.members("the file", ("rules",)).items():
        if key == "rules":
            items = found.items("rules")
            seen: dict[str, int] = {}
            for item in items:
                rule = read_rule(item, mistakes)
                if rule is not None and rule.id in seen:
                    mistakes.add(item.line, f"the id {rule.id!r} is there twice, also in line {seen[rule.id]}")
                elif rule is not None:
                    seen[rule.id] = item.line
                    yield rule


def _see_conflicts(rules: list[Rule], mistakes: Mistakes) -> None:
    """Two rules about the same values: the values of one are all among those of the other."""
    for place, rule in enumerate(rules):
        for other in rules[:place]:
            if rule.changes_values == other.changes_values and (_within(rule.match, other.match) or _within(other.match, rule.match)):
                mistakes.add(
                    rule.line, f"the rules {other.id!r} (line {other.line}) and {rule.id!r} match the same values; keep one of them, "
                    "or tell them apart in `match`",
                )  # fmt: skip


def _within(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    return all(name in narrow and narrow[name] == value for name, value in wide.items())


def summary(rules: Rules) -> str:
    """The rules in one phrase.

    >>> summary(Rules())
    'no rules'
    """
    return counted(len(rules), "rule") if len(rules) else "no rules"
