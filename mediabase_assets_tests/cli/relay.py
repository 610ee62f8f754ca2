"""A server that goes away: a socket before the real one, which is cut off after a number of messages."""

import contextlib
import select
import socket
import threading
from pathlib import Path


class Relay:
    """Hands messages to and fro; after `left` messages of clients one session, or every one for good, is cut off."""

    def __init__(self, target: Path, folder: Path) -> None:
        self.target = str(target)
        self.folder = folder
        self.pass_on()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._guard = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def pass_on(self) -> None:
        """Cut nothing off."""
        self.seen, self.left, self.is_gone, self.only_one = 0, None, False, False

    def cut_after(self, left: int, *, only_one: bool = False) -> None:
        """Cut off after so many messages: the session of the next one alone, or all of them and those to come."""
        self.pass_on()
        self.left, self.only_one = left, only_one

    def close(self) -> None:
        """End."""
        self._listener.close()
        self._cut_all()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_gone:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.target)
                self._pairs.add((client, server))
                threading.Thread(target=self._hand_on, args=(client, server), daemon=True).start()

    def _hand_on(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, contextlib.suppress(OSError, ValueError):
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if not data or (one is client and self._is_cut()):
                        return
                    (server if one is client else client).sendall(data)
        self._pairs.discard((client, server))

    def _is_cut(self) -> bool:
        with self._guard:
            self.seen += 1
            if self.left is None or self.seen <= self.left:
                return False
            if self.only_one:
                self.left = None
            else:
                self.is_gone = True
                self._cut_all()
            return True

    def _cut_all(self) -> None:
        for pair in tuple(self._pairs):
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
