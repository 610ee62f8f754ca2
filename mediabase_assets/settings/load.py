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
from mediabase_assets.settings.file import read_settings_file
from mediabase_assets.settings.model import WITHOUT_EFFECT, Settings
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

ALIASES = {"database.database": "database.name", "database.schema": "database.schema_name"}
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
    layers = [("the command line", _layer(overrides))]
    layers.insert(0, ("the environment", _read_environment(os.environ)))
    if config_file is not None:
        layers.insert(0, (str(config_file), _layer(read_settings_file(config_file))))
    values: Layer = {}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        _place_server(values, layer)
        values |= layer
        origins |= dict.fromkeys(layer, origin)
    try:
        return Settings.model_validate(_nested(values))
    except ValidationError as error:
        raise _refusal(error, origins) from None


def keys_without_effect(settings: Settings) -> dict[str, str]:
    """Those keys that were set and do nothing here, with the reason; a plan lists them."""
    found: dict[str, str] = {}
    for key, reason in WITHOUT_EFFECT.items():
        section, _, name = key.rpartition(".")
        model: BaseModel = getattr(settings, section) if section else settings
        if name in model.model_fields_set:
            found[key] = reason
    return found


def _place_server(values: Layer, layer: Layer) -> None:
    """Host and service exclude each other: a place that names a server replaces the one that a weaker place named."""
    for one, other in (("database.host", "database.service"), ("database.service", "database.host")):
        if one in layer and other not in layer:
            values.pop(other, None)
    service = os.environ.get("PGSERVICE")
    named = {"database.host", "database.service"}
    if service and not named & (values.keys() | layer.keys()):
        values["database.service"] = service


def _read_environment(environment: Mapping[str, str]) -> Layer:
    """The layer that environment variables make.

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
    return layer


def _layer(values: Mapping[Any, Any]) -> Layer:
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


def _nested(values: Layer) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        section, dot, name = key.partition(".")
        if dot and section in Settings.model_fields:
            inner = nested.setdefault(section, {})
            if isinstance(inner, dict):
                inner[name] = value
        else:
            nested[key] = value
    return nested


def _refusal(error: ValidationError, origins: Mapping[str, str]) -> ConfigurationError:
    """Pydantic's findings as one error that names place, dotted key and what is expected."""
    findings = [_finding(item, origins) for item in error.errors(include_url=False, include_input=False)]
    what = findings[0][0] if len(findings) == 1 else "Settings are wrong:\n" + "\n".join(f"  - {f}" for f, *_ in findings)
    wheres = list(dict.fromkeys(where for _, where, _ in findings))
    steps = list(dict.fromkeys(step for *_, step in findings))
    return ConfigurationError(what, where="; ".join(wheres), next_step=" ".join(steps))


def _finding(item: Any, origins: Mapping[str, str]) -> tuple[str, str, str]:
    path = [str(part) for part in item["loc"]]
    key = ".".join(path)
    origin = next((origins[k] for k in _prefixes(path) if k in origins), "")
    if not origin:
        origin = "; ".join(dict.fromkeys(o for k, o in origins.items() if k.startswith(f"{key}.")))
    if origin == "the environment":
        names = [name for name, target in ENVIRONMENT.items() if target == key and os.environ.get(name)]
        origin = f"environment variable {names[0]}" if names else origin
    where = f"{origin}, {key}" if origin else key
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, list(_known_keys()), n=1, cutoff=0.5)
        step = f"Did you mean `{near[0]}`?" if near else "Remove it, or see the README for the settings there are."
        return f"There is no setting `{key}`.", where, step
    expected = str(item["msg"]).removeprefix("Value error, ").replace("Input should", "it should")
    if not path:
        return f"Settings contradict each other: {expected}.", "configuration", "Keep one of them."
    return f"The setting `{key}` is wrong: {expected}.", where, f"Correct `{key}`."


def _prefixes(path: list[str]) -> Iterator[str]:
    for length in range(len(path), 0, -1):
        yield ".".join(path[:length])


def _known_keys() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name}.{inner}" for inner in field.annotation.model_fields)
        yield name
