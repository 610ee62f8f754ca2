"""Locks that keep readers out, taken without making readers queue: the waiting of a rollback, in the words of a rollback."""

from collections.abc import Callable, Iterable

from mediabase_assets.backup import RelationName
from mediabase_assets.model.errors import RollbackError
from mediabase_assets.postgres.locks import LockHeldError, briefly
from mediabase_assets.postgres.sql_files import Connection

#: How long one attempt queues, how often it is tried, and how long the others have in between.
SHORT_WAIT, ATTEMPTS, PAUSE = "100ms", 300, 0.2


def patiently(
    conn: Connection, action: Callable[[], None], names: Iterable[RelationName], report: Callable[[str], None], *, attempts: int = ATTEMPTS
) -> None:
    """Do something that needs locks on relations, as often as it takes; who holds them is reported meanwhile.

    Raises:
        RollbackError: The locks never came free.
    """
    names = list(names)
    try:
        briefly(conn, action, on=names, report=report, attempts=attempts, wait=SHORT_WAIT, pause=PAUSE)
    except LockHeldError as error:
        raise RollbackError(
            f"Another session holds a lock all the time: {error.held_by or 'it cannot be seen which'}.",
            where=", ".join(map(str, names[:5])),
            next_step="Nothing was changed. Wait until that session has ended, or end it, then roll back again.",
        ) from error
