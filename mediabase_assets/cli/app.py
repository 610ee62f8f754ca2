"""The command `mediabase`: options in, exit codes out. What the commands do is in the other modules of the package.

Exit codes of every command: 0 done, 1 failed (or the answer was no), 2 wrong usage or configuration, 130 interrupted.
Every command ends in `mediabase_assets.cli.exit`, whatever happens. Dagster and pandas are imported inside the
commands that need them, so that the others answer at once.
"""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from mediabase_assets.cli import options
from mediabase_assets.cli.alerts import alerts
from mediabase_assets.cli.command import see_rules, settings_of, with_exit_code
from mediabase_assets.cli.config import config
from mediabase_assets.cli.db_commands import db
from mediabase_assets.cli.exit import close_output, ended, prepare_process
from mediabase_assets.cli.grants import grants
from mediabase_assets.cli.health import Part, show_health
from mediabase_assets.cli.output import Exit, terminal
from mediabase_assets.cli.patients import patients
from mediabase_assets.cli.quarantine import quarantine
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

    from mediabase_assets.postgres.connection import Session

app = typer.Typer(
    name="mediabase",
    help="Migrates MEDIABASE's legacy table into a normalized, checked, fast database.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
db.command("grants")(grants)
app.add_typer(db, name="db")
app.add_typer(patients, name="patients")
app.add_typer(config, name="config")
app.add_typer(quarantine, name="quarantine")
app.add_typer(alerts, name="alerts")


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"mediabase {version_of('mediabase-assets')}")
        raise typer.Exit


@app.command()
@with_exit_code
def migrate(
    demo: options.Demonstration = False,
    demo_transcripts: options.DemoTranscripts = None,
    legacy_from: options.LegacyFrom = None,
    config_file: options.ConfigFile = None,
    skip_confirmation: options.SkipConfirmation = False,
    everything: options.Everything = False,
    symbol_conflicts: options.ConflictPolicy = None,
    rules: options.RulesFile = None,
    dry_run: options.DryRun = False,
    test_only: options.TestOnly = False,
    rollback_on_failure: options.RollbackOnFailure = False,
) -> Exit:
    """Migrate the legacy table: back it up, take it apart, audit everything, release it at once.

    Builds what is missing, failed or stale (its input, code or configuration changed), and says why before it asks. Exit codes:
    0 released or nothing to do, 1 failed, 2 wrong usage or configuration, 130 interrupted (nothing was published; running again
    continues). With --dry-run and --test-only nothing is asked and nothing is kept: 0 means that every audit, or every component,
    passed.
    """
    from mediabase_assets.cli.legacy_source import Demo, Source

    _require_consistent(is_size_of_nothing=demo_transcripts is not None and not demo, are_both_rehearsals=dry_run and test_only)
    source = Source(legacy_from, Demo(demo_transcripts, options.DEMO_TRANSCRIPTS, _build_demo) if demo else None)
    settings = settings_of(
        config_file, symbol_conflicts=symbol_conflicts.value if symbol_conflicts else None,
        curation={"rules_file": str(rules)} if rules else None,
    )  # fmt: skip
    see_rules(settings)
    if rollback_on_failure:
        _require_rollback(settings)
    if dry_run or test_only:
        from mediabase_assets.cli.rehearse import rehearse

        return rehearse(settings, source, is_self_test=test_only, load_definitions=_definitions, console=terminal())
    from mediabase_assets.cli.migrate import migrate as run

    asks = settings.require_user_confirmation and not skip_confirmation
    return run(
        settings, source, asks=asks, everything=everything, rolls_back=rollback_on_failure, load_definitions=_definitions,
        console=terminal(),
    )  # fmt: skip


@app.command()
@with_exit_code
def rollback(
    migration_id: Annotated[str, typer.Argument(metavar="ID", help="The migration to undo; `mediabase status` lists them.")],
    with_later: Annotated[bool, typer.Option("--with-later", help="Undo the migrations that were released since, too.")] = False,
    with_dependents: Annotated[
        bool,
        typer.Option("--with-dependents", help="Also drop dependent views and foreign keys of other people; never their rows."),
    ] = False,
    legacy_changes: Annotated[
        LegacyChoice | None,
        typer.Option(help="Rows of the legacy table that others changed since: keep them, or undo that, with a copy.", show_default=False),
    ] = None,
    skip_confirmation: options.SkipConfirmation = False,
    config_file: options.ConfigFile = None,
) -> Exit:
    """Go back to the state before a migration: every relation that it touched, verified by content, or nothing changes.

    Asks before it writes. Safe to kill and to repeat. Exit codes: 0 done (or already so), 1 refused or failed, 2 wrong usage.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.rollback import rollback as run

    asks = settings.require_user_confirmation and not skip_confirmation
    return run(
        settings, migration_id, with_later=with_later, with_dependents=with_dependents, legacy_changes=legacy_changes, asks=asks,
        console=terminal(),
    )  # fmt: skip


@app.command()
@with_exit_code
def status(
    config_file: options.ConfigFile = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show the running migration, and what it uses, until it ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON document, with what the newest migration took.")] = False,
) -> Exit:
    """Show server, record counts, stages of the newest migration, runs, releases and backups.

    With --watch the exit code is that of the run: 0 succeeded (or none was running), 1 failed.
    """
    settings = settings_of(config_file)
    if watch and as_json:
        raise ConfigurationError("--watch and --json exclude each other.", where="command line", next_step="Keep one of them.")
    from mediabase_assets.cli.status import show_document, show_status

    if as_json:
        return show_document(settings, load_definitions=_definitions, console=terminal())
    return show_status(settings, watches=watch, load_definitions=_definitions, console=terminal())


@app.command()
@with_exit_code
def metrics(
    migration_id: Annotated[str, typer.Argument(metavar="[ID]", help="The migration; the newest by default.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line per stage, with seven columns.")] = False,
    prometheus: Annotated[bool, typer.Option("--prometheus", help="What Prometheus would read now.")] = False,
    config_file: options.ConfigFile = None,
) -> Exit:
    """Show what a migration took: stages and assets with time, rows per second, memory, CPU, and PostgreSQL's share.

    Exit codes: 0 shown, 1 there was no migration.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.metrics import Form, show_metrics

    asked = [form for form, is_asked in ((Form.JSON, as_json), (Form.CSV, as_csv), (Form.PROMETHEUS, prometheus)) if is_asked]
    if len(asked) > 1:
        raise ConfigurationError("--json, --csv and --prometheus exclude each other.", where="command line", next_step="Keep one of them.")
    return show_metrics(settings, migration_id, asked[0] if asked else Form.TABLE, console=terminal())


