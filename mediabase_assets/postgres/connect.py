"""Connections: the one way from settings to a session, to psql's arguments, and to Dagster's own storage.

Every failure becomes a `ServerError` that says what to do next. No text made here holds the password: it travels apart
from the connection string, in a parameter or in the environment of a client program.
"""

import contextlib
import os
import shlex
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres import own_sessions, session_settings
from mediabase_assets.postgres.connect_failures import FAILURES
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.embedded.binaries import client_tool
from mediabase_assets.postgres.session_settings import ENCODING, LOCK_TIMEOUT
from mediabase_assets.postgres.target import workspace_of
from mediabase_assets.postgres.tls_relay import Server, relay_to
from mediabase_assets.settings.load import Settings

__all__ = ["Session", "client_env", "client_tool", "connect", "conninfo", "libpq_env", "program_env", "psql_command", "sqlalchemy_url"]

_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "application_name": "PGAPPNAME",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
#: Settings of TLS, in libpq's words.
_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")


def connect(settings: Settings, *, autocommit: bool = False, application_name: str = "mediabase", dbname: str | None = None) -> Session:
    """Open a session; without a named server the embedded one is started if it does not run.

    Args:
        settings: Which server.
        autocommit: Each statement its own transaction.
        application_name: What `pg_stat_activity` shows.
        dbname: Another database of the same server.

    Raises:
        ServerError: The server cannot be started, reached or logged in to.
    """
    attempts = 3 if settings.database.is_embedded else 1
    for left in reversed(range(attempts)):
        try:
            conn = Session.connect(
                **_parameters(settings, dbname, application_name),
                password=_password(settings),
                autocommit=True,
                client_encoding=ENCODING,
            )
            with contextlib.ExitStack() as unless_ready:
                unless_ready.callback(conn.close)
                conn.workspace = workspace_of(conn, settings)
                conn.batch_rows, conn.block_bytes = settings.performance.batch_size, settings.performance.block_bytes
                conn.temp_dir = settings.temp_dir
                conn.note_thread()
                path = (conn.workspace.operations, settings.database.schema_name)
                conn.execute(session_settings.statement(*path, lock_timeout=LOCK_TIMEOUT))
                conn.autocommit = autocommit
                unless_ready.pop_all()
            own_sessions.note(conn)
            return conn
        except psycopg.OperationalError as error:
            if not left:
                raise _server_error(error, settings, dbname) from None
            _make_available(settings, dbname, error)
    raise AssertionError("unreachable")


def conninfo(settings: Settings, *, dbname: str | None = None, application_name: str = "mediabase") -> str:
    """A libpq connection string, without the password.

    Raises:
        ServerError: The embedded server cannot be started.
    """
    return make_conninfo("", **_parameters(settings, dbname, application_name))


def libpq_env(settings: Settings, *, dbname: str | None = None, application_name: str = "mediabase") -> dict[str, str]:
    """Environment variables with which psql, pg_dump and pg_restore connect.

    Those of this process are handed on, but for the variables of libpq that would change what a session does.

    Raises:
        ServerError: The embedded server cannot be started.
    """
    parameters = _parameters(settings, dbname, application_name)
    environment = session_settings.clean(os.environ, **_kind(settings))
    environment |= {_ENVIRONMENT[key]: str(value) for key, value in parameters.items()}
    password = _password(settings)
    if password is not None:
        environment["PGPASSWORD"] = password
    return environment


def program_env(conn: psycopg.Connection[Any], settings: Settings, *, application_name: str) -> dict[str, str]:
    """The environment of pg_dump and pg_restore in the database of a session: what they do not set for themselves is set here.

    Raises:
        ServerError: The embedded server cannot be started.
    """
    environment = client_env(conn, settings, application_name=application_name)
    options = session_settings.program_options(conn)
    environment |= {"PGCLIENTENCODING": ENCODING, "LC_ALL": "C"}  # their messages are read
    return environment | ({"PGOPTIONS": options} if options else {})


def client_env(conn: psycopg.Connection[Any], settings: Settings, *, application_name: str) -> dict[str, str]:
    """The environment of a client program in the database of a session, also where that session is one over TLS.

    The programs of the wheel know no TLS, so that they are led to a relay of this process, which does.

    Raises:
        ServerError: The embedded server cannot be started.
    """
    environment = libpq_env(settings, dbname=conn.info.dbname, application_name=application_name)
    if not conn.pgconn.ssl_in_use:
        return environment
    used = {option.keyword.decode(): (option.val or b"").decode() for option in conn.pgconn.info}
    tls = {name: used[name] for name in _TLS}
    seconds = settings.database.connection_timeout
    folder, port = relay_to(Server(conn.info.host, used["hostaddr"], conn.info.port, connect_timeout=seconds, **tls))
    kept = {name: value for name, value in environment.items() if not name.startswith("PGSSL") and name != "PGSERVICE"}
    kept |= {"PGHOST": folder, "PGPORT": str(port), "PGUSER": conn.info.user, "PGDATABASE": conn.info.dbname}
    return kept | ({"PGPASSWORD": conn.info.password} if conn.info.password else {})


