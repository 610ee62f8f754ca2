"""Where settings come from, in which order, and how a mistake in them is reported.

Defaults < configuration file (YAML or JSON) < environment < options of the command line. Which settings there are is
in `mediabase_assets.settings.model`. An empty environment variable, an empty section and a null count as not set.
Processes that are not started by our command line (webserver, daemon, run workers) find their configuration file in
`MEDIABASE_CONFIG` and their folder in `MEDIABASE_HOME`.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.database import DatabaseSettings
from mediabase_assets.settings.file import lines_of, read_settings_file
from mediabase_assets.settings.model import WITHOUT_EFFECT, Settings
from mediabase_assets.settings.monitoring import MONITORING_ALIASES
from mediabase_assets.settings.sections import ValidationSettings

__all__ = [
    "ENVIRONMENT",
    "WITHOUT_EFFECT",
    "DatabaseSettings",
    "Settings",
    "ValidationSettings",
    "keys_without_effect",
    "load_settings",
]

ENVIRONMENT: dict[str, str] = {
    "MEDIABASE_HOME": "home",
    "MB_POSTGRES_HOST": "database.host",
    "MB_POSTGRES_SERVICE": "database.service",
    "MB_POSTGRES_PORT": "database.port",
    "MB_POSTGRES_DB": "database.name",
    "MB_POSTGRES_NAME": "database.name",
    "MB_POSTGRES_USER": "database.user",
    "MB_POSTGRES_PASSWORD": "database.password",
    "MB_POSTGRES_PASSWORD_FILE": "database.password_file",
    "MB_POSTGRES_SCHEMA": "database.schema_name",
    "MB_POSTGRES_SSLMODE": "database.sslmode",
    "MB_POSTGRES_SSLROOTCERT": "database.sslrootcert",
    "MB_POSTGRES_SSLCERT": "database.sslcert",
    "MB_POSTGRES_SSLKEY": "database.sslkey",
    "MB_POSTGRES_CONNECTION_TIMEOUT": "database.connection_timeout",
    "MEDIABASE_REFRESH_SCHEDULE": "views.refresh_schedule",
    "MEDIABASE_PROOF_SCHEDULE": "backup.proof_schedule",
    "MEDIABASE_BACKUP_LOCATION": "backup.location",
    "MEDIABASE_TIME_ZONE": "views.time_zone",
    "MEDIABASE_RULES": "curation.rules_file",
    "MEDIABASE_ALERTS_EMAIL_PASSWORD": "alerts.email_password",
    "MEDIABASE_ALERTS_EMAIL_PASSWORD_FILE": "alerts.email_password_file",
    "MEDIABASE_ALERTS_WEBHOOK_URL": "alerts.webhook_url",
    "MEDIABASE_ALERTS_WEBHOOK_SECRET": "alerts.webhook_secret",
    "MEDIABASE_ALERTS_WEBHOOK_SECRET_FILE": "alerts.webhook_secret_file",
    "MB_MIGRATION_CHECKPOINTS_DIR": "checkpoints_dir",
    "MB_MIGRATION_BACKUP_DIR": "backup_dir",
    "MB_MIGRATION_TEMP_DIR": "temp_dir",
    "MB_MIGRATION_LOG_DIR": "log_dir",
    "MB_MIGRATION_AUTO_CLEANUP": "auto_cleanup",
    "MB_MIGRATION_DEBUG": "debug_mode",
    "MB_MIGRATION_VERBOSE": "verbose_logging",
    "MB_MIGRATION_BATCH_SIZE": "performance.batch_size",
    "MB_MIGRATION_PARALLEL_WORKERS": "performance.parallel_workers",
    "MB_MIGRATION_MEMORY_LIMIT": "performance.memory_limit_mb",
}
"""Environment variable to the dotted key that it sets."""

ALIASES = {"database.database": "database.name", "database.schema": "database.schema_name", **MONITORING_ALIASES}
"""Other spellings of a key in a file or an option."""

Layer = dict[str, Any]
"""Dotted key to value, of one place that settings come from."""


def load_settings(config_file: Path | None = None, **overrides: Any) -> Settings:
    """Read and check all settings.

    Args:
        config_file: YAML or JSON; without one `MEDIABASE_CONFIG` names it, if set.
        overrides: Options of the command line: top-level keys, sections as mappings. None counts as not given.

    Raises:
        ConfigurationError: A file cannot be read, a key is unknown, a value is wrong, or two values contradict.
    """
    if config_file is None and os.environ.get("MEDIABASE_CONFIG"):
        config_file = Path(os.environ["MEDIABASE_CONFIG"])
    return validated(*read_places(config_file, overrides))


def read_places(config_file: Path | None, overrides: Mapping[str, Any]) -> tuple[Layer, dict[str, str]]:
    """What is set, and where: a file with its line, an environment variable, the command line.

    Args:
        config_file: As of `load_settings`.
        overrides: As of `load_settings`.

    Raises:
        ConfigurationError: A file cannot be read, or two variables mean the same key and differ.
    """
    if config_file is None and os.environ.get("MEDIABASE_CONFIG"):
        config_file = Path(os.environ["MEDIABASE_CONFIG"])
    environment, variables = _read_environment(os.environ)
    given = layer_of(overrides)
    layers = [(environment, variables), (given, dict.fromkeys(given, "the command line"))]
    if config_file is not None:
        in_file = layer_of(read_settings_file(config_file))
        lines = lines_of(config_file)
        layers.insert(0, (in_file, {key: _place(config_file, lines, key) for key in in_file}))
    values: Layer = {}
    origins: dict[str, str] = {}
    for layer, places in layers:
        if _place_server(values, layer):
            origins["database.service"] = "environment variable PGSERVICE"
        values |= layer
        origins |= places
    return values, origins


def validated(values: Layer, origins: Mapping[str, str]) -> Settings:
    """The settings that values make.

    Raises:
        ConfigurationError: A key is unknown, a value is wrong, or two values contradict.
    """
    try:
        return Settings.model_validate(nested(values))
    except ValidationError as error:
        raise _refusal(error, origins) from None


def _place(file: Path, lines: Mapping[str, int], key: str) -> str:
    """Where a key of a file is."""
    line = line_of(lines, key)
    return f"{file}, line {line}" if line else str(file)


def line_of(lines: Mapping[str, int], key: str) -> int:
    """The line of a key of a file, also under another spelling; 0 if it is not known."""
    names = [key, *(alias for alias, name in ALIASES.items() if name == key)]
    return next((lines[name] for name in names if name in lines), 0)


def keys_without_effect(settings: Settings) -> dict[str, str]:
    """Those keys that were set and do nothing here, with the reason; a plan lists them."""
    found: dict[str, str] = {}
    for key, reason in WITHOUT_EFFECT.items():
        section, _, name = key.rpartition(".")
        model: BaseModel = getattr(settings, section) if section else settings
        if name in model.model_fields_set:
            found[key] = reason
    return found


_EXCLUSIVE = (("database.host", "database.service"), ("database.password", "database.password_file"))


def _place_server(values: Layer, layer: Layer) -> bool:
    """Of keys that exclude each other, such as host and service, a place that sets one replaces the one that a weaker place set.

    Returns:
        Whether libpq's PGSERVICE names the server.
    """
    for one, other in (*_EXCLUSIVE, *(pair[::-1] for pair in _EXCLUSIVE)):
        if one in layer and other not in layer:
            values.pop(other, None)
    service = os.environ.get("PGSERVICE")
    named = {"database.host", "database.service"}
    if service and not named & (values.keys() | layer.keys()):
        values["database.service"] = service
        return True
    return False


def _read_environment(environment: Mapping[str, str]) -> tuple[Layer, dict[str, str]]:
    """The layer that environment variables make, and which one sets each key.

    Raises:
        ConfigurationError: Two variables mean the same key and differ.
    """
    layer: Layer = {}
    names: dict[str, str] = {}
    for name, key in ENVIRONMENT.items():
        value = environment.get(name)
        if not value:
            continue
        if layer.get(key, value) != value:
            raise ConfigurationError(
                f"{names[key]} and {name} both name the {key.replace('.', ' ')} and differ.",
                where="environment",
                next_step=f"Unset one of them: `unset {name}`.",
            )
        layer[key], names[key] = value, name
    return layer, {key: f"environment variable {name}" for key, name in names.items()}


def layer_of(values: Mapping[Any, Any]) -> Layer:
    """Flatten one place's sections to dotted keys, leaving out what counts as not set."""
    layer: Layer = {}
    for key, value in values.items():
        field = Settings.model_fields.get(str(key))
        is_section = field is not None and isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        if is_section and isinstance(value, Mapping):
            inner = {f"{key}.{name}": item for name, item in value.items() if item is not None}
            for alias, name in ALIASES.items():
                if alias in inner and inner.get(name, inner[alias]) == inner[alias]:
                    inner[name] = inner.pop(alias)
            layer |= inner
        elif value is not None:
            layer[str(key)] = value
    return layer