@app.command()
@with_exit_code
def checks(
    failed: Annotated[bool, typer.Option("--failed", help="Only checks that failed or warned.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    config_file: options.ConfigFile = None,
) -> Exit:
    """List every check with its last outcome, since when, what it examined, and rows that show a failure.

    Exit codes: 0 no check failed (warnings do not count), 1 one did.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.checks import show_checks

    return show_checks(settings, only_failed=failed, as_json=as_json, load_definitions=_definitions, console=terminal())


@app.command()
@with_exit_code
def report(
    migration_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Which migration; the newest one by default.")] = None,
    opens: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write the page here, and its numbers beside it as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
    config_file: options.ConfigFile = None,
) -> Exit:
    """Write the report of a migration: one HTML page, the same numbers as JSON, and for MultiQC.

    It is in <home>/reports, in a folder of the migration's id, needs no network, and may be sent on as it is.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.report import report as run

    return run(settings, migration_id, opens=opens, output=output, as_json=as_json, load_definitions=_definitions, console=terminal())


@app.command()
@with_exit_code
def verdict(
    migration_id: Annotated[str, typer.Argument(metavar="ID", help="Which migration; by default the one that is live.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    config_file: options.ConfigFile = None,
) -> Exit:
    """Show how good a migration is: excellent, good, acceptable or needs attention, why, and every check of it.

    Exit codes: 0 acceptable or better, 1 it needs attention, or there is no verdict.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.verdict import show_verdict

    return show_verdict(settings, migration_id=migration_id, as_json=as_json, console=terminal())


@app.command()
@with_exit_code
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that the web server listens on.")] = 3000,
    host: Annotated[str, typer.Option(help="Address that it listens on; there is no log-in, so keep it local.")] = "127.0.0.1",
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Answer Prometheus there; by default on monitoring.metrics_port.", show_default=False),
    ] = None,
    config_file: options.ConfigFile = None,
) -> Exit:
    """Run Dagster's web UI and daemon until Ctrl-C."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.ui import serve

    return serve(settings, host=host, port=port, metrics_port=metrics_port or settings.monitoring.metrics_port, console=terminal())


@app.command()
@with_exit_code
def health(
    part: Annotated[Part, typer.Argument(help="Which process: the web server, or the code server.")] = Part.WEBSERVER,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port; 3000, of the code server 4000.")] = None,
) -> Exit:
    """Ask a process of the web UI on this machine whether it answers and has the definitions loaded. For container engines.

    Exit codes: 0 it does, 1 it does not.
    """
    return show_health(part, port, terminal())


def _require_consistent(*, is_size_of_nothing: bool, are_both_rehearsals: bool) -> None:
    if is_size_of_nothing:
        raise ConfigurationError("--demo-transcripts needs --demo.", where="command line", next_step="Add --demo.")
    if are_both_rehearsals:
        raise ConfigurationError(
            "--dry-run and --test-only exclude each other.",
            where="command line",
            next_step="Keep one of them: --test-only tests the program, --dry-run shows what would become of the data.",
        )


def _require_rollback(settings: Settings) -> None:
    if not settings.enable_rollback:
        raise ConfigurationError(
            "--rollback-on-failure is not allowed: enable_rollback is false.",
            where="command line",
            next_step="Leave the option away, or set enable_rollback: true. `mediabase rollback ID` is always possible.",
        )


def _build_demo(conn: "Session", schema: str, table: str, transcripts: int) -> None:
    from mediabase_assets.demo.build import build_demo

    build_demo(conn, schema=schema, table=table, transcripts=transcripts)


def _definitions() -> "dg.Definitions":
    from mediabase_assets.definitions import defs

    return defs()


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """The entry point. TERM is handled like Ctrl-C, so that a scheduler's stop ends a run in order."""
    signal.signal(signal.SIGTERM, _terminated)
    prepare_process()
    try:
        sys.exit(int(ended(app)))
    finally:
        close_output()
