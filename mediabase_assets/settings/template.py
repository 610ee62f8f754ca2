"""A commented configuration file for one kind of installation: every key with meaning, type and default, and values fit for it.

A key whose default says that nothing is set, and one without effect, is commented out, so that the file is loaded without a finding.
"""

import json
from collections.abc import Mapping
from textwrap import wrap
from typing import Any, Literal

from pydantic import BaseModel

from mediabase_assets.settings.explained import fields, plain, value_of
from mediabase_assets.settings.model import WITHOUT_EFFECT, Settings

Environment = Literal["production", "staging", "testing", "development"]
_WIDTH = 100
_KINDS = {"integer": "Whole number", "number": "Number", "boolean": "true or false", "object": "Mapping"}
#: What is different in each environment, by key; the numbers are those of the files of the old system.
VALUES: dict[str, dict[str, Any]] = {
    "production": {"database.connection_timeout": 60, "performance.parallel_workers": 8, "performance.memory_limit_mb": 4096,
                   "database.max_connections": 14, "require_user_confirmation": True, "auto_cleanup": True},
    "staging": {"database.connection_timeout": 60, "performance.parallel_workers": 4, "performance.memory_limit_mb": 4096,
                "require_user_confirmation": True, "verbose_logging": True, "auto_cleanup": True},
    "testing": {"require_user_confirmation": False, "debug_mode": True, "auto_cleanup": True, "testing.mock_data_size": 100,
                "performance.parallel_workers": 2},
    "development": {"debug_mode": True, "verbose_logging": True, "testing.generate_report": True},
}  # fmt: skip
_EXAMPLES = {
    "database.host": "db.example.org", "database.service": "mediabase", "database.port": 5432, "database.user": "mbase_user",
    "database.password": "better in MB_POSTGRES_PASSWORD or in ~/.pgpass", "database.legacy_schema": "public",
    "patients.inbox": "/srv/patients", "log_dir": "/var/log/mediabase", "temp_dir": "/scratch", "home": "/srv/mediabase",
    "backup_dir": "/srv/backups", "database.name": "mbase",
}  # fmt: skip
#: Defaults that depend on where the command runs.
_DEFAULTS = {"home": ".mediabase", "backup_dir": "<home>/backups"}


def render(environment: Environment) -> str:
    """The file of an environment.

    Args:
        environment: Which.
    """
    settings = Settings.model_validate({"environment": environment})
    defaults = Settings.model_validate({})
    lines = [
        f"# Configuration of mediabase for {environment}. Every setting is here; what is commented out has its default.",
        "# Stronger than this file are environment variables, then options. `mediabase config check FILE` checks it,",
        "# `mediabase --help` lists the commands, `mediabase config show --config-file FILE` shows every value and its origin.",
    ]
    section = ""
    for key, field in fields():
        name = key.rpartition(".")[2]
        if key.rpartition(".")[0] != section:
            section = key.rpartition(".")[0]
            about = Settings.model_fields[section].description
            lines += ["", f"# {'-' * (_WIDTH - 2)}", f"{section}:  # {about}"]
        indent = "  " if section else ""
        value = VALUES[environment].get(key, environment if key == "environment" else value_of(settings, key))
        default = _DEFAULTS.get(key) or _text(plain(value_of(defaults, key))) or "none"
        texts = [_sentence(field.description or ""), f"{_type(key)}; default: {default}."]
        lines += ["", *(f"{indent}# {line}" for text in texts for line in wrap(text, _WIDTH))]
        is_off = key in WITHOUT_EFFECT or key in _EXAMPLES or value is None
        lines.append(f"{indent}{'# ' if is_off else ''}{name}: {_text(_EXAMPLES.get(key, plain(value)))}".rstrip())
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    """A description as a sentence.

    >>> _sentence("ask before anything is written")
    'Ask before anything is written.'
    """
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _text(value: Any) -> str:
    """A value as YAML has it in one line; JSON is YAML.

    >>> _text(True), _text("0 3 * * *"), _text(None), _text(["a"])
    ('true', '"0 3 * * *"', '', '["a"]')
    """
    if value is None or value == "":
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) and value.isidentifier() else json.dumps(value, ensure_ascii=False)


def _type(key: str) -> str:
    """The type of a setting with its range, in words."""
    section, _, name = key.rpartition(".")
    annotation = Settings.model_fields[section].annotation if section else Settings
    assert isinstance(annotation, type)
    assert issubclass(annotation, BaseModel)
    return _words(annotation.model_json_schema()["properties"][name])


def _words(schema: Mapping[str, Any]) -> str:
    """A JSON schema in words.

    >>> _words({"type": "integer", "minimum": 1}), _words({"anyOf": [{"type": "string"}, {"type": "null"}]}), _words({"enum": ["a", "b"]})
    ('Whole number, 1 or more', 'Text', 'One of a, b')
    """
    if "anyOf" in schema:
        return _words(next(each for each in schema["anyOf"] if each.get("type") != "null"))
    if "enum" in schema:
        return f"One of {', '.join(map(str, schema['enum']))}"
    if schema.get("format") in ("path", "directory-path", "file-path"):
        return "Folder"
    if schema.get("type") == "array":
        return f"List of {_words(schema.get('items', {})).lower()}s"
    kind = _KINDS.get(str(schema.get("type")), "Text")
    low, high = schema.get("minimum", schema.get("ge")), schema.get("maximum", schema.get("le"))
    over = schema.get("exclusiveMinimum", schema.get("gt"))
    if low is not None and high is not None:
        return f"{kind} from {low:,} to {high:,}"
    if over is not None:
        return f"{kind} over {over:,}" + (f", at most {high:,}" if high is not None else "")
    return f"{kind}, {low:,} or more" if low is not None else kind
