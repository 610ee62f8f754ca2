"""Which errors pass by themselves: the connection was lost, the server restarted, two transactions were in each other's way.

Contains the question and the wait for the server; trying again is in `runs/step.py`. A failed audit, a full disk or a
missing privilege would fail again and is not transient.
"""

import time

import psycopg

from mediabase_assets.model.errors import BackupError, EmptiedError, ServerError
from mediabase_assets.postgres.connect import connect
from mediabase_assets.settings.load import Settings

#: Seconds that a step waits for a server which restarts or recovers, and between two questions whether it is back.
PATIENCE, PAUSE = 120.0, 0.5
#: Serialization failure, deadlock, too many connections, the server ends sessions or does not take any yet.
_STATES = frozenset({"40001", "40P01", "53300", "57P01", "57P02", "57P03", "57P05"})
#: Words of a refusal that is the same the next time; libpq has no SQLSTATE for a session that did not come about.
_LASTING = ("password", "authentication", "pg_hba", "does not exist", "permission denied", "service", "host name", "resolve host")
#: Words of pg_dump, which has no SQLSTATE, when its session is lost.
_LOST = ("server closed the connection", "terminating connection", "connection to server", "lost synchronization", "in recovery mode")


def is_transient(error: BaseException) -> bool:
    """Whether what failed may succeed if it is tried again.

    Args:
        error: An error of ours or of psycopg; what it was raised from counts.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, EmptiedError):
            return True
        if isinstance(cause, psycopg.OperationalError):
            return _is_lost(cause)
        if isinstance(cause, BackupError) and any(words in str(cause).lower() for words in _LOST):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _is_lost(error: psycopg.OperationalError) -> bool:
    state = error.sqlstate
    if state is None:
        return not any(words in str(error).lower() for words in _LASTING)
    return state in _STATES or state.startswith("08")


def wait_for_server(settings: Settings, patience: float = PATIENCE) -> bool:
    """Wait until the server takes sessions again; the embedded one is started if it does not run. False if it never does."""
    end = time.monotonic() + patience
    while True:
        try:
            connect(settings, autocommit=True, application_name="mediabase waits").close()
        except (ServerError, psycopg.OperationalError) as error:
            if not is_transient(error) or time.monotonic() > end:
                return False
            time.sleep(PAUSE)
        else:
            return True
