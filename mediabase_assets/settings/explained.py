"""Every setting with its value, where that comes from, its default, and what it does: the rows of `mediabase config show`.

No row holds a secret: a password is masked, set or not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from mediabase_assets.settings.load import Settings, read_places, validated
from mediabase_assets.settings.model import OF_ENVIRONMENTS, WITHOUT_EFFECT

MASK = "********"
_OF_THE_SERVER = ("database.port", "database.name", "database.user", "database.password")
_DEFAULT = "default"


@dataclass(frozen=True)
class Row:
    """One setting.

    Attributes:
        key: Dotted.
        value: As JSON has it; a secret is masked.
        default: That of an empty configuration.
        origin: Where the value comes from.
        effect: What it does, or why it does nothing.
        is_changed: Whether the value differs from the default.
    """

    key: str
    value: Any
    default: Any
    origin: str
    effect: str
    is_changed: bool


def explained(config_file: Path | None = None, **overrides: Any) -> list[Row]:
    """All settings of a command.

    Args:
        config_file: As of `load_settings`.
        overrides: As of `load_settings`.

    Raises:
        ConfigurationError: As of `load_settings`.
    """
    values, origins = read_places(config_file, overrides)
    settings = validated(values, origins)
    defaults = Settings.model_validate({})
    rows = []
    for key, field in fields():
        value, default = value_of(settings, key), value_of(defaults, key)
        effect = f"without effect: {WITHOUT_EFFECT[key]}" if key in WITHOUT_EFFECT else field.description or ""
        origin = _origin(settings, key, origins, is_default=value == default)
        rows.append(Row(key, plain(value), plain(default), origin, effect, value != default))
    return rows


def fields(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting with its field: those without a section first, then section by section."""
    sections = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            sections[name] = field.annotation
        else:
            yield f"{prefix}{name}", field
    for name, section in sections.items():
        yield from fields(section, f"{prefix}{name}.")


def value_of(settings: Settings, key: str) -> Any:
    """The value of a dotted key."""
    value: Any = settings
    for part in key.split("."):
        value = getattr(value, part)
    return value


def plain(value: Any) -> Any:
    """A value as JSON and YAML have it, a secret masked.

    >>> plain(SecretStr("a")), plain(Path("/a")), plain((1, None))
    ('********', '/a', [1, None])
    """
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def _origin(settings: Settings, key: str, origins: Mapping[str, str], *, is_default: bool) -> str:
    if settings.database.is_embedded and key in _OF_THE_SERVER and key != "database.name":
        ignored = f" ({origins[key]} is for a named server)" if key in origins else ""
        return f"the embedded server{ignored}"
    if key in origins:
        return origins[key]
    if key in OF_ENVIRONMENTS.get(settings.environment, {}):
        return f"derived from environment: {settings.environment}"
    if key == "views.refresh_schedule" and settings.performance.materialized_view_refresh_interval:
        return "derived from performance.materialized_view_refresh_interval"
    if is_default:
        return _DEFAULT
    if key in _OF_THE_SERVER:
        return f"default of a named server (database.{'host' if settings.database.host else 'service'})"
    return "derived from home" if key == "backup_dir" else _DEFAULT
