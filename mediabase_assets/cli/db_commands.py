"""`mediabase db`: the embedded PostgreSQL, and a session with whichever server is configured. Contains options; the work is in `db`."""

import typer
from rich.console import Console

from mediabase_assets.cli import options
from mediabase_assets.cli.command import settings_of, with_exit_code
from mediabase_assets.cli.output import Exit, terminal, waiting
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.load import Settings

db = typer.Typer(help="The embedded PostgreSQL, and a session with whichever server is configured.", no_args_is_help=True)


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
