"""Errors of the server, of Dagster's storage and of the operating system that pass through: what they mean to a person.

Contains the translation of what no part of the project has caught and explained better. What is not known here is
unexpected: `cli.exit` reports it with a file of details.
"""

import errno
import os
import sys
from pathlib import Path

import mediabase_assets
from mediabase_assets.model.errors import MediabaseError, ServerError

_AGAIN = "then run the command again: it continues where it stopped."
#: SQLSTATE, or its class, to what happened and what to do; the first that fits.
_STATES: tuple[tuple[str, str, str], ...] = (
    ("42501", "The role may not do this", "Ask the administrator for the privilege, " + _AGAIN),
    ("25006", "The server takes no writing sessions", "Name the primary server, or ask why the role is read-only, " + _AGAIN),
    ("53100", "The database server's disk is full", "Free disk space there, " + _AGAIN),
    ("53300", "The server has no session left", "Close other sessions, " + _AGAIN),
    ("53", "The database server lacks memory or disk", "Read its log, " + _AGAIN),
    ("55P03", "Another session holds a lock", "Wait for it or end it (see pg_stat_activity), " + _AGAIN),
    ("57014", "The server cancelled a statement", "Raise statement_timeout for this role, or ask who cancelled it, " + _AGAIN),
    ("40", "Another transaction was in the way", "Wait a moment, " + _AGAIN),
    ("57P", "The server ended the session", "Check the server (mediabase db status), " + _AGAIN),
    ("08", "The connection to the server was lost", "Check the server (mediabase db status), " + _AGAIN),
    ("58", "The database server has trouble with its files", "Check its log and its disk, " + _AGAIN),
    ("XX001", "Data on the database server are damaged", "Check its log and its disk; a backup can be restored."),
    ("XX002", "An index on the database server is damaged", "Ask the administrator for a `reindex`, " + _AGAIN),
)
_LOST = _STATES[[state for state, *_ in _STATES].index("08")]
_SPACE = ("There is no space left on the disk", "Free disk space, " + _AGAIN)
#: Numbers of the operating system to what happened and what to do.
_NUMBERS = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: ("The disk quota is used up", "Free disk space or raise the quota, " + _AGAIN),
    errno.EFBIG: ("The file is larger than this account may write", "Raise the limit (ulimit -f), " + _AGAIN),
    errno.EROFS: ("The file system is read-only", "Set MEDIABASE_HOME to a folder that you may write to."),
    errno.EACCES: ("This account may not use the file", "Give it the right, or set MEDIABASE_HOME to a folder that you may write to."),
    errno.EPERM: ("This account may not do this", "Give it the right, or set MEDIABASE_HOME to a folder that you may write to."),
    errno.ENOTDIR: ("A folder's path leads through a file", "Set MEDIABASE_HOME to a folder, or move the file away."),
    errno.EEXIST: ("A file has the name of a folder that is needed", "Move it away, " + _AGAIN),
    errno.EISDIR: ("A folder has the name of a file that is needed", "Move it away, " + _AGAIN),
    errno.ENOENT: ("A file or folder is missing", "Check whether it was moved, " + _AGAIN),
    errno.EMFILE: ("This process may not open more files", "Raise the limit (ulimit -n), " + _AGAIN),
    errno.ENFILE: ("This machine may not open more files", "End other programs, " + _AGAIN),
    errno.ENOMEM: ("There is not enough memory", "End other programs, " + _AGAIN),
    errno.EIO: ("The disk cannot be read or written", "Check the disk, " + _AGAIN),
    errno.ENAMETOOLONG: ("The path is too long", "Set MEDIABASE_HOME to a shorter path."),
    errno.ELOOP: ("The path leads in a circle", "Check its symbolic links, " + _AGAIN),
    errno.EAGAIN: ("This account may not start more processes", "End other programs or raise the limit (ulimit -u), " + _AGAIN),
}


def explained(error: BaseException) -> MediabaseError | None:
    """An error as one of ours: itself, what it was raised from, or what it means; None if it is unexpected.

    Args:
        error: Any error.
    """
    cause: BaseException | None = error
    while cause is not None:
        explanation = _explained(cause)
        if explanation is not None:
            return explanation
        cause = cause.__cause__
    return None


def _explained(error: BaseException) -> MediabaseError | None:
    if isinstance(error, MediabaseError):
        return error
    psycopg = sys.modules.get("psycopg")  # imported by what uses them; short commands do without
    if psycopg is not None and isinstance(error, psycopg.Error):
        return _of_server(error.sqlstate, error.diag.message_primary or str(error), isinstance(error, psycopg.OperationalError), "")
    sqlalchemy = sys.modules.get("sqlalchemy.exc")
    if sqlalchemy is not None and isinstance(error, sqlalchemy.DBAPIError):
        is_lost = error.connection_invalidated or isinstance(error, sqlalchemy.OperationalError)
        return _of_server(getattr(error.orig, "pgcode", None), str(error.orig), is_lost, "Dagster's storage")
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return MediabaseError("There is not enough memory.", next_step="End other programs, " + _AGAIN)
    return None


def _of_server(state: str | None, message: str, is_operational: bool, where: str) -> ServerError | None:
    """What the server, or libpq where there is no SQLSTATE, says."""
    if state is None:
        entry = _LOST if is_operational or "closed" in message else None
    else:
        entry = next((e for e in _STATES if state.startswith(e[0])), None)
    if entry is None:
        return None
    _, what, step = entry
    detail = message.strip().splitlines()[0].strip() if message.strip() else "no answer"
    return ServerError(f"{what}: {detail.rstrip('.')}.", where=where, next_step=step)


def _of_system(error: OSError) -> MediabaseError | None:
    """What the operating system says of a file; of anything else only that space or memory ran out."""
    entry = _NUMBERS.get(error.errno or 0)
    lacks = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)
    if entry is None or (error.filename is None and error.errno not in lacks):
        return None
    what, step = entry
    path = "" if error.filename is None else os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    if error.errno == errno.ENOENT and path and Path(path).is_relative_to(Path(mediabase_assets.__file__).parent):
        step = "A part of the package is missing: install it again (`pip install --force-reinstall --no-deps mediabase-assets`)."
    return MediabaseError(f"{what}: {os.strerror(error.errno or 0)}.", where=path, next_step=step)
