"""What the server does for this process at a moment: our sessions, and the counters of its database.

Contains one query, which needs no superuser: a role sees its own sessions. What other roles do is in the counters of the database only.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.sql_files import read

_SQL = Path(__file__).parent / "sql"
#: Kinds of events that a session waits for without working.
IDLE_WAITS = frozenset({"Lock", "Timeout", "Client", "Activity"})


@dataclass(frozen=True)
class OneSession:
    """A session, or a parallel worker of one.

    Attributes:
        pid: Process on the server.
        leader: Process of the session that a parallel worker helps, or its own.
        name: `application_name`.
        is_active: Whether it executes a statement.
        waits: Whether it waits for a lock, a time-out or its client.
    """

    pid: int
    leader: int
    name: str
    is_active: bool
    waits: bool


@dataclass(frozen=True)
class ServerNow:
    """The server at a moment.

    Attributes:
        temp_bytes: Of temporary files of the database, since its counters were reset.
        blocks_hit: Blocks that were found in the cache; `blocks_read`: that were not.
        wal_bytes: Position in the WAL; None on a standby.
        sessions: Our sessions in this database.
    """

    temp_bytes: int = 0
    blocks_hit: int = 0
    blocks_read: int = 0
    wal_bytes: int | None = None
    sessions: tuple[OneSession, ...] = field(default=())

    def active_of(self, name: str, pids: Collection[int]) -> tuple[bool, bool]:
        """Whether sessions of a name execute a statement, and whether all that do wait; only those of these server processes."""
        waits = [s.waits for s in self.sessions if s.is_active and s.name == name and (not pids or s.leader in pids)]
        return bool(waits), bool(waits) and all(waits)


def look(conn: Session) -> ServerNow:
    """The server as it is now."""
    row = conn.execute(read(_SQL / "server_now.sql"), (sorted(IDLE_WAITS),)).fetchone()
    assert row is not None
    temp, hit, missed, wal, sessions = row
    return ServerNow(int(temp), int(hit), int(missed), None if wal is None else int(wal), tuple(OneSession(*s) for s in sessions or ()))
