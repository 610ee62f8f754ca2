"""The plan that a person reads before anything is written, and the question that follows.

Contains the words of the plan and of the question; the facts come from `legacy.table` and the settings.
"""

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.backup import place_text
from mediabase_assets.legacy.table import LegacyDescription
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.legacy import Fate, legacy_column
from mediabase_assets.model.quantities import counted, duration, size
from mediabase_assets.settings.load import Settings, keys_without_effect

_POLICIES = {
    "keep_best": "keep_best: the best-scoring gene keeps the symbol, the others go to quarantine",
    "qualify": "qualify: the best-scoring gene keeps the symbol, the others are called SYMBOL@GENE_ID",
}


@dataclass(frozen=True)
class Place:
    """Where a migration works: the server in words, its version, role, database, the project's own schemas."""

    server: str
    version: str
    user: str
    database: str
    schemas: tuple[str, ...]


def print_plan(console: Console, settings: Settings, place: Place, source: Iterable[tuple[str, str]]) -> None:
    """Print what a migration will do.

    Args:
        console: Where to.
        settings: The settings.
        place: Which server and database.
        source: Lines about the legacy table: what exists, or what will be loaded.
    """
    live = settings.database.schema_name
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    rows = [
        ("Server", f"{place.server}, PostgreSQL {place.version}"),
        ("Database", f"{place.database}, as {place.user}"),
        *source,
        (
            "Written to",
            f"schema {live}, and the project's own {' and '.join(place.schemas)}; all at once, at the end",
        ),
        ("Backup", f"{place_text(settings)}, written and verified before anything is released"),
        ("One symbol, many genes", _POLICIES[settings.symbol_conflicts]),
    ]
    rows += [(f"No effect: {key}", reason) for key, reason in keys_without_effect(settings).items()]
    for name, text in rows:
        grid.add_row(escape(name), escape(text))
    console.print("[bold]The plan[/]")
    console.print(grid)
    console.print()


def print_work(console: Console, work: Mapping[str, str] | None) -> None:
    """Print which assets will be built, and why; nothing if that is known only after the legacy table has been loaded.

    Args:
        console: Where to.
        work: Asset to reason, each after its inputs; None if it is not known yet.
    """
    if not work:
        return
    table = Table(
        box=None,
        pad_edge=False,
        header_style="dim",
        title=f"To be built: {counted(len(work), 'asset')}",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("Asset", no_wrap=True)
    table.add_column("Because")
    for name, reason in _grouped(work):
        table.add_row(escape(name), escape(reason))
    console.print(table)
    console.print()


def _grouped(work: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """One line per asset, but one per layer where a whole layer has the same reason.

    >>> list(_grouped({"extraction/a": "x", "extraction/b": "x", "views/c": "x", "views/d": "y"}))
    [('extraction (2 assets)', 'x'), ('views/c', 'x'), ('views/d', 'y')]
    """
    for layer, keys in itertools.groupby(work, key=lambda key: key.partition("/")[0]):
        assets = list(keys)
        if len(assets) > 1 and len({work[key] for key in assets}) == 1:
            yield f"{layer} ({counted(len(assets), 'asset')})", work[assets[0]]
        else:
            yield from ((key, work[key]) for key in assets)


def print_nothing_to_do(console: Console, *, seconds: float) -> None:
    """Print that everything is up to date."""
    console.print("[green]Nothing to do:[/] every asset is up to date with the legacy table, the code and the settings, and as released.")
    console.print(f"Checked in {duration(seconds)}. `mediabase status` shows what exists; --everything rebuilds all of it.")


def legacy_lines(legacy: LegacyDescription) -> list[tuple[str, str]]:
    """What the plan says about an existing legacy table; it is only read."""
    rows = f"about {counted(legacy.approximate_rows, 'row')}, " if legacy.approximate_rows else ""
    lines = [("Legacy table", f"{legacy.schema}.{legacy.table}, {rows}{size(legacy.size_bytes)}; only read, never written")]
    if legacy.missing:
        lines.append(("Columns missing", f"{', '.join(legacy.missing)}: count as empty"))
    archived = [name for name in legacy.columns or {} if _is_archived(name)]
    if archived:
        lines.append(("Columns archived", f"{', '.join(archived)}: no target, every value stays in the backup"))
    types = [f"{name} ({actual} for {expected})" for name, (actual, expected) in (legacy.noted_types or {}).items()]
    if types:
        lines.append(("Other types", f"{', '.join(types)}: accepted"))
    return lines


def _is_archived(name: str) -> bool:
    column = legacy_column(name)
    return column is None or column.fate is Fate.ARCHIVED


def require_terminal() -> None:
    """Check that the question can be answered, before any work is done.

    Raises:
        ConfigurationError: Standard input is not a terminal.
    """
    if not sys.stdin or not sys.stdin.isatty():
        raise ConfigurationError(
            "Cannot ask for confirmation: standard input is not a terminal.",
            where="confirmation before writing",
            next_step="Give --skip-confirmation, or set require_user_confirmation: false in the configuration file.",
        )


def confirm(console: Console) -> bool:
    """Ask whether to go on; anything but yes means no, and says so."""
    console.print("Go on? [bold]\\[y/N][/] ", end="")
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        console.print()
    is_yes = answer.strip().lower() in ("y", "yes")
    if not is_yes:
        console.print("Nothing was changed.")
    return is_yes
