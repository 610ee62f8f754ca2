"""Reads a Dockerfile into stages and steps, as far as that of the project goes; what it does not know is an error.

Contains the reader and the selection of the files of the build's context. What the steps do is in `image.py`.
"""

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = {
    "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "STOPSIGNAL", "USER", "WORKDIR",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One instruction: its name, its options, and the rest of its text."""

    name: str
    options: dict[str, str]
    text: str

    @property
    def words(self) -> list[str]:
        """The words of its text; those of a JSON list, if it is one."""
        return [str(w) for w in json.loads(self.text)] if self.text.startswith("[") else shlex.split(self.text)

    @property
    def pairs(self) -> dict[str, str]:
        """The `name=value` pairs of its text."""
        return dict(word.split("=", 1) for word in shlex.split(self.text))


@dataclass
class Stage:
    """The steps from one FROM to the next."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def all(self, name: str) -> list[Step]:
        """Its instructions of one kind."""
        return [step for step in self.steps if step.name == name]


def read(file: Path) -> list[Stage]:
    """The stages of a Dockerfile; arguments of the build have their defaults."""
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for line in _lines(file.read_text(encoding="utf-8")):
        name, _, text = line.partition(" ")
        assert name in KNOWN, f"no reader for {name}"
        options, text = _options(text.strip())
        if name == "FROM":
            base, _, alias = _filled(text, arguments).partition(" AS ")
            stages.append(Stage(base.strip(), alias.strip()))
        elif not stages:
            assert name == "ARG"
            arguments |= Step(name, options, text).pairs
        else:
            stages[-1].steps.append(Step(name, options, text))
    return stages


def _lines(text: str) -> Iterator[str]:
    """Instructions, each in one line, without comments."""
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    yield from re.sub(r"\s*\\\n\s*", " ", kept).splitlines()


def _options(text: str) -> tuple[dict[str, str], str]:
    found = {}
    while match := re.match(r"--([\w-]+)=(\S+)\s+", text):
        found[match[1]], text = match[2], text[match.end() :]
    return found, text


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}|\$(\w+)", lambda m: values[m[1] or m[2]], text)


def filled(text: str, values: dict[str, str]) -> str:
    """A text with the variables in it replaced, such as `/opt/bin:$PATH`."""
    return _filled(text, values)


def context(top: Path) -> list[Path]:
    """The files that an engine gets for a build: those that `.dockerignore` lets through, relative to the top."""
    rules = [line.strip() for line in (top / ".dockerignore").read_text().splitlines() if line.strip() and not line.startswith("#")]
    assert rules[0] == "*", "the reader knows lists of what is let through"
    let_through = [top / rule[1:] for rule in rules[1:] if rule.startswith("!")]
    left_out = [rule.removeprefix("**/") for rule in rules[1:] if rule.startswith("**/")]
    assert len(rules) == 1 + len(let_through) + len(left_out)
    found = [f for place in let_through for f in (place.rglob("*") if place.is_dir() else [place]) if f.is_file()]
    return sorted(
        file.relative_to(top)
        for file in found
        if not any(fnmatch.fnmatchcase(part, rule) for part in file.relative_to(top).parts for rule in left_out)
    )
