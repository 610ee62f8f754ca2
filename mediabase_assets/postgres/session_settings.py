"""What every session of ours sets for itself, whatever the role, the database or the environment says.

One table serves psycopg's sessions, those of Dagster's storage, and those of pg_dump and pg_restore. Sessions are set by a
statement right after they connect, for poolers refuse settings that come with the connection. Contains the settings and
the variables of libpq; opening a session is in `connect`, what a build needs beyond this is in `session.py`.
"""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection, sql

from mediabase_assets.postgres.content_hash import PINNED_SETTINGS

#: How long a session of ours waits for a lock of other sessions, unless it says otherwise.
LOCK_TIMEOUT = "1min"
#: Comes with the connection, for drivers read it before they send a statement; every pooler knows it.
ENCODING = "UTF8"


class SessionSetting(NamedTuple):
    """A setting of PostgreSQL, as `show` prints it. A server that does not know it goes without."""

    name: str
    value: str
    is_superusers: bool = False


_PLANS = (
    *("bitmapscan", "gathermerge", "hashagg", "hashjoin", "incremental_sort", "indexonlyscan", "indexscan", "material", "memoize"),
    *("mergejoin", "nestloop", "parallel_append", "parallel_hash", "seqscan", "sort", "tidscan", "presorted_aggregate"),
)
SESSION_SETTINGS: tuple[SessionSetting, ...] = (
    # what ends a session or a statement that works
    SessionSetting("statement_timeout", "0"),
    SessionSetting("lock_timeout", LOCK_TIMEOUT),
    SessionSetting("idle_in_transaction_session_timeout", "0"),
    SessionSetting("idle_session_timeout", "0"),
    SessionSetting("transaction_timeout", "0"),
    SessionSetting("exit_on_error", "off"),
    # what a transaction is
    SessionSetting("default_transaction_read_only", "off"),
    SessionSetting("default_transaction_isolation", "read committed"),
    SessionSetting("default_transaction_deferrable", "off"),
    # how values are written and read
    *(SessionSetting(name, value) for name, value in PINNED_SETTINGS),
    SessionSetting("standard_conforming_strings", "on"),
    SessionSetting("backslash_quote", "safe_encoding"),
    SessionSetting("array_nulls", "on"),
    SessionSetting("xmloption", "content"),
    SessionSetting("transform_null_equals", "off"),
    # which rows are found: rows that a policy hides are an error, never left out
    SessionSetting("row_security", "off"),
    SessionSetting("gin_fuzzy_search_limit", "0"),
    # what is made, and checked
    SessionSetting("default_table_access_method", "heap"),
    SessionSetting("check_function_bodies", "on"),
    SessionSetting("session_replication_role", "origin", is_superusers=True),
    # plans as PostgreSQL makes them by itself
    *(SessionSetting(f"enable_{name}", "on") for name in _PLANS),
    SessionSetting("plan_cache_mode", "auto"),
    SessionSetting("cursor_tuple_fraction", "0.1"),
    SessionSetting("join_collapse_limit", "8"),
    SessionSetting("from_collapse_limit", "8"),
    # messages: the words of the server where it may be asked for them, and no more than are needed
    SessionSetting("client_min_messages", "warning"),
    SessionSetting("lc_messages", "C", is_superusers=True),
)
"""Left to the server: tablespaces, memory, parallel workers, synchronous_commit and compression, which change no content."""

SET_BY_PROGRAMS = ("lock_timeout", "row_security", "client_min_messages")
"""Settings that pg_dump and pg_restore always make for themselves, and which nearly every session has otherwise."""

FORGOTTEN = frozenset({"PGOPTIONS", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGCLIENTENCODING", "PGAPPNAME", "PGHOSTADDR"})
"""Variables of libpq that lead a session elsewhere or change what it does; those about passwords and TLS stay."""


def statement(*schemas: str, lock_timeout: str = LOCK_TIMEOUT) -> str:
    """The statements, without parameters and in one text, that give a session its settings and its search_path.

    The time-out is the first of them, so that it cannot end the others.

    Args:
        *schemas: What the search_path holds.
        lock_timeout: Another one than that of the table.

    >>> statement("a b").splitlines()[0]
    'set statement_timeout = 0; set search_path = "a b";'
    """
    text = sql.SQL(
        """set statement_timeout = 0; set search_path = {path};
        select pg_catalog.set_config(name, value, false) from (values {table}) as wanted (name, value, is_superusers)
        where pg_catalog.current_setting(name, true) <> value
          and (not is_superusers or pg_catalog.current_setting('is_superuser') = 'on')"""
    )
    path = sql.SQL(", ").join(map(sql.Identifier, schemas))
    return text.format(path=path, table=_table(lock_timeout)).as_string(None)


def program_options(conn: Connection[Any]) -> str:
    """What PGOPTIONS has to hold for pg_dump or pg_restore in the database of this session.

    Only what a new session would have otherwise, for poolers refuse such options: mostly nothing.
    """
    query = sql.SQL(
        """select name, value from (values {table}) as wanted (name, value, is_superusers) join pg_catalog.pg_settings as s using (name)
           where s.reset_val <> value and name <> all({theirs})
             and (not is_superusers or pg_catalog.current_setting('is_superuser') = 'on') order by name"""
    )
    text = query.format(table=_table(LOCK_TIMEOUT), theirs=list(SET_BY_PROGRAMS))
    return " ".join(option(name, value) for name, value in conn.execute(text).fetchall())


def _table(lock_timeout: str) -> sql.Composed:
    """The settings as rows of SQL."""
    settings = (s._replace(value=lock_timeout) if s.name == "lock_timeout" else s for s in SESSION_SETTINGS)
    return sql.SQL(", ").join(sql.SQL("({}, {}, {})").format(*map(sql.Literal, setting)) for setting in settings)


def option(name: str, value: str) -> str:
    r"""A setting as libpq's options take it.

    >>> option("datestyle", "ISO, MDY")
    '-cdatestyle=ISO,\\ MDY'
    """
    escaped = value.replace("\\", "\\\\").replace(" ", "\\ ")
    return f"-c{name}={escaped}"


def clean(environment: Mapping[str, str], *, is_embedded: bool = False, has_service: bool = False) -> dict[str, str]:
    """The environment without the variables of libpq that would lead sessions of ours elsewhere or change what they do.

    Args:
        environment: Of a process.
        is_embedded: Whether it is the embedded server, which no variable of libpq is meant for.
        has_service: Whether libpq's service names the server; what the service leaves open is in the variables.

    >>> clean({"PGOPTIONS": "-cx=1", "PGSERVICE": "a", "PGSSLMODE": "require", "HOME": "/"})
    {'PGSSLMODE': 'require', 'HOME': '/'}
    """
    unwanted = FORGOTTEN if has_service else FORGOTTEN | {"PGSERVICE"}
    return {name: value for name, value in environment.items() if name not in unwanted and not (is_embedded and name.startswith("PG"))}


def forget_variables(*, is_embedded: bool = False, has_service: bool = False) -> None:
    """Take these variables out of this process, for libpq in it, psycopg's and Dagster's, reads them with every connection."""
    wanted = clean(os.environ, is_embedded=is_embedded, has_service=has_service)
    for name in os.environ.keys() - wanted.keys():
        os.environ.pop(name, None)
