"""The type of a session with the server: a connection of psycopg that knows its workspace and reads values and rows by name.

What a statement returns is read with `value`, `values`, `row` or `rows`, so that no number says which column is meant. Parameters are
handed on as psycopg's: those of `%s` in order, those of `%(name)s` by name.
"""

import threading
import weakref
from pathlib import Path
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import pq, sql
from psycopg.rows import class_row, scalar_row

from mediabase_assets.model.workspace import Workspace
from mediabase_assets.settings.performance import BLOCK_BYTES

_Query = LiteralString | sql.SQL | sql.Composed
_Row = TypeVar("_Row")
_opened: dict[int, "weakref.WeakSet[Session]"] = {}


class Session(psycopg.Connection[Any]):
    """A session with the server; it finds the records of its workspace and what is live by their plain names.

    Attributes:
        workspace: The schemas of the project that it works in.
        batch_rows: Rows that are one batch in Python at most; None if only bytes count.
        block_bytes: Bytes that are one batch.
        temp_dir: Folder of temporary files; None for that of the system.
    """

    workspace: Workspace
    batch_rows: int | None = None
    block_bytes: int = BLOCK_BYTES
    temp_dir: Path | None = None

    def value(self, query: _Query, /, *args: object, **named: object) -> Any:
        """The first column of the first row; None if there is no row."""
        return self.cursor(row_factory=scalar_row).execute(query, named or args or None).fetchone()

    def values(self, query: _Query, /, *args: object, **named: object) -> list[Any]:
        """The first column of every row."""
        return self.cursor(row_factory=scalar_row).execute(query, named or args or None).fetchall()

    def row(self, cls: type[_Row], query: _Query, /, *args: object, **named: object) -> _Row | None:
        """The first row, its columns by name as the arguments of a class; None if there is no row."""
        return self.cursor(row_factory=class_row(cls)).execute(query, named or args or None).fetchone()

    def rows(self, cls: type[_Row], query: _Query, /, *args: object, **named: object) -> list[_Row]:
        """Every row, its columns by name as the arguments of a class."""
        return self.cursor(row_factory=class_row(cls)).execute(query, named or args or None).fetchall()

    def note_thread(self) -> None:
        """Note that this thread opened the session, so that another one can cancel what it does."""
        _opened.setdefault(threading.get_ident(), weakref.WeakSet()).add(self)


def cancel_work_of(thread: threading.Thread) -> None:
    """Cancel the statements that are going on in the sessions that a thread opened, whichever thread uses them."""
    for conn in tuple(_opened.get(thread.ident or 0, ())):
        if not conn.closed and conn.info.transaction_status is pq.TransactionStatus.ACTIVE:
            conn.cancel_safe(timeout=5)
