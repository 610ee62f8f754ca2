"""What the server counts for one transaction of ours: active time, temporary files, WAL, blocks found in its cache or read.

The server adds what a session did to the counters of its database only when no transaction is open. So they are read just before
the commit and just after it: the difference is what this transaction did, and what other sessions of the database reported in
the moment between. Where nothing else of ours ran meanwhile, they are read from the beginning on, which includes parallel workers.
PostgreSQL 15 and later; before, the server sends them when it likes, and nothing is told. No superuser is needed.

Contains the reading only. Whoever wants to know says so with `listening`, by the name of the session.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from typing import Self

import psycopg

from mediabase_assets.postgres.connection import Session

#: The first version in which a session can have its counters added at once.
_SINCE = 150000
_READ = """
    select round(d.active_time * 1000)::bigint as active_microseconds, d.temp_bytes, d.temp_files, w.wal_bytes::bigint,
      d.blks_hit as blocks_hit, d.blks_read as blocks_read
    from pg_catalog.pg_stat_database as d, pg_catalog.pg_stat_wal as w where d.datname = pg_catalog.current_database()"""


@dataclass(frozen=True)
class Consumption:
    """What was done on the server."""

    active_microseconds: int = 0
    temp_bytes: int = 0
    temp_files: int = 0
    wal_bytes: int = 0
    blocks_hit: int = 0
    blocks_read: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Self) -> Self:
        """What was added since; counters that were reset meanwhile count as nothing."""
        return type(self)(*(max(mine - theirs, 0) for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


#: Gets what the server counted at the commit, and since the transaction began; None where others of the same work run meanwhile.
Listener = Callable[[Consumption, Consumption | None], object]
_listeners: dict[str, Listener] = {}


def listen(session: str, listener: Listener) -> None:
    """Have transactions of sessions of that name counted; the one who listened to it before no longer is told."""
    _listeners[session] = listener


def forget(session: str, listener: Listener) -> None:
    """Count no longer for this listener."""
    if _listeners.get(session) is listener:
        del _listeners[session]


@contextmanager
def counted(conn: Session, *, is_part: bool = False) -> Iterator[Callable[[], None]]:
    """Count one transaction, if somebody listens; the body begins it, calls what it gets as its last statement, and commits.

    Args:
        conn: A session that is in no transaction.
        is_part: Whether other sessions of the same name work meanwhile.
    """
    listener = _listeners.get(conn.info.parameter_status("application_name") or "")
    began = _first(conn) if listener is not None else None
    if listener is None or began is None:
        yield lambda: None
        return
    uncommitted = began

    def note() -> None:
        nonlocal uncommitted
        uncommitted = conn.row(Consumption, _READ) or began

    yield note
    with suppress(psycopg.Error):
        conn.execute("select pg_catalog.pg_stat_force_next_flush()")
        ended = conn.row(Consumption, _READ)
        if ended is not None:
            listener(ended - uncommitted, None if is_part else ended - began)


def _first(conn: Session) -> Consumption | None:
    """The counters before the transaction; None where this server does not tell them to this role."""
    if conn.info.server_version < _SINCE or conn.closed:
        return None
    try:
        conn.execute("set stats_fetch_consistency = none")
        return conn.row(Consumption, _READ)
    except psycopg.Error:
        return None
