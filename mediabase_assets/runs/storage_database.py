"""Where Dagster's own storage is: its database or schema, created if it does not exist, with enough sessions for it.

Contains the URL and the errors that prevent it; the storage itself is `storage`.
"""

import contextlib

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres import limits
from mediabase_assets.postgres.connect import Session, connect, sqlalchemy_url, where_of
from mediabase_assets.settings.load import Settings

SEARCH_PATH_OPTION = "-csearch_path="
"""How the URL of Dagster's storage names the schema of a target."""


def dagster_url(settings: Settings) -> str:
    """The URL of Dagster's own storage: a database beside that of MEDIABASE, or a schema where the role may not create databases.

    A target other than that of the workspace `mediabase` has a schema of its own in either, so that Dagster's records of assets, its
    queue and its schedules are those of one target. The URL contains the password: never print it.

    Raises:
        ServerError: The server cannot be started, reached or logged in to, allows neither, or allows too few sessions.
    """
    try:
        with connect(settings, autocommit=True, application_name="mediabase dagster storage") as connection:
            _require(limits.too_few_sessions(connection, limits.STORAGE_SESSIONS, counts_ours=True), settings)
            workspace = connection.workspace
            database = f"{connection.info.dbname[:55]}_dagster"
            if _has_database(connection, database):
                if not workspace.suffix:
                    return sqlalchemy_url(settings, database)
                with connect(settings, autocommit=True, dbname=database, application_name="mediabase dagster storage") as storage:
                    _make_schema(storage, settings, workspace.dagster)
                return sqlalchemy_url(settings, database, options=f"{SEARCH_PATH_OPTION}{workspace.dagster}")
            _make_schema(connection, settings, workspace.dagster)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServerError(
            "The role may create neither a database nor a schema for Dagster's storage.",
            where=where_of(settings, None),
            next_step="Ask the administrator for `grant create on database ... to ...`.",
        ) from error
    return sqlalchemy_url(settings, options=f"{SEARCH_PATH_OPTION}{workspace.dagster}")


def _make_schema(connection: Session, settings: Settings, name: str) -> None:
    """Create a schema if it does not exist, also while another process creates it."""
    if not connection.value("select to_regnamespace(quote_ident(%s)) is null", name):
        return
    try:
        with contextlib.suppress(psycopg.errors.UniqueViolation):
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        raise
    except psycopg.Error:
        _require(limits.forbidden_ddl(connection, name), settings)
        raise


def _require(denial: limits.Denial, settings: Settings) -> None:
    if denial.what:
        raise ServerError(denial.what, where=where_of(settings, None), next_step=denial.next_step)


def _has_database(connection: Session, name: str) -> bool:
    """Whether the database exists and the role may use it; creates it if the role may."""
    query = "select pg_has_role(datdba, 'USAGE') or has_database_privilege(oid, 'CREATE') from pg_database where datname = %s"
    usable = connection.value(query, name)
    if usable is not None:
        return bool(usable)
    try:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return True  # another process was first
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True
