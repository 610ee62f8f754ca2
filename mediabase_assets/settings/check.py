"""All that is to be said about a configuration file, at once: mistakes, contradictions, and keys without effect, each with its line.

Only the file counts: what the environment sets besides is not considered. No finding quotes a value, which may be a password.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.file import lines_of, read_settings_file, repeated_keys
from mediabase_assets.settings.load import Layer, finding_of, layer_of, line_of, nested
from mediabase_assets.settings.model import OTHER_SESSIONS, WITHOUT_EFFECT, Settings

Kind = Literal["error", "warning", "note"]
_RANK: Mapping[Kind, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Finding:
    """One finding about a file.

    Attributes:
        kind: An `error` keeps the file from being loaded, a `warning` is a contradiction, a `note` names a key without effect.
        key: Dotted; empty if it is about the file.
        line: Where it is; 0 if that is not known.
        what: What is wrong, one sentence.
        next_step: What to do.
    """

    kind: Kind
    key: str
    line: int
    what: str
    next_step: str = ""


#: What contradicts or makes itself useless, by key: whether it does, with the sentence.
_CONTRADICTIONS: tuple[tuple[str, Callable[[Settings, Layer], bool], str], ...] = (
    (
        "views.refresh_schedule",
        lambda s, layer: "views.refresh_schedule" in layer and s.performance.materialized_view_refresh_interval > 0,
        "it is used, and performance.materialized_view_refresh_interval is not",
    ),
    (
        "performance.query_timeout",
        lambda s, _: s.performance.query_timeout > s.stage_timeout_minutes * 60,
        "it is longer than stage_timeout_minutes, which ends the step before",
    ),
    (
        "validation.validation_timeout",
        lambda s, _: s.validation.validation_timeout > s.stage_timeout_minutes * 60,
        "it is longer than stage_timeout_minutes, which ends the step before",
    ),
    (
        "performance.parallel_workers",
        lambda s, layer: "performance.parallel_workers" in layer and s.working_sessions < s.performance.parallel_workers,
        f"database.max_connections leaves fewer sessions that work: it is {OTHER_SESSIONS} more than these",
    ),
    (
        "validation.max_validation_errors",
        lambda s, layer: "validation.max_validation_errors" in layer and not s.validation.enable_strict_validation,
        "more of them only warn, since validation.enable_strict_validation is false",
    ),
    (
        "debug_mode",
        lambda s, layer: s.environment == "production" and s.debug_mode and "debug_mode" in layer,
        "logs grow by it, and the environment is production",
    ),
)
_OF_A_NAMED_SERVER = ("database.port", "database.user", "database.password")


def check_file(path: Path) -> list[Finding]:
    """Check a configuration file; findings come in the order of its lines.

    Args:
        path: YAML or JSON.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    lines = lines_of(path)
    findings = [
        Finding("error", key, line, f"The key `{key}` is there more than once.", "Keep one of them.") for key, line in repeated_keys(path)
    ]
    try:
        content = read_settings_file(path, allows_repeated=True)
    except ConfigurationError as error:
        if error.what.startswith("The configuration file cannot be read"):
            raise
        return [Finding("error", "", _line_in(error.what), error.what, error.next_step)]
    layer = layer_of(content)
    return sorted([*findings, *_mistakes(layer, lines), *_useless(layer, lines)], key=lambda f: (f.line, _RANK[f.kind], f.key, f.what))


def _as_row(finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it."""
    return {"kind": finding.kind, "key": finding.key, "line": finding.line or None, "what": finding.what, "next": finding.next_step}


def _mistakes(layer: Layer, lines: Mapping[str, int]) -> list[Finding]:
    """What keeps the file from being loaded; else what contradicts itself in it."""
    try:
        settings = Settings.model_validate(nested(layer))
    except ValidationError as error:
        return [_mistake(item, layer, lines) for item in error.errors(include_url=False, include_input=False)]
    return [
        Finding("warning", key, line_of(lines, key), f"`{key}`: {sentence}.", "Remove one of them, or change it.")
        for key, contradicts, sentence in _CONTRADICTIONS
        if contradicts(settings, layer)
    ]


def _mistake(item: Any, layer: Layer, lines: Mapping[str, int]) -> Finding:
    what, _, step = finding_of(item, {})
    path = [str(part) for part in item["loc"]]
    key = next((name for n in range(len(path), 0, -1) if (name := ".".join(path[:n])) in layer), ".".join(path))
    line = line_of(lines, key) or line_of(lines, path[0])
    choices = re.findall(r"'(\w+)'", what) if item["type"] == "literal_error" else []
    near = difflib.get_close_matches(str(layer.get(key, "")), choices, n=1, cutoff=0.4)
    return Finding("error", ".".join(path), line, what, f"Did you mean `{near[0]}`?" if near else step)


def _useless(layer: Layer, lines: Mapping[str, int]) -> list[Finding]:
    """Keys that are set and do nothing, with the reason."""
    reasons = {key: WITHOUT_EFFECT[key] for key in layer if key in WITHOUT_EFFECT}
    if not {"database.host", "database.service"} & layer.keys():
        reasons |= {
            key: "no server is named here; the embedded one has its own, and MB_POSTGRES_HOST or a service may name another"
            for key in _OF_A_NAMED_SERVER
            if key in layer
        }
    return [Finding("note", key, line_of(lines, key), f"`{key}` has no effect: {reason}.") for key, reason in reasons.items()]


def _line_in(text: str) -> int:
    """The line that a message names; 0 if it names none.

    >>> _line_in("not valid YAML: found a tab, line 3, column 1"), _line_in("no mapping")
    (3, 0)
    """
    found = re.search(r"\bline (\d+)", text)
    return int(found[1]) if found else 0


def as_document(path: Path, findings: list[Finding]) -> dict[str, Any]:
    """All findings as one document."""
    is_valid = not any(f.kind == "error" for f in findings)
    return {"file": str(path), "is_valid": is_valid, "findings": [_as_row(f) for f in findings]}
