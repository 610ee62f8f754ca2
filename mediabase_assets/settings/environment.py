"""Makes the settings of a command those of the code that Dagster loads, in this process and in its children.

Assets read their settings where they run, from the environment and the configuration file. Options of the command line
are in neither, so they are written to a file of effective settings. A password is never written to a file.
"""

import os
from pathlib import Path

import yaml

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.load import ENVIRONMENT, Settings
from mediabase_assets.settings.model import SECRETS, secrets_of

EFFECTIVE = "effective-config.yaml"


def export(settings: Settings, config_file: Path | None, *, has_overrides: bool) -> None:
    """Set the environment so that `load_settings()` gives these settings.

    Args:
        settings: The effective settings.
        config_file: The file that was given on the command line, if any.
        has_overrides: Whether options of the command line changed settings.

    Raises:
        ConfigurationError: The file of effective settings cannot be written.
    """
    os.environ["MEDIABASE_HOME"] = str(settings.home)
    if has_overrides:
        os.environ["MEDIABASE_CONFIG"] = str(_write(settings, settings.home))
        for key, secret in secrets_of(settings).items():
            section, _, name = key.partition(".")
            if getattr(getattr(settings, section), f"{name}_file", None) is None:  # a file is named, and read again by each process
                os.environ[next(variable for variable, target in ENVIRONMENT.items() if target == key)] = secret
    elif config_file is not None:
        os.environ["MEDIABASE_CONFIG"] = str(config_file.expanduser().absolute())


def _write(settings: Settings, folder: Path) -> Path:
    path = folder / EFFECTIVE
    hidden: dict[str, set[str]] = {}
    for section, _, name in (key.partition(".") for key in SECRETS):
        hidden.setdefault(section, set()).add(name)
    values = settings.model_dump(mode="json", exclude_unset=True, exclude={"home": True, **hidden})
    if settings.backup.location:  # it says where; the other key would contradict it
        values.pop("backup_dir", None)
    text = "# Written by the command line for the processes that it starts; change your own configuration file instead.\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text + yaml.safe_dump(values, sort_keys=True), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The effective settings cannot be written: {error.strerror}.",
            where=str(path),
            next_step="Set MEDIABASE_HOME to a folder that you may write to.",
        ) from error
    return path
