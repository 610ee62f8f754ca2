"""Waiting for the locks of other sessions: never for ever, never silently, and never so that others queue behind us for long.

Every session of ours gives up after `LOCK_TIMEOUT`. What would lock others out waits for moments only and lets them pass in
between (`briefly`). A lookout reports which session blocks one of ours that waits.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
  select '', {_COLUMNS}, string_agg(distinct n.nspname || '.' || c.relname, ', ')
  from pg_locks as l join pg_class as c on c.oid = l.relation join pg_namespace as n on n.oid = c.relnamespace
  join pg_stat_activity as b on b.pid = l.pid
  where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid()
    and l.database = (select oid from pg_database where datname = current_database())
    and (n.nspname, c.relname) in (select * from unnest(%s::text[], %s::text[]))
  group by b.pid, b.usename, b.application_name, b.state, b.state_change, b.backend_start, b.query order by b.pid"""  # noqa: S608
#: Sessions that a message names.
_NAMED = 3


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
        relations: Which relations it has locked, where it was found by these.
    """

    waiting: str
    pid: int
    user: str | None
    application: str | None
    state: str | None
    since: datetime
    query: str
    relations: str = ""

    def __str__(self) -> str:
        who = ", ".join(filter(None, (f"role {self.user}" if self.user else "", self.application)))
        lock = f", with a lock on {self.relations}" if self.relations else ""
        query = f": {self.query}" if self.query else ""
        return f"server process {self.pid} ({who}), {self.state or 'at work'} since {moment(self.since, with_date=False)}{lock}{query}"


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
    waiting, pid, user, application, state, since, query, *relations = row
    text = " ".join((query or "").split())
    return Blocker(
        waiting, int(pid), user, application, state, since or datetime.now(UTC), "" if _SECRET.search(text) else text[:_QUERY_LENGTH],
        *relations,
    )  # fmt: skip


def holders(conn: Session, relations: Iterable[tuple[str, str]]) -> list[Blocker]:
    """The other sessions that hold a lock on relations, given by schema and name."""
    pairs = list(relations)
    parameters = ([schema for schema, _ in pairs], [name for _, name in pairs])
    return [blocker(row) for row in conn.execute(_HOLDERS, parameters).fetchall()]


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


class LockHeldError(Exception):
    """Locks that never came free; the callers say what could not be done without them.

    Attributes:
        held_by: The sessions that hold one, as a phrase; empty if none could be seen.
    """

    def __init__(self, held_by: str) -> None:
        self.held_by = held_by
        super().__init__(f"The lock is held by {held_by or 'a session that cannot be seen'}.")


def briefly(
    conn: Session, action: Callable[[], None], *, on: Iterable[tuple[str, str]], report: Say | None = None,
    attempts: int = ATTEMPTS, wait: str = SHORT_WAIT, pause: float = 0.1,
) -> None:  # fmt: skip
    """Do what locks others out: wait for the locks a moment only, let the others pass, and try again.

    Args:
        conn: A session, in a transaction or not.
        action: What is done, in a transaction or savepoint of its own.
        on: The relations that it locks, by schema and name.
        report: Gets a sentence when other sessions hold the lock than before.
        attempts: How often it is tried; usually for about a minute.
        wait: How long one attempt waits.
        pause: Seconds that the others have in between.

    Raises:
        LockHeldError: The locks never came free.
    """
    relations = list(on)
    usual = conn.value("show lock_timeout")
    blockers: list[Blocker] = []
    for left in reversed(range(attempts)):
        try:
            with conn.transaction():
                conn.execute("select set_config('lock_timeout', %s, true)", (wait,))
                action()
                conn.execute("select set_config('lock_timeout', %s, true)", (usual,))
                return
        except psycopg.errors.LockNotAvailable:
            before, now = blockers, holders(conn, relations)
            blockers = now or before
            if report is not None and {b.pid for b in blockers} != {b.pid for b in before}:
                report(f"Waiting for a lock that is held by {_named(blockers)}")
            time.sleep(pause if left else 0)
    raise LockHeldError(_named(blockers))


def _named(blockers: Sequence[Blocker]) -> str:
    return "; ".join(map(str, blockers[:_NAMED]))


def _is_lock_timeout(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return True
        error = error.__cause__ or error.__context__
    return False