def psql_command(settings: Settings) -> str:
    """The command that opens psql on the database; psql asks for the password if there is one. Over TLS it is our own command.

    Raises:
        ServerError: The embedded server cannot be started, or psql is not installed.
    """
    parameters = _parameters(settings, None, "psql")
    if any(name in parameters for name in _TLS):
        return "mediabase db psql"
    psql = str(client_tool("psql"))
    if "service" in parameters:
        return shlex.join([psql, conninfo(settings, application_name="psql")])
    where = ["-h", str(parameters["host"]), "-p", str(parameters["port"]), "-U", str(parameters["user"])]
    return shlex.join([psql, *where, str(parameters["dbname"])])


def sqlalchemy_url(settings: Settings, dbname: str | None = None, *, options: str | None = None) -> str:
    """A URL for SQLAlchemy with psycopg2, Dagster's driver. It holds the password: never print it.

    Raises:
        ServerError: The embedded server cannot be started.
    """
    parameters = _parameters(settings, dbname, "dagster")
    query = {"application_name": "dagster", "connect_timeout": str(parameters["connect_timeout"]), "client_encoding": ENCODING}
    query |= {key: str(parameters[key]) for key in ("host", "service", *_TLS) if key in parameters}
    if options:
        query["options"] = options
    url = URL.create(
        "postgresql+psycopg2",
        username=parameters.get("user"),
        password=_password(settings),
        port=None,  # in the query, beside the host: a socket's folder does not fit into a URL
        database=parameters.get("dbname"),
        query=query | ({"port": str(parameters["port"])} if "port" in parameters else {}),
    )
    return url.render_as_string(hide_password=False)


def _parameters(settings: Settings, dbname: str | None, application_name: str) -> dict[str, Any]:
    """Libpq's parameters but the password."""
    database = settings.database
    session_settings.forget_variables(**_kind(settings))
    parameters: dict[str, Any] = {
        "user": database.user or None,
        "port": database.port,
        "dbname": dbname or database.name or None,
        "service": database.service,
        "host": database.host,
        "connect_timeout": database.connection_timeout,
        "application_name": application_name,
    }
    if database.is_embedded:
        address = server.known_address(settings.home) or server.ensure_running(settings.home)
        parameters |= {"host": str(address.socket_dir), "port": address.port, "user": address.user}
    else:
        parameters |= {name: value and str(value) for name in _TLS for value in [getattr(database, name)]}
    return {key: value for key, value in parameters.items() if value is not None}


def _kind(settings: Settings) -> dict[str, bool]:
    return {"is_embedded": settings.database.is_embedded, "has_service": settings.database.service is not None}


def _password(settings: Settings) -> str | None:
    secret = settings.database.password
    return None if secret is None else secret.get_secret_value()


def _make_available(settings: Settings, dbname: str | None, error: psycopg.OperationalError) -> None:
    """Make the embedded server answer, and give it the configured database."""
    address = server.ensure_running(settings.home)
    if dbname in (None, settings.database.name) and "does not exist" in str(error):
        server.ensure_database(address, settings.database.name)


def _server_error(error: psycopg.OperationalError, settings: Settings, dbname: str | None) -> ServerError:
    """The failure in a person's words, with the server's own below."""
    text = str(error)
    lowered = text.lower()
    failure = next((f for f in FAILURES if f.phrase in lowered), None)
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        failure = next(f for f in FAILURES if f.phrase == "timeout expired")
    what, next_step = (failure.what, failure.next_step) if failure else ("The server cannot be reached.", "Check MB_POSTGRES_*.")
    if failure is None and "does not exist" in lowered:
        if 'role "' in lowered:
            what, next_step = "There is no such role.", "Check MB_POSTGRES_USER, or create it with `create role`."
        elif 'database "' in lowered:
            what, next_step = "There is no such database.", "Check MB_POSTGRES_DB, or create it with `createdb`."
    detail = text.strip().splitlines()[-1].strip() if text.strip() else ""
    return ServerError(f"{what} ({detail})" if detail else what, where=where_of(settings, dbname), next_step=next_step)


def where_of(settings: Settings, dbname: str | None) -> str:
    """Which server, database and role, for the text of an error."""
    database = settings.database
    if database.is_embedded:
        return f"embedded server in {settings.home}, database {dbname or database.name}"
    if database.service:
        return f"service {database.service}"
    return f"{database.host}, port {database.port}, database {dbname or database.name}, user {database.user}"
