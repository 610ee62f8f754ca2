"""Waiting for the locks of other sessions: never for ever, never silently, and never so that others queue behind us for long.

Every session of ours gives up after `LOCK_TIMEOUT`. What would lock others out waits for moments only and lets them pass in
between (`briefly`). A lookout reports which session blocks one of ours that waits.
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
#: Seconds between two queries for blocking sessions, and after which the same one is reported again.
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
    """A session that blocks one of ours.

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
    """The sessions that blocked ours so far, the last one last."""

    seen: list[Blocker] = field(default_factory=list)

    def explained(self, error: MediabaseError, raised: BaseException) -> MediabaseError:
        """An error of a wait that ended, with the session that held the lock; every other error as it is."""
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
    """The one lookout of this process at a database, shared by all steps that are at work; the step that began last reports."""

    lookout: Lookout = field(default_factory=Lookout)
    loggers: list[tuple[Say, Say]] = field(default_factory=list)
    end: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def log(self, sentence: str) -> None:
        """Log with the step that began last."""
        for log, _ in self.loggers[-1:]:
            log(sentence)

    def warn(self, sentence: str) -> None:
        """Warn with the step that began last."""
        for _, warn in self.loggers[-1:]:
            warn(sentence)


_watches: dict[tuple[object, ...], _Watch] = {}
_guard = threading.Lock()


@contextmanager
def lookout(settings: Settings, log: Say, warn: Say) -> Iterator[Lookout]:
    """Watch, from a thread and a session of its own, which sessions block ours as long as the body runs.

    Steps that are at work at the same time share the thread and the session.

    Args:
        settings: Which server.
        log: Gets a sentence for each session that blocks one of ours, which is normal on a busy server.
        warn: Gets it again after each minute for which that session stays: it should be checked.
    """
    database = settings.database
    key = (settings.home, database.host, database.service, database.port, database.name)
    with _guard:
        watch = _watches.setdefault(key, _Watch())
        watch.loggers.append((log, warn))
        if watch.thread is None:
            args = (settings, watch)
            watch.thread = threading.Thread(target=_watch_locks, args=args, name="mediabase lookout", daemon=True)
            watch.thread.start()
    try:
        yield watch.lookout
    finally:
        with _guard:
            watch.loggers.remove((log, warn))
            is_last = not watch.loggers
            if is_last:
                del _watches[key]
        if is_last:
            watch.end.set()
            watch.thread.join()


def _watch_locks(settings: Settings, watch: _Watch) -> None:
    """Connect, and connect again after a restart of the server, until the last step has ended."""
    reported: dict[tuple[str, int], float] = {}
    while not watch.end.wait(LOOK):
        try:
            with connect(settings, autocommit=True, application_name="mediabase lookout") as conn:
                _report_blockers(conn, watch, reported)
        except (psycopg.Error, ServerError):
            continue  # the server is restarting; there is nothing to report then


def _report_blockers(conn: Session, watch: _Watch, reported: dict[tuple[str, int], float]) -> None:
    """Report each blocking session once, and with a warning after each `AGAIN` seconds."""
    while True:
        now, rows = time.monotonic(), conn.execute(_IN_THE_WAY).fetchall()
        blockers = [blocker(row) for row in rows]
        present = {(b.waiting, b.pid) for b in blockers}
        for key in [key for key, at in reported.items() if now - at >= AGAIN and key not in present]:
            del reported[key]
        for each in blockers:
            watch.lookout.seen.append(each)
            last = reported.get((each.waiting, each.pid))
            if last is None or now - last >= AGAIN:
                reported[each.waiting, each.pid] = now
                (watch.log if last is None else watch.warn)(f"{each.waiting} waits for a lock of {each}.")
        del watch.lookout.seen[:-10]
        if watch.end.wait(LOOK):
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
