"""Which sessions of the server are those of this process, whatever their names: two targets may build assets of one name at a time."""

import threading
from weakref import WeakSet

from mediabase_assets.postgres.connection import Session

_own: "WeakSet[Session]" = WeakSet()
_guard = threading.Lock()


def note(conn: Session) -> None:
    """Note a session that was opened."""
    with _guard:
        _own.add(conn)


def server_processes() -> frozenset[int]:
    """Processes of the server that work for open sessions of this process."""
    with _guard:
        own = list(_own)
    return frozenset(conn.info.backend_pid for conn in own if not conn.closed)
