"""Waiting for other people's locks: never for ever, never silently, and never so that others queue behind us for long.

Every session of ours gives up after `LOCK_TIMEOUT`. What would lock others out waits for moments only and lets them pass in
between (`patiently`). A lookout tells who is in the way of any of our sessions that waits.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from mediabase_assets.model.errors import BuildError, MediabaseError, ServerError
from mediabase_assets.model.quantities import moment
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.settings.load import Settings

#: How long what locks others out waits at a time before it lets them pass, and how often it tries.
SHORT_WAIT, ATTEMPTS = "50ms", 600
#: Seconds between two looks at who is in the way, and after which the same one is told again.
LOOK, AGAIN = 1.0, 60.0
_QUERY_LENGTH = 80
_SECRET = re.compile(r"password|secret", re.I)
_COLUMNS = "b.pid, b.usename::text, b.application_name, b.state, coalesce(b.state_change, b.backend_start), b.query"
_IN_THE_WAY = f"""
  select distinct w.application_name, {_COLUMNS}
  from pg_stat_activity as w cross join unnest(pg_blocking_pids(w.pid)) as p (pid) join pg_stat_activity as b on b.pid = p.pid
  where w.datname = current_database() and w.application_name like 'mediabase %%' and w.wait_event_type = 'Lock'
    and b.application_name not like 'mediabase %%'"""  # noqa: S608  # two constants
_HOLDERS = f"""
  select distinct '', {_COLUMNS} from pg_locks as l join pg_stat_activity as b on b.pid = l.pid
  where l.granted and l.database = (select oid from pg_database where datname = current_database())
    and l.relation = any(select c.oid from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
                         where n.nspname = %s and c.relname = any(%s)) and l.pid <> pg_backend_pid()"""  # noqa: S608


@dataclass(frozen=True)
class Blocker:
    """A session that is in the way.

    Attributes:
        waiting: Which of our sessions waits for it.
        pid: Number of its server process.
        user: Its role.
        application: What it calls itself.
        state: What it does.
        since: Since when.
        query: Its statement, the beginning of it.
    """

    waiting: str
    pid: int
    user: str | None
    application: str | None
    state: str | None
    since: datetime
    query: str

    def __str__(self) -> str:
        who = ", ".join(filter(None, (f"role {self.user}" if self.user else "", self.application)))
        query = f": {self.query}" if self.query else ""
        return f"server process {self.pid} ({who}), {self.state or 'at work'} since {moment(self.since, with_date=False)}{query}"


@dataclass
class Lookout:
    """Who has been in the way so far, the last one last."""

    seen: list[Blocker] = field(default_factory=list)

    def explained(self, error: MediabaseError, raised: BaseException) -> MediabaseError:
        """An error of a wait that ended, with who was in the way; every other error as it is."""
        if not self.seen or not _is_lock_timeout(raised):
            return error
        last = ([b for b in self.seen if b.waiting.endswith(error.where)] or self.seen)[-1]
        return BuildError(
            f"{error.what} The lock was held by {last}.",
            where=error.where,
            next_step=f"Everything is as before. Wait until it has ended, or end it (select pg_terminate_backend({last.pid});), "
            "then run the migration again: it continues here.",
        )


def blocker(row: Sequence[Any]) -> Blocker:
    """A row of a query for blockers; a statement with a password is not repeated."""
    waiting, pid, user, application, state, since, query = row
    text = " ".join((query or "").split())
    return Blocker(
        waiting, int(pid), user, application, state, since or datetime.now(UTC), "" if _SECRET.search(text) else text[:_QUERY_LENGTH]
    )


def holders(conn: psycopg.Connection[Any], schema: str, names: Sequence[str]) -> list[Blocker]:
    """The other sessions that hold a lock on relations."""
    return [blocker(row) for row in conn.execute(_HOLDERS, (schema, list(names))).fetchall()]


Say = Callable[[str], object]


@dataclass
class _Watch:
    """The one lookout of this process at a database, which all steps that are at work share; the step that began last reports."""

    found: Lookout = field(default_factory=Lookout)
    voices: list[tuple[Say, Say]] = field(default_factory=list)
    end: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def tell(self, sentence: str) -> None:
        """Report."""
        for tell, _ in self.voices[-1:]:
            tell(sentence)

    def warn(self, sentence: str) -> None:
        """Warn."""
        for _, warn in self.voices[-1:]:
            warn(sentence)


_watches: dict[tuple[object, ...], _Watch] = {}
_guard = threading.Lock()


@contextmanager
def lookout(settings: Settings, tell: Say, warn: Say) -> Iterator[Lookout]:
    """Look, from a thread and a session of its own, who is in the way of our sessions as long as the body runs.

    Steps that are at work at the same time share the thread and the session.

    Args:
        settings: Which server.
        tell: Gets a sentence for each session that is in the way of ours, which a busy server makes normal.
        warn: Gets it again after each minute for which that session stays: somebody should look at it.
    """
    database = settings.database
    key = (settings.home, database.host, database.service, database.port, database.name)
    with _guard:
        watch = _watches.setdefault(key, _Watch())
        watch.voices.append((tell, warn))
        if watch.thread is None:
            args = (settings, watch.tell, watch.warn, watch.found, watch.end)
            watch.thread = threading.Thread(target=_look, args=args, name="mediabase lookout", daemon=True)
            watch.thread.start()
    try:
        yield watch.found
    finally:
        with _guard:
            watch.voices.remove((tell, warn))
            is_last = not watch.voices
            if is_last:
                del _watches[key]
        if is_last:
            watch.end.set()
            watch.thread.join()


def _look(
    settings: Settings, tell: Say, warn: Say, found: Lookout, end: threading.Event
) -> None:  # fmt: skip
    told: dict[tuple[str, int], float] = {}
    while not end.wait(LOOK):
        try:
            with connect(settings, autocommit=True, application_name="mediabase lookout") as conn:
                _look_on(conn, tell, warn, found, end, told)
        except (psycopg.Error, ServerError):
            continue  # the server is restarting; there is nothing to tell then


def _look_on(
    conn: Session, tell: Say, warn: Say, found: Lookout, end: threading.Event,
    told: dict[tuple[str, int], float],
) -> None:  # fmt: skip
    while True:
        now, rows = time.monotonic(), conn.execute(_IN_THE_WAY).fetchall()
        there = [blocker(row) for row in rows]
        for gone in [key for key, at in told.items() if now - at >= AGAIN and key not in {(b.waiting, b.pid) for b in there}]:
            del told[gone]
        for this in there:
            found.seen.append(this)
            last = told.get((this.waiting, this.pid))
            if last is None or now - last >= AGAIN:
                told[this.waiting, this.pid] = now
                (tell if last is None else warn)(f"{this.waiting} waits for a lock of {this}.")
        del found.seen[:-10]
        if end.wait(LOOK):
            return


def briefly(
    conn: psycopg.Connection[Any], action: Callable[[], None], *, attempts: int | None = None, wait: str = SHORT_WAIT,
    pause: float = 0.1, meanwhile: Callable[[], None] = lambda: None,
) -> bool:  # fmt: skip
    """Do what locks others out, waiting for a moment only, letting them pass, and trying again; false if it never succeeded.

    Args:
        conn: A session, in a transaction or not.
        action: What is done, in a transaction or savepoint of its own.
        attempts: How often it is tried; usually for about a minute.
        wait: How long one attempt waits.
        pause: Seconds that the others have in between.
        meanwhile: Called after each attempt that did not get its lock.
    """
    usual = conn.execute("show lock_timeout").fetchone()
    left = ATTEMPTS if attempts is None else attempts
    while left:
        left -= 1
        try:
            with conn.transaction():
                conn.execute("select set_config('lock_timeout', %s, true)", (wait,))
                action()
                conn.execute("select set_config('lock_timeout', %s, true)", (usual[0] if usual else "0",))
                return True
        except psycopg.errors.LockNotAvailable:
            meanwhile()
            time.sleep(pause if left else 0)
    return False


def _is_lock_timeout(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return True
        error = error.__cause__ or error.__context__
    return False
