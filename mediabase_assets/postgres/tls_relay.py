"""A way over TLS for PostgreSQL's client programs from the wheel, which were built without it.

A program connects to a socket that only this account may use; what it says goes to the server over TLS, with the certificates and
checks that the session of this process uses (libpq's `sslmode`, `sslrootcert`, `sslcert`, `sslkey`). The password is checked by the
server, as ever. Contains the relay; who is sent to it is decided in `connect`.
"""

import contextlib
import socket
import ssl
import struct
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import NamedTuple

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
#: The server's question for a password by SASL, and the answer that is bound to a session over TLS: ours there is that of the relay.
_SASL, _BINDING = struct.pack("!i", 10), b"SCRAM-SHA-256-PLUS\0"
_BLOCK = 1 << 17
_PORT = 5432


class Server(NamedTuple):
    """Where a server is, and how TLS with it is checked: libpq's parameters."""

    host: str
    hostaddr: str
    port: int
    sslmode: str
    sslrootcert: str
    sslcert: str
    sslkey: str
    connect_timeout: float


@cache
def relay_to(server: Server) -> tuple[str, int]:
    """The folder of the socket and the port at which a server answers without TLS; one relay for a process."""
    folder = tempfile.TemporaryDirectory(prefix="mediabase-tls-")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(Path(folder.name) / f".s.PGSQL.{_PORT}"))
    listener.listen(50)
    threading.Thread(target=_accept, args=(listener, server, folder), daemon=True, name="tls relay").start()
    return folder.name, _PORT


def context_of(server: Server) -> ssl.SSLContext:
    """The checks that libpq would make: those of `sslmode`, and of the authority as soon as its certificate is there."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own = Path("~/.postgresql").expanduser()
    root = server.sslrootcert or str(own / "root.crt")
    context.check_hostname = server.sslmode == "verify-full" or root == "system"
    if root == "system":
        context.load_default_certs()
    elif server.sslmode in ("verify-ca", "verify-full") or Path(root).exists():
        context.load_verify_locations(root)
    else:
        context.verify_mode = ssl.CERT_NONE
    certificate = Path(server.sslcert or own / "postgresql.crt")
    if certificate.exists():
        context.load_cert_chain(certificate, server.sslkey or own / "postgresql.key")
    return context


def _accept(listener: socket.socket, server: Server, _folder: "tempfile.TemporaryDirectory[str]") -> None:
    """Serve clients as long as the process lives; the folder goes with it."""
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve, args=(client, server), daemon=True).start()


def _serve(client: socket.socket, server: Server) -> None:
    with client, contextlib.suppress(OSError):  # the program says that its session ended; that of this process has told why
        plain = socket.create_connection((server.hostaddr or server.host, server.port), timeout=server.connect_timeout)
        plain.sendall(_SSL_REQUEST)
        if plain.recv(1) != b"S":
            plain.close()
            return
        with context_of(server).wrap_socket(plain, server_hostname=server.host or server.hostaddr) as secured:
            secured.settimeout(None)
            _hand_on(client, secured)


def _greeting(server: ssl.SSLSocket) -> bytes:
    """What the server says first, to its question for a password, without the way of answering that only a session over TLS has."""
    said = b""
    while True:
        head = _exactly(server, 5)
        kind, length = head[:1], struct.unpack("!i", head[1:])[0]
        body = _exactly(server, length - 4)
        if kind == b"R" and body[:4] == _SASL and _BINDING in body:
            body = body.replace(_BINDING, b"", 1)
        said += kind + struct.pack("!i", len(body) + 4) + body
        if kind != b"v":  # the version of the protocol comes before the question
            return said


def _exactly(server: ssl.SSLSocket, length: int) -> bytes:
    """So many bytes; the error that ends the session, where it ends before."""
    data = b""
    while len(data) < length:
        more = server.recv(length - len(data))
        if not more:
            raise ConnectionResetError
        data += more
    return data


def _hand_on(client: socket.socket, server: ssl.SSLSocket) -> None:
    """Both directions until either ends. OpenSSL allows one thread to read a session while another one writes to it."""

    def up() -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(_BLOCK):
                server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=up, daemon=True)
    thread.start()
    with contextlib.suppress(OSError):
        client.sendall(_greeting(server))
        while data := server.recv(_BLOCK):
            client.sendall(data)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
    thread.join(5)
