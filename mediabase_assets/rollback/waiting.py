"""Locks that keep readers out, taken without making readers queue: wait a moment, let the others pass, try again.

Who holds the lock is told while it is waited for, and in the error if it never comes free.
"""

from collections.abc import Callable, Iterable

from mediabase_assets.backup import RelationName
from mediabase_assets.model.errors import RollbackError
from mediabase_assets.model.quantities import moment
from mediabase_assets.postgres.locks import briefly
from mediabase_assets.postgres.sql_files import Connection

#: How long one attempt queues, how often it is tried, and how long the others have in between.
SHORT_WAIT, ATTEMPTS, PAUSE = "100ms", 300, 0.2


def patiently(
    conn: Connection, action: Callable[[], None], names: Iterable[RelationName], tell: Callable[[str], None], *, attempts: int = ATTEMPTS
) -> None:
    """Do something that needs locks on relations, as often as it takes.

    Raises:
        RollbackError: The locks never came free.
    """
    names = list(names)
    told = [""]

    def look() -> None:
        who = holders(conn, names)
        if who and who != told[-1]:
            tell(f"Waiting for a lock that is held by {who}")
            told.append(who)

    if briefly(conn, action, attempts=attempts, wait=SHORT_WAIT, pause=PAUSE, meanwhile=look):
        return
    raise RollbackError(
        f"Another session holds a lock all the time: {told[-1] or 'it cannot be seen who'}.",
        where=", ".join(map(str, names[:5])),
        next_step="Nothing was changed. Wait until that session has ended, or end it, then roll back again.",
    )


def holders(conn: Connection, names: Iterable[RelationName]) -> str:
    """Who holds locks on relations, as a phrase; empty if nobody does."""
    names = list(names)
    rows = conn.execute(
        """select distinct a.pid, coalesce(nullif(a.application_name, ''), a.usename, '?'), a.xact_start, n.nspname || '.' || c.relname
           from pg_locks as l join pg_class as c on c.oid = l.relation join pg_namespace as n on n.oid = c.relnamespace
           join pg_stat_activity as a on a.pid = l.pid
           where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid()
             and l.database = (select oid from pg_database where datname = current_database())
             and (n.nspname, c.relname) in (select * from unnest(%s::text[], %s::text[])) order by 1 limit 3""",
        ([n.schema for n in names], [n.name for n in names]),
    ).fetchall()
    return "; ".join(f"{who} (server process {pid}, since {moment(since)}, {name})" for pid, who, since, name in rows if since)
