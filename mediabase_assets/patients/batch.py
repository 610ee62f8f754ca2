"""Many patients at a time: threads with a session each, and what became of every order, as it ends.

Contains the threads; what one of them does is in `loading`. Most of the work is the server's and Arrow's, so that threads use all cores.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import psycopg

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.patients.loading import Loaded, Order
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.postgres.foreign_errors import explained
from mediabase_assets.postgres.sql_files import is_there, vacuum
from mediabase_assets.settings.load import Settings

#: Patients that are imported at once.
WORKERS = os.cpu_count() or 1
#: How often a patient is begun again whose transaction another one was in the way of.
_ATTEMPTS = 5
#: From as many patients on the tables are vacuumed and analyzed afterwards: the drugs of 1,000 patients take 0.3 s then, 2.0 before.
MANY = 20
_LARGE = ("stored_gene_values", "stored_transcript_values", "stored_unmatched", "stored_pathway_hits")
Load = Callable[[Session, Settings, Order], Loaded]


@dataclass(frozen=True)
class Ended:
    """One order that has ended.

    Attributes:
        order: Which.
        loaded: What is stored; None if it failed.
        error: Why it failed; nothing of it is stored.
    """

    order: Order
    loaded: Loaded | None = None
    error: MediabaseError | None = None


def load_all(settings: Settings, orders: Sequence[Order], load_one: Load, *, workers: int = 0) -> Iterator[Ended]:
    """Import patients beside each other; each is a transaction of its own, and one that fails does not stop the others.

    Args:
        settings: The settings.
        orders: What, for whom; the largest files are begun first.
        load_one: What is done for each, such as `loading.load`.
        workers: How many at once; by default as many as there are cores, and as `database.max_connections` leaves beside the command's own.

    Yields:
        Each order when it has ended.

    Raises:
        psycopg.OperationalError: The connection was lost; what had ended is stored.
        ServerError: The server cannot be reached.
    """
    crew = _Crew(settings, load_one)
    with (
        ThreadPoolExecutor(
            workers or max(1, min(WORKERS, settings.database.max_connections - 1)), thread_name_prefix="mediabase patients"
        ) as pool,
        crew.sessions_open(),
    ):
        futures = [pool.submit(crew.work, order) for order in sorted(orders, key=lambda each: -each.size)]
        try:
            for future in as_completed(futures):
                yield future.result()
            if len(orders) >= MANY:
                crew.vacuum()
        finally:
            for future in futures:
                future.cancel()
            crew.cancel()
            pool.shutdown()


class _Crew:
    """What the threads share: a session for each of them."""

    def __init__(self, settings: Settings, load_one: Load) -> None:
        self.settings, self.load_one = settings, load_one
        self.sessions: dict[int, Session] = {}

    @contextlib.contextmanager
    def sessions_open(self) -> Iterator[None]:
        """Close the sessions at the end."""
        try:
            yield
        finally:
            for conn in self.sessions.values():
                conn.close()

    def work(self, order: Order) -> Ended:
        """Import one patient in the session of this thread."""
        conn = self.sessions.get(threading.get_ident())
        if conn is None:
            conn = connect(self.settings, autocommit=True, application_name="mediabase patients import")
            self.sessions[threading.get_ident()] = conn
        try:
            for _ in range(_ATTEMPTS - 1):
                with contextlib.suppress(psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                    return Ended(order, self.load_one(conn, self.settings, order))
            return Ended(order, self.load_one(conn, self.settings, order))
        except (MediabaseError, psycopg.Error, OSError) as error:
            known = explained(error)
            if known is None or conn.closed:
                raise
            return Ended(order, error=known)

    def vacuum(self) -> None:
        """Vacuum and analyze the large tables."""
        conn = next((each for each in self.sessions.values() if not each.closed), None)
        if conn is not None:
            schema = conn.workspace.patients
            vacuum(conn, schema, [name for name in _LARGE if is_there(conn, schema, name)], analyzes=True)

    def cancel(self) -> None:
        """Cancel what is going on; without effect where all has ended."""
        for conn in self.sessions.values():
            if not conn.closed:
                conn.cancel_safe(timeout=5)
