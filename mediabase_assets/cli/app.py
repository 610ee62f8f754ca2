"""The command `mediabase`: options in, exit codes out. What the commands do is in the other modules of the package.

Exit codes of every command: 0 done, 1 failed (or the answer was no), 2 wrong usage or configuration, 130 interrupted.
Every command ends in `mediabase_assets.cli.exit`, whatever happens. Dagster and pandas are imported inside the
commands that need them, so that the others answer at once.
"""

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mediabase_assets.cli import options
from mediabase_assets.cli.command import settings_of, with_exit_code
from mediabase_assets.cli.exit import close_output, ended, prepare_process
from mediabase_assets.cli.grants import grants
from mediabase_assets.cli.output import Exit, terminal, waiting
from mediabase_assets.cli.patients import patients
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

    from mediabase_assets.postgres.connection import Session

app = typer.Typer(
    name="mediabase",
    help="Migrates MEDIABASE's legacy table into a normalized, checked, fast database.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="The embedded PostgreSQL, and a session with whichever server is configured.", no_args_is_help=True)
db.command("grants")(grants)
app.add_typer(db, name="db")
app.add_typer(patients, name="patients")


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

    if demo_transcripts is not None and not demo:
        raise ConfigurationError("--demo-transcripts needs --demo.", where="command line", next_step="Add --demo.")
    if dry_run and test_only:
        raise ConfigurationError(
            "--dry-run and --test-only exclude each other.",
            where="command line",
            next_step="Keep one of them: --test-only tests the program, --dry-run shows what would become of the data.",
        )
    source = Source(legacy_from, Demo(demo_transcripts, options.DEMO_TRANSCRIPTS, _build_demo) if demo else None)
    settings = settings_of(config_file, symbol_conflicts=symbol_conflicts.value if symbol_conflicts else None)
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
    skip_confirmation: options.SkipConfirmation = False,
    config_file: options.ConfigFile = None,
) -> Exit:
    """Go back to the state before a migration: every relation that it touched, verified by content, or nothing changes.

    Asks before it writes. Safe to kill and to repeat. Exit codes: 0 done (or already so), 1 refused or failed, 2 wrong usage.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.rollback import rollback as run

    asks = settings.require_user_confirmation and not skip_confirmation
    return run(settings, migration_id, with_later=with_later, with_dependents=with_dependents, asks=asks, console=terminal())


@app.command()
@with_exit_code
def status(
    config_file: options.ConfigFile = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show the stages of the running migration until it ends.")] = False,
) -> Exit:
    """Show server, record counts, stages of the newest migration, runs, releases and backups.

    With --watch the exit code is that of the run: 0 succeeded (or none was running), 1 failed.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.status import show_status

    return show_status(settings, watches=watch, load_definitions=_definitions, console=terminal())


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
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that the web server listens on.")] = 3000,
    host: Annotated[str, typer.Option(help="Address that it listens on; there is no log-in, so keep it local.")] = "127.0.0.1",
    config_file: options.ConfigFile = None,
) -> Exit:
    """Run Dagster's web UI and daemon until Ctrl-C."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.ui import serve

    return serve(settings, host=host, port=port, console=terminal())


@db.command()
@with_exit_code
def start(config_file: options.ConfigFile = None) -> Exit:
    """Start the embedded PostgreSQL if it does not run, creating it the first time."""
    settings = _embedded(settings_of(config_file))
    from mediabase_assets.postgres.embedded import server

    console = terminal()
    with waiting(console, f"Starting the embedded PostgreSQL in {settings.home} …"):
        server.ensure_running(settings.home)
        server.ensure_database(server.ensure_running(settings.home), settings.database.name)
    return _print_server(console, settings)


@db.command()
@with_exit_code
def stop(config_file: options.ConfigFile = None) -> Exit:
    """Stop the embedded PostgreSQL, ending its sessions. Its data stay."""
    settings = _embedded(settings_of(config_file))
    from mediabase_assets.postgres.embedded import server

    terminal().print("Stopped." if server.stop(settings.home) else "It was not running.")
    return Exit.OK


@db.command("status")
@with_exit_code
def db_status(config_file: options.ConfigFile = None) -> Exit:
    """Show whether the server runs, and how to connect. Nothing is started."""
    return _print_server(terminal(), settings_of(config_file))


@db.command("psql", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]})
@with_exit_code
def psql(context: typer.Context, config_file: options.ConfigFile = None) -> Exit:
    """Run psql in the live schema of the configured database; everything else on the line is passed to psql."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.db import run_psql

    return run_psql(settings, context.args)


def _embedded(settings: Settings) -> Settings:
    if not settings.database.is_embedded:
        named = settings.database.host or f"service {settings.database.service}"
        raise ConfigurationError(
            "`mediabase db` starts and stops only the embedded server.",
            where=named,
            next_step="Ask its administrator, or unset MB_POSTGRES_HOST to use the embedded server.",
        )
    return settings


def _print_server(console: Console, settings: Settings) -> Exit:
    from mediabase_assets.cli.db import print_server

    return print_server(console, settings)


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