def nested(values: Layer) -> dict[str, Any]:
    """Dotted keys as sections."""
    sections: dict[str, Any] = {}
    for key, value in values.items():
        section, dot, name = key.partition(".")
        if dot and section in Settings.model_fields:
            inner = sections.setdefault(section, {})
            if isinstance(inner, dict):
                inner[name] = value
        else:
            sections[key] = value
    return sections


def _refusal(error: ValidationError, origins: Mapping[str, str]) -> ConfigurationError:
    """Pydantic's findings as one error that names place, dotted key and what is expected."""
    findings = [finding_of(item, origins) for item in error.errors(include_url=False, include_input=False)]
    what = findings[0][0] if len(findings) == 1 else "Settings are wrong:\n" + "\n".join(f"  - {f}" for f, *_ in findings)
    wheres = list(dict.fromkeys(where for _, where, _ in findings))
    steps = list(dict.fromkeys(step for *_, step in findings))
    return ConfigurationError(what, where="; ".join(wheres), next_step=" ".join(steps))


def finding_of(item: Any, origins: Mapping[str, str]) -> tuple[str, str, str]:
    """A finding of pydantic as what is wrong, where, and what to do."""
    path = [str(part) for part in item["loc"]]
    key = ".".join(path)
    origin = next((origins[k] for k in _prefixes(path) if k in origins), "")
    if not origin:
        origin = "; ".join(dict.fromkeys(o for k, o in origins.items() if k.startswith(f"{key}.")))
    where = f"{origin}, {key}" if origin else key
    if item["type"] == "extra_forbidden":
        near = nearest(key)
        step = f"Did you mean `{near}`?" if near else "Remove it, or see `mediabase config show` for the settings there are."
        return f"There is no setting `{key}`.", where, step
    expected = str(item["msg"]).removeprefix("Value error, ").replace("Input should", "it should")
    if not path:
        return f"Settings contradict each other: {expected}.", "configuration", "Keep one of them."
    return f"The setting `{key}` is wrong: {expected}.", where, f"Correct `{key}`."


def nearest(key: str) -> str:
    """The known key that is most like an unknown one: of the same name in another section, else one of similar letters.

    >>> nearest("batch_size"), nearest("database.prot"), nearest("xyzzy")
    ('performance.batch_size', 'database.port', '')
    """
    known, name = [*known_keys()], key.rpartition(".")[2]
    same = [k for k in known if k.rpartition(".")[2] == name]
    like = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    names = difflib.get_close_matches(name, [k.rpartition(".")[2] for k in known], n=1, cutoff=0.7)
    return next(iter([*same, *like, *(k for k in known if k.rpartition(".")[2] in names)]), "")


def _prefixes(path: list[str]) -> Iterator[str]:
    for length in range(len(path), 0, -1):
        yield ".".join(path[:length])


def known_keys() -> Iterator[str]:
    """Every key, dotted, and every section."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name}.{inner}" for inner in field.annotation.model_fields)
        yield name
