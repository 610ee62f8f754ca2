"""Real receivers of alerts on this machine: a mail server with TLS and log-in, and a web server that takes JSON."""

import contextlib
import json
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "alerts", "open sesame"


def authority(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate for localhost, and the file of the authority that vouches for it."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context, folder / "ca.pem"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class MailServer:
    """Takes mail after a log-in over an encrypted connection; `refuses` makes it refuse recipients."""

    def __init__(self, context: ssl.SSLContext, *, starttls: bool) -> None:
        self.context, self.starttls, self.port = context, starttls, free_port()
        self.mails: list[EmailMessage] = []
        self.users: list[str] = []
        self.refuses: set[str] = set()
        self.controller: Controller | None = None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        assert server.transport.get_extra_info("sslcontext") is self.context, "the message came in the clear"
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Message taken"

    def _authenticate(self, server, session, envelope, mechanism, data):
        self.users.append(data.login.decode())
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    def start(self) -> None:
        server = self
        inner = self.context if self.starttls else None

        class Ours(Controller):
            def factory(self):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)  # aiosmtpd does not see that TLS comes first
                    return SMTP(
                        server, hostname="mail.test", tls_context=inner, require_starttls=server.starttls, auth_required=True,
                        authenticator=server._authenticate, auth_require_tls=server.starttls,
                    )  # fmt: skip

        self.controller = Ours(self, hostname="127.0.0.1", port=self.port, ssl_context=None if self.starttls else self.context)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None


class Hook:
    """Takes JSON by POST; `answers` are the next status codes, then 200."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.context, self.port = context, free_port()
        self.received: list[tuple[dict[str, str], dict]] = []
        self.answers: list[int] = []
        self.attempts = 0
        self.server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.context else ''}://localhost:{self.port}/hook/T0-secret-path"

    def start(self) -> None:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                hook.attempts += 1
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = hook.answers.pop(0) if hook.answers else 200
                if status == 200:
                    hook.received.append((dict(self.headers), body))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://localhost:9/elsewhere")
                self.end_headers()
                self.wfile.write(b"thank you" if status == 200 else b"not now")

            def log_message(self, *_):
                """Nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if self.context:
            self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@contextlib.contextmanager
def running(receiver: MailServer | Hook) -> Iterator[MailServer | Hook]:
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
