"""What every command has: an exit code, and its settings.

Contains both; the commands are in `app` and `patients`.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import typer

from mediabase_assets.cli.exit import ended
from mediabase_assets.cli.output import Exit
from mediabase_assets.settings.load import Settings, load_settings

P = ParamSpec("P")


def with_exit_code(command: Callable[P, Exit]) -> Callable[P, None]:
    """A command that ends with the exit code that it returns, or that its error means; the error is printed."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(int(ended(lambda: command(*args, **kwargs))))

    return run


def settings_of(config_file: Path | None, **overrides: Any) -> Settings:
    """The settings of a command; exported, so that the code that Dagster loads has the same."""
    settings = load_settings(config_file, **overrides)
    from mediabase_assets.settings.environment import export

    export(settings, config_file, has_overrides=any(v is not None for v in overrides.values()))
    return settings


def see_rules(settings: Settings) -> None:
    """Before anything begins: the file of rules that the settings name can be read.

    Raises:
        ConfigurationError: It cannot, or is wrong.
    """
    from mediabase_assets.curation.file import rules_of

    rules_of(settings)
