"""`mediabase alerts`: options in, exit codes out; what is wrong, as a list or as JSON, and whether messages arrive."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mediabase_assets.cli.command import settings_of, with_exit_code
from mediabase_assets.cli.options import ConfigFile
from mediabase_assets.cli.output import Exit, terminal, waiting
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    from mediabase_assets.alerts.condition import Found
    from mediabase_assets.alerts.ledger import Alert
    from mediabase_assets.alerts.round import Look, Outcome
    from mediabase_assets.postgres.sql_files import Connection

alerts = typer.Typer(
    help="What is wrong, and who is told: failed runs and checks, overdue views, disks, backups, the server.",
    epilog="Exit codes: 0 done, 1 failed (or something is wrong), 2 wrong usage or configuration, 130 interrupted.",
    no_args_is_help=True,
)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for programs.")]


@alerts.command("list")
@with_exit_code
def list_(as_json: AsJson = False, config_file: ConfigFile = None) -> Exit:
    """Show what is wrong right now, since when, and what to do. Nothing is sent.

    Exit codes: 0 nothing is wrong, 1 something is.
    """
    return _look(settings_of(config_file), tells=False, as_json=as_json)


@alerts.command()
@with_exit_code
def check(as_json: AsJson = False, config_file: ConfigFile = None) -> Exit:
    """Look once and send what is new, as the UI does every minute: for cron, where no UI runs.

    Exit codes: 0 nothing is wrong, 1 something is, or a message was not delivered.
    """
    settings = settings_of(config_file)
    _require_receiver(settings)
    return _look(settings, tells=True, as_json=as_json)


@alerts.command("test")
@with_exit_code
def try_out(as_json: AsJson = False, config_file: ConfigFile = None) -> Exit:
    """Send a test message by every configured way, and show what the receivers answered.

    Exit codes: 0 all took it, 1 one did not.
    """
    settings = settings_of(config_file)
    _require_receiver(settings)
    from mediabase_assets.alerts.round import send_trial

    with waiting(terminal(stderr=True), "Sending …"):
        outcome = send_trial(settings)
    if as_json:
        _print_json({"delivered": dict(outcome.delivered), "undelivered": dict(outcome.undelivered)})
    else:
        _print_deliveries(terminal(), outcome)
    return Exit.FAILED if outcome.undelivered else Exit.OK


def _require_receiver(settings: Settings) -> None:
    if not settings.alerts.is_on:
        raise ConfigurationError(
            "Alerts are not configured: nobody is told.",
            where="alerts.email_to, alerts.webhook_url",
            next_step="Set one of them in the configuration file, see the README.",
        )


def _look(settings: Settings, *, tells: bool, as_json: bool) -> Exit:
    """Look, print, and tell with the exit code whether something is wrong."""
    from mediabase_assets.alerts.ledger import News
    from mediabase_assets.alerts.message import as_row
    from mediabase_assets.alerts.round import look_and_tell

    with waiting(terminal(stderr=True), "Looking …"):
        outcome = look_and_tell(settings, _dagsters(settings), tells=tells)
    if as_json:
        rows = [
            {n: v for n, v in as_row(News.NEW, a).items() if n not in ("state", "ended")} | {"told": sorted(a.told)}
            for a in outcome.alerts
        ]  # fmt: skip
        _print_json({"alerts": rows, "delivered": dict(outcome.delivered), "undelivered": dict(outcome.undelivered)})
    else:
        _print(terminal(), settings, outcome)
    return Exit.FAILED if outcome.alerts or outcome.undelivered else Exit.OK


def _dagsters(settings: Settings) -> "Look":
    """What Dagster knows; its storage is opened after the server answered."""

    def look(conn: "Connection", now: datetime) -> "Found":
        import dagster as dg

        from mediabase_assets.definitions import defs
        from mediabase_assets.runs.alerts import look_by
        from mediabase_assets.runs.runner import prepare_dagster_home

        prepare_dagster_home(settings)
        graph = defs().resolve_asset_graph()
        with dg.DagsterInstance.get() as instance:
            return look_by(instance, settings, graph)(conn, now)

    return look


def _print_json(document: object) -> None:
    terminal().out(json.dumps(document, indent=2, ensure_ascii=False, default=str), highlight=False)


def _print(console: Console, settings: Settings, outcome: "Outcome") -> None:
    from mediabase_assets.alerts.round import NOT_CONFIGURED

    if outcome.is_elsewhere:
        console.print("Another process is looking right now.")
        return
    if not outcome.alerts:
        console.print("Nothing is wrong.")
    for alert in outcome.alerts:
        console.print("\n".join(_lines(alert)), markup=False, soft_wrap=True)
    _print_deliveries(console, outcome)
    if not settings.alerts.is_on:
        console.print(NOT_CONFIGURED, markup=False, soft_wrap=True)


def _lines(alert: "Alert") -> list[str]:
    """An alert in a terminal."""
    from mediabase_assets.model.quantities import duration, moment

    c = alert.condition
    age = duration((datetime.now(UTC) - alert.since).total_seconds())
    told = ", ".join(f"{way} at {moment(t.at)}" for way, t in sorted(alert.told.items())) or "nobody yet"
    return [
        c.what, f"  where:   {c.where}", f"  since:   {moment(alert.since)} ({age})", f"  next:    {c.next_step}",
        f"  command: {c.command}", f"  told:    {told}", "",
    ]  # fmt: skip


def _print_deliveries(console: Console, outcome: "Outcome") -> None:
    for way, answer in outcome.delivered.items():
        console.print(f"Delivered by {way}: {answer}.", markup=False, soft_wrap=True)
    for way, why in outcome.undelivered.items():
        console.print(f"Not delivered by {way}: {why}.", markup=False, soft_wrap=True)
