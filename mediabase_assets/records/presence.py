"""A session by which other machines and containers see that a run is alive: it is named after the run and does nothing.

Where the process of a run cannot be looked at, a session of the run on the server is the sign of its life. Only migrations hold
a lock with such a session; a restore that is proved, or an import, may be silent for longer than a dead run is waited for.
"""

import contextlib
import threading

import psycopg

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.connection import Session
from mediabase_assets.settings.load import Settings

_present: dict[str, Session] = {}
_guard = threading.Lock()


def show_presence(settings: Settings, run_id: str) -> None:
    """Open the session of a run, once in a process; a run never fails for it."""
    with _guard, contextlib.suppress(MediabaseError, psycopg.Error):
        if run_id not in _present:
            _present[run_id] = connect(settings, autocommit=True, application_name=f"mediabase worker {run_id}")


def end_presence(run_id: str) -> None:
    """Close the session of a run; nothing happens if there is none."""
    with _guard:
        session = _present.pop(run_id, None)
    if session is not None:
        session.close()
