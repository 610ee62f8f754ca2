"""`mediabase db`: the state of the server, how to connect, and psql on it.

Contains what is printed; the server is started and stopped by `mediabase_assets.postgres.embedded.server`.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console

from mediabase_assets.cli.output import Exit, print_error, terminal, waiting
from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres.connect import client_env, client_tool, connect, psql_command
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.session_settings import option
from mediabase_assets.settings.load import Settings


def ensure_started(console: Console, settings: Settings) -> None:
    """Start the embedded server, saying so, if it is used and does not run."""
    if settings.database.is_embedded and not server.status(settings.home).is_running:
        with waiting(console, f"Starting the embedded PostgreSQL in {settings.home} …"):
            server.ensure_running(settings.home)


def print_server(console: Console, settings: Settings) -> Exit:
    """Print whether the configured server answers, and how to connect; nothing is started.

    Returns:
        `Exit.FAILED` if it does not answer, so that scripts can test it.
    """
    if settings.database.is_embedded:
        return _print_embedded(console, settings)
    try:
        with connect(settings, application_name="mediabase status") as conn:
            version = conn.info.parameter_status("server_version")
            where = settings.database.host or f"service {settings.database.service}"
            console.print(
                f"{where} answers: PostgreSQL {version}, database {conn.info.dbname}, as {conn.info.user}.",
                markup=False,
            )
            console.print("It is not the embedded server: `mediabase db` neither starts nor stops it.")
    except ServerError as error:
        print_error(terminal(stderr=True), error)
        return Exit.FAILED
    return Exit.OK


def _print_embedded(console: Console, settings: Settings) -> Exit:
    embedded = server.status(settings.home)
    if embedded.data_dir is None:
        console.print(f"There is no embedded server in {settings.home} yet.", markup=False, soft_wrap=True)
        console.print("`mediabase db start` creates one; `mediabase migrate --demo` fills it too.", markup=False)
        return Exit.FAILED
    state = f"running, process {embedded.pid}" if embedded.is_running else "stopped"
    rows = [
        ("Embedded PostgreSQL", f"{embedded.version}, {state}"),
        ("Data", str(embedded.data_dir)),
        ("Log", str(embedded.log_file)),
        ("Account", str(embedded.account)),
    ]
    if embedded.is_running and embedded.address:
        rows += [("Socket", str(embedded.address.socket_dir)), ("Connect", psql_command(settings))]
    for name, text in rows:
        console.print(f"{name:<20} {text}", markup=False, soft_wrap=True)
    return Exit.OK if embedded.is_running else Exit.FAILED


def run_psql(settings: Settings, arguments: Sequence[str]) -> Exit:
    """Become psql, or over TLS its parent, with the live schema first in its search_path.

    Raises:
        ServerError: The server cannot be reached, or there is no psql.
    """
    with connect(settings, application_name="mediabase psql") as conn:  # starts the embedded server; its error says more than psql's
        environment = client_env(conn, settings, application_name="psql")
        is_relayed = bool(conn.pgconn.ssl_in_use)
    database = settings.database
    schemas = dict.fromkeys((database.schema_name, database.source_schema, "public"))
    path = ", ".join('"{}"'.format(name.replace('"', '""')) for name in schemas)
    environment["PGOPTIONS"] = option("search_path", path)
    tool = str(client_tool("psql"))
    sys.stdout.flush()
    if is_relayed:  # this process hands everything on, so that it stays
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            code = subprocess.run([tool, *arguments], env=environment, check=False).returncode
        finally:
            signal.signal(signal.SIGINT, before)
        sys.exit(code)
    os.execve(tool, [tool, *arguments], environment)  # noqa: S606  # psql replaces this process: its exit code is that of the command
