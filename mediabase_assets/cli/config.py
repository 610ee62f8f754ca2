"""`mediabase config`: what is configured and where it comes from, files to begin with, and what is wrong in one.

Contains the commands and their layout; what is shown comes from `settings.explained`, `settings.template` and `settings.check`.
"""

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mediabase_assets.cli import options
from mediabase_assets.cli.command import with_exit_code
from mediabase_assets.cli.output import Exit, terminal
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted
from mediabase_assets.settings import check as checking
from mediabase_assets.settings.explained import Row, explained
from mediabase_assets.settings.template import render

config = typer.Typer(help="What is configured, where it comes from, and what is wrong in a file.", no_args_is_help=True)
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


class EnvironmentName(StrEnum):
    """What an installation is for."""

    PRODUCTION = "production"
    STAGING = "staging"
    TESTING = "testing"
    DEVELOPMENT = "development"


@config.command()
@with_exit_code
def show(
    changed: Annotated[bool, typer.Option("--changed", help="Only settings that differ from their default.")] = False,
    as_json: AsJson = False,
    config_file: options.ConfigFile = None,
) -> Exit:
    """Show every setting: its value, where that comes from, and what it does. Passwords are masked."""
    rows = [row for row in explained(config_file) if row.is_changed or not changed]
    if as_json:
        print_json([_as_row(row) for row in rows])
        return Exit.OK
    console = terminal()
    if not rows:
        console.print("Every setting has its default.")
        return Exit.OK
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, style in (("Setting", ""), ("Value", "bold"), ("From", ""), ("What it does", "dim")):
        table.add_column(name, style=style, overflow="fold")
    section = ""
    for row in rows:
        if row.key.rpartition(".")[0] != section:
            section = row.key.rpartition(".")[0]
            table.add_section()
        table.add_row(*(_plain(text) for text in (row.key, _value(row), row.origin, row.effect)))
    console.print(table)
    return Exit.OK


@config.command()
@with_exit_code
def create(
    environment: Annotated[EnvironmentName, typer.Argument(help="What the installation is for.")],
    output: Annotated[Path | None, typer.Option("--output", help="File that is written; standard output by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
) -> Exit:
    """Print or write a commented configuration file with every setting, and values fit for the environment."""
    text = render(environment.value)
    if output is None:
        sys.stdout.write(text)
        return Exit.OK
    _write(output, text, force=force)
    console = terminal()
    console.print(f"Written: {output}, readable by you alone since it may hold a password.", markup=False, soft_wrap=True)
    console.print(f"Use it with --config-file {output}, or set MEDIABASE_CONFIG to it.", markup=False, soft_wrap=True)
    return Exit.OK


@config.command()
@with_exit_code
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON file of settings.")],
    as_json: AsJson = False,
) -> Exit:
    """Check a configuration file and print all findings, each with its line: unknown keys, wrong values, contradictions, no effect.

    Exit codes: 0 the file can be used, 2 it cannot.
    """
    findings = checking.check_file(file)
    is_wrong = any(finding.kind == "error" for finding in findings)
    if as_json:
        print_json(checking.as_document(file, findings))
    else:
        _print_findings(terminal(), file, findings)
    return Exit.USAGE if is_wrong else Exit.OK


def print_json(document: object) -> None:
    """Print one JSON document."""
    terminal().out(json.dumps(document, indent=2, ensure_ascii=False), highlight=False)


def _as_row(row: Row) -> dict[str, object]:
    return {
        "key": row.key, "value": row.value, "default": row.default, "from": row.origin, "is_changed": row.is_changed, "effect": row.effect,
    }  # fmt: skip


def _value(row: Row) -> str:
    if row.value is None or row.value == "":
        return "not set"
    return row.value if isinstance(row.value, str) else json.dumps(row.value, ensure_ascii=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _write(file: Path, text: str, *, force: bool) -> None:
    """Write a file of the owner alone; one that exists is kept unless `force`.

    Raises:
        ConfigurationError: It exists, or cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(file, flags, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ConfigurationError(
            "The file exists and is kept.", where=str(file), next_step="Name another one, or give --force to overwrite it."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The file cannot be written: {error.strerror}.", where=str(file), next_step="Name a file in a folder that you may write to."
        ) from error


def _print_findings(console: Console, file: Path, findings: list[checking.Finding]) -> None:
    for finding in findings:
        place = f"{file}, line {finding.line}" if finding.line else str(file)
        console.print(f"{_plain(place)}: [{_STYLES[finding.kind]}]{finding.kind}:[/] {_plain(finding.what)}", soft_wrap=True)
        if finding.next_step:
            console.print(f"  next: {finding.next_step}", markup=False, soft_wrap=True)
    errors = sum(finding.kind == "error" for finding in findings)
    others = len(findings) - errors
    if errors:
        console.print(f"[bold red]{counted(errors, 'error')}:[/] the file cannot be used.")
    else:
        noted = f", {counted(others, 'finding')} to read" if others else " without a finding"
        console.print(f"[green]The file can be used[/]{noted}.")
