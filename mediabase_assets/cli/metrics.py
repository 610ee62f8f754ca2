"""`mediabase metrics`: what a migration took, as tables, JSON, CSV with the owner's columns, or metrics of Prometheus.

Contains the forms; the numbers are read by `monitoring.summary` and `monitoring.exposition`.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit, terminal
from mediabase_assets.model.quantities import duration, moment, number, size
from mediabase_assets.monitoring.summary import MigrationMetrics, read_metrics
from mediabase_assets.postgres.connect import connect
from mediabase_assets.report.status import is_nothing_here
from mediabase_assets.settings.load import Settings


class Form(StrEnum):
    """How the numbers are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PROMETHEUS = "prometheus"


def show_metrics(settings: Settings, migration_id: str, form: Form, *, console: Console) -> Exit:
    """Print what a migration took.

    Args:
        settings: The settings.
        migration_id: Which; the newest by default.
        form: How.
        console: Where the tables are printed; the other forms are the only text on standard output.

    Raises:
        MediabaseError: There is no such migration, or the server cannot be reached.
    """
    if is_nothing_here(settings):
        console.print(f"Nothing here yet, in {settings.home}.", markup=False, soft_wrap=True)
        return Exit.FAILED
    quiet = console if form is Form.TABLE else terminal(stderr=True)
    ensure_started(quiet, settings)
    if form is Form.PROMETHEUS:
        from mediabase_assets.monitoring.exposition import exposition

        typer.echo(exposition(settings), nl=False)
        return Exit.OK
    with connect(settings, autocommit=True, application_name="mediabase status") as conn:
        metrics = read_metrics(conn, migration_id)
    if metrics is None:
        quiet.print("There was no migration yet: run [bold]mediabase migrate[/].")
        return Exit.FAILED
    if form is Form.JSON:
        typer.echo(as_json(metrics.as_json()))
    elif form is Form.CSV:
        typer.echo(metrics.as_csv(), nl=False)
    else:
        _print(console, metrics)
    return Exit.OK


def as_json(value: Any) -> str:
    """A document; times with their zone, in the form of ISO 8601."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=lambda v: v.isoformat() if isinstance(v, datetime) else str(v))


def _print(console: Console, metrics: MigrationMetrics) -> None:
    summary = metrics.summary()
    console.print(f"[bold]Migration {escape(metrics.migration_id)}[/], {escape(metrics.status)}, began {moment(metrics.started_at)}")
    for label, text in (
        ("Took", f"{duration(summary['duration_seconds'])}, {summary['records_per_second'] or 0:,.0f} records/s"),
        ("Stages", f"{summary['stage_success_percent'] or 0:g} % succeeded, {duration(summary['average_stage_seconds'])} on average, "
         f"longest {summary['longest_stage']} ({duration(summary['longest_stage_seconds'])})"),
        ("Memory", f"{_mb(summary['average_memory_mb'])} on average, {_mb(summary['peak_memory_mb'])} at most"),
        ("CPU", f"{_percent(summary['average_cpu_percent'])} on average, {_percent(summary['peak_cpu_percent'])} at most (of one core)"),
    ):  # fmt: skip
        console.print(f"[bold]{label:<8}[/]{escape(text)}")
    console.print()
    stages = _table(
        "Stages", "Stage", "Status", "Assets", "Time", "Busy", "Rows", "Memory", "CPU", "Server", "Temp", "WAL", "Cache", "Warn", "Err"
    )
    for s in metrics.stages:
        stages.add_row(
            f"{s.stage:>2} {s.title}", s.status, str(s.assets), duration(s.wall_seconds), duration(s.busy_seconds),
            number(s.records_processed), size(s.peak_memory_bytes), duration(s.cpu_seconds), duration(s.active_seconds), size(s.temp_bytes),
            size(s.wal_bytes), _percent(s.cache_hit_percent), str(s.warnings), str(s.errors),
        )  # fmt: skip
    console.print(stages)
    console.print()
    assets = _table("The longest assets", "Asset", "Time", "Busy", "Rows", "Rows/s", "Memory", "CPU", "Server", "Temp", "WAL", "Cache")
    for a in sorted(metrics.assets, key=lambda a: -a.wall_seconds)[:15]:
        assets.add_row(
            escape(a.asset), duration(a.wall_seconds), duration(a.busy_seconds), number(a.row_count), f"{a.rows_per_second or 0:,.0f}",
            size(a.peak_memory_bytes), duration(a.cpu_seconds), duration(a.active_seconds), size(a.temp_bytes), size(a.wal_bytes),
            _percent(a.cache_hit_percent),
        )  # fmt: skip
    console.print(assets)
    if not metrics.assets:
        console.print("This migration was not measured (monitoring.interval_seconds is 0, or an earlier version ran it).")


def _table(title: str, *names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", title=title, title_justify="left", title_style="bold")
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place == 0 or name == "Status" else "right", no_wrap=place == 0)
    return table


def _mb(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.0f} MB"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} %"
