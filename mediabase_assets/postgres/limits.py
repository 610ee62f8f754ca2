"""What a server may deny to the sessions of a role, and no setting of ours can change: sessions, DDL, rows, foreign keys.

Asked before Dagster's storage is opened, and as prerequisites of a migration, a dry run and a self-test. Nothing is kept of
what is tried.
"""

import os
from typing import NamedTuple

import psycopg
from psycopg import sql

from mediabase_assets.postgres.connection import Session

#: Sessions that a migration has at a time, beside one for each core: 6 of Dagster's storage, 3 of the round trip, the lock's,
#: the lookout's, the command's, the monitoring's. Counted every 50 ms in a migration on 2 cores, without the monitoring: at most 12.
SESSIONS = 13
#: Of these, those of Dagster's storage: two for each of its three parts.
STORAGE_SESSIONS = 6
#: Of these, those that may be open already when a migration counts them.
_OPEN_ALREADY = 9

_ROOM = """
    with own as (select * from pg_roles where rolname = current_user),
    used as (
      select usename = current_user as by_role, datname = current_database() as in_database,
             application_name = 'dagster' or application_name like 'mediabase%%' as is_ours
      from pg_stat_activity where usename is not null and coalesce(backend_type, 'client backend') = 'client backend')
    select limits.what, limits.most, limits.used - least(limits.ours, %(open)s) as used, limits.command
    from own, lateral (values
      ('the role ' || rolname, case when rolsuper then -1 else rolconnlimit end, (select count(*) from used where by_role),
       (select count(*) from used where by_role and is_ours), format('alter role %%I connection limit', rolname)),
      ('the database ' || current_database(),
       case when rolsuper then -1 else (select datconnlimit from pg_database where datname = current_database()) end,
       (select count(*) from used where in_database), (select count(*) from used where by_role and in_database and is_ours),
       format('alter database %%I connection limit', current_database())),
      ('the server', current_setting('max_connections')::int - case when rolsuper then 0 else
         current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true), '0')::int end,
       (select count(*) from used), (select count(*) from used where by_role and is_ours),
       'alter system set max_connections =')) as limits (what, most, used, ours, command)
    where most >= 0 order by most - used limit 1"""
_TRIGGERS = """select array_agg(quote_ident(evtname) order by evtname) from pg_event_trigger where evtenabled in ('O', 'A')"""


class _Room(NamedTuple):
    """What limits sessions most, how many it allows and how many others use, and the command that allows more."""

    what: str
    most: int
    used: int
    command: str


class Denial(NamedTuple):
    """What is denied, and whom to ask for what; empty where nothing is."""

    what: str = ""
    next_step: str = ""


def sessions_needed() -> int:
    """How many sessions a migration on this machine may have at a time, where the settings do not bound them further."""
    return SESSIONS + (os.cpu_count() or 1)


def too_few_sessions(conn: Session, needed: int, *, counts_ours: bool = False) -> Denial:
    """Whether the role, the database or the server may have fewer sessions than are needed.

    Args:
        conn: A session of ours.
        needed: How many it has to have; what is asked for is what a migration needs.
        counts_ours: Whether sessions of ours that are open count as used; else as those that are needed.
    """
    room = conn.row(_Room, _ROOM, open=0 if counts_ours else _OPEN_ALREADY)
    if room is None or room.most - room.used >= needed:
        return Denial()
    what, most, used, command = room
    wanted = max(needed, sessions_needed())
    return Denial(
        f"There are too few sessions: {what} may have {most} at a time, {used} are in use otherwise, and a migration needs {wanted}.",
        f"Close other sessions, or ask the administrator for: {command} {used + wanted};"
        + (" and a restart." if what == "the server" else ""),
    )


def closed_tablespace(conn: Session) -> Denial:
    """Whether the tablespace that the role's tables go to is closed to it; one that does not exist is ignored by PostgreSQL, and here."""
    tablespace = conn.value(
        "select quote_ident(spcname) from pg_tablespace where spcname = current_setting('default_tablespace')"
        " and spcname <> (select t.spcname from pg_database join pg_tablespace as t on t.oid = dattablespace"
        " where datname = current_database()) and not has_tablespace_privilege(oid, 'create')"
    )
    if tablespace is None:
        return Denial()
    role = _role(conn)
    return Denial(
        f"Tables of the role {role} go to the tablespace {tablespace} (default_tablespace), where it may not create any.",
        f"Ask the administrator for: grant create on tablespace {tablespace} to {role};",
    )


def forbidden_ddl(conn: Session, schema: str) -> Denial:
    """Whether an event trigger forbids what a migration does: tried, where there is one, and taken back.

    Args:
        conn: A session of ours of a role that may create schemas, and relations in the schema.
        schema: Live schema; it need not exist.
    """
    triggers = conn.value(_TRIGGERS)
    if not triggers:
        return Denial()
    scratch = f"mediabase_try_{conn.info.backend_pid}"
    parts = {"scratch": sql.Identifier(scratch), "table": sql.Identifier(scratch, scratch), "live": sql.Identifier(schema)}
    schema_exists = conn.value("select to_regnamespace(quote_ident(%s)) is not null", schema)
    texts = [
        "create schema {scratch}",
        "create unlogged table {table} (id integer primary key)",
        "alter table {table} set logged",
        "create materialized view {scratch}.seen as select * from {table}",
        "alter materialized view {scratch}.seen set schema {live}" if schema_exists else "create schema {live}",
        "drop schema {scratch} cascade",
    ]
    try:
        with conn.transaction(force_rollback=True):
            for text in texts:
                conn.execute(sql.SQL(text).format(**parts))
    except psycopg.Error as error:
        disable = "; ".join(f"alter event trigger {name} disable" for name in triggers)
        return Denial(
            f"The server refuses to create schemas and relations: {error.diag.message_primary or error}"
            f" (event trigger {', '.join(triggers)}).",
            f"Ask the administrator to let the role {conn.info.user} pass, or for: {disable}; and enable it again after the migration.",
        )
    return Denial()


def hidden_rows(conn: Session, schema: str, table: str) -> Denial:
    """Whether row-level security hides rows of a table from the role, or may hide them."""
    query = """select row_security_active(c.oid) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
               where n.nspname = %s and c.relname = %s"""
    if not conn.value(query, schema, table):
        return Denial()
    role = _role(conn)
    return Denial(
        f"Row-level security of {schema}.{table} applies to the role {role}: rows may be hidden from it.",
        f"Ask the administrator for: alter role {role} bypassrls; or migrate as a role that sees every row.",
    )


def unchecked_keys(conn: Session) -> Denial:
    """Whether foreign keys and triggers are off for the role, which only the administrator can change."""
    setting = conn.value("select current_setting('session_replication_role')")
    if setting == "origin":
        return Denial()
    role = _role(conn)
    return Denial(
        f"session_replication_role is {setting} for the role {role}: its sessions check no foreign keys.",
        f"Ask the administrator for: alter role {role} reset session_replication_role; (or reset it for the database).",
    )


def _role(conn: Session) -> str:
    """The session's role as SQL names it."""
    return str(conn.value("select quote_ident(current_user)"))
