"""`mediabase ui`: Dagster's web server and daemon as child processes on the project's storage, until Ctrl-C or TERM.

Contains their start, the test whether they answer, and the signals that end them. A single child is in `children`.
"""

import errno
import fcntl
import itertools
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import dagster as dg
from rich.console import Console

from mediabase_assets.alerts.round import tell_if_down
from mediabase_assets.cli.children import Child, child, last_words, require_alive, set_large_logs_aside
from mediabase_assets.cli.error_details import without_secrets
from mediabase_assets.cli.health import problem_of_web_server
from mediabase_assets.cli.output import Exit, waiting
from mediabase_assets.cli.recover import recover
from mediabase_assets.cli.ui_runs import cancel, wait_for
from mediabase_assets.model.errors import ConfigurationError, ServerError
from mediabase_assets.monitoring import exposition
from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs.log_file import make_log_folder
from mediabase_assets.runs.migration_metrics import facts_of
from mediabase_assets.runs.named_runs import LOCATION
from mediabase_assets.runs.runner import prepare_dagster_home
from mediabase_assets.settings.load import Settings

START_TIMEOUT = 120.0
"""Seconds until the web server must answer; loading the definitions takes some of them on a busy machine."""
MODULE = "mediabase_assets.definitions"
VALIDATE = f"Try `dagster definitions validate -m {MODULE}` for the whole stack."
WEB_SERVER = "webserver"
_WORKSPACE = """load_from:
  - grpc_server:
      socket: {socket}
      location_name: {name}
"""
#: Seconds between two checks of the size of the logs.
LOG_CHECK = 60


class _Stop(Exception):  # noqa: N818  # not an error: the UI was asked to end
    """Ctrl-C, which waits for runs that are at work, or TERM, which does not."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.waits = number == signal.SIGINT


def serve(settings: Settings, *, host: str, port: int, console: Console, metrics_port: int | None = None) -> Exit:
    """Run web server and daemon until they are stopped; runs that are at work then are waited for, or canceled.

    Returns:
        INTERRUPTED if a run was canceled, or the UI was stopped before it was up.

    Raises:
        ConfigurationError: The port is taken, the UI runs already on this storage, or the logs cannot be written.
        ServerError: A process did not start, ended by itself, or the definitions do not load.
    """
    _require_free(host, port)
    if metrics_port is not None:
        _require_free(settings.monitoring.metrics_host, metrics_port, option="--metrics-port")
    folder = prepare_dagster_home(settings)
    logs = make_log_folder(settings.logs)
    with connect(settings, application_name="mediabase ui") as conn:  # a mistake in the settings is reported here
        lock = folder / f"ui{conn.workspace.suffix}.lock"
    where, is_up = f"http://{_address(host)}:{port}", False
    with _alone(lock), ExitStack() as stack:
        try:
            with waiting(console, "Starting Dagster's web server and daemon …"):
                with dg.DagsterInstance.get() as instance:  # a run without a process would block the queue for ever
                    recover(instance, settings, console, then="Re-execute it, from asset failure.")
                stack.enter_context(_stopping_on_signals())
                children = _start(stack, host, port, folder, logs)
                _wait_until_ready(where, children)
            is_up = True
            if metrics_port is not None:
                _answer_prometheus(stack, settings, metrics_port, console)
            console.print(f"Dagster is at [bold]{where}[/]  (Ctrl-C stops it; logs are in {logs})", soft_wrap=True)
            for second in itertools.count():
                time.sleep(1)
                require_alive(children)
                if second % LOG_CHECK == 0:
                    set_large_logs_aside(children)
                    tell_if_down(settings)  # the daemon cannot: its sensors need the server
        except _Stop as stop:
            if not is_up:
                return Exit.INTERRUPTED
            canceled = _settle(settings, console, waits=stop.waits)
            console.print("Stopping …")
    return Exit.INTERRUPTED if canceled else Exit.OK


def _settle(settings: Settings, console: Console, *, waits: bool) -> bool:
    """Bring the runs that the UI's processes work on to an end; whether one was canceled."""
    with dg.DagsterInstance.get() as instance:
        if waits:
            try:
                with _stopping_on_signals():
                    wait_for(instance, console)
            except _Stop:
                console.print("Ctrl-C again.")
        return cancel(instance, settings, console)


def _start(stack: ExitStack, host: str, port: int, folder: Path, logs: Path) -> tuple[Child, ...]:
    """The code server, which both others share, then these: each would start one of its own, and the daemon a new one every minute."""
    socket_file = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mediabase-ui-"))) / "code"
    workspace = folder / "workspace.yaml"
    workspace.write_text(_WORKSPACE.format(socket=socket_file, name=LOCATION), encoding="utf-8")
    code = ["dagster", "api", "grpc", "-s", str(socket_file), "-m", MODULE, "--location-name", LOCATION]
    server = stack.enter_context(child("codeserver", code, logs, finishes=True))  # a run that it works on
    _wait_for_file(socket_file, server)
    web = ["dagster_webserver", "-h", host, "-p", str(port), "-w", str(workspace)]
    daemon = ["dagster._daemon", "run", "-w", str(workspace)]
    children = (
        server,
        stack.enter_context(child(WEB_SERVER, web, logs)),
        stack.enter_context(child("daemon", daemon, logs)),
    )
    for one in children:  # leaving the stack asks all of them to end before it waits for each
        stack.callback(one.process.terminate)
    return children


def _wait_for_file(file: Path, server: Child) -> None:
    """Wait until the code server listens, which it does when the definitions are loaded."""
    end = time.monotonic() + START_TIMEOUT
    while not file.exists():
        if server.process.poll() is not None:
            raise ServerError(
                f"The definitions do not load: {last_words(server.log)}",
                where=str(server.log),
                next_step=VALIDATE,
            )
        if time.monotonic() > end:
            raise ServerError(
                f"The definitions are not loaded after {START_TIMEOUT:.0f} seconds.",
                where=str(server.log),
                next_step="Read that file, then start `mediabase ui` again.",
            )
        time.sleep(0.1)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One daemon for one storage, which is that of one target; the lock ends with this process, however that ends."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                "The web UI of this project is running already.",
                where=str(lock.parent),
                next_step="Use that one, or stop it with Ctrl-C in its terminal.",
            ) from None
        yield


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """Ctrl-C and TERM raise `_Stop`. A handler is set, so children start with the signals as they should be."""

    def stop(received: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # once is enough; nothing interrupts the stopping
        raise _Stop(received)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _answer_prometheus(stack: ExitStack, settings: Settings, port: int, console: Console) -> None:
    """Answer Prometheus in this process until the UI ends."""
    host = settings.monitoring.metrics_host
    instance = stack.enter_context(dg.DagsterInstance.get())
    stack.callback(exposition.serve(settings, host, port, lambda: facts_of(instance)))
    console.print(f"Prometheus is answered at [bold]http://{_address(host)}:{port}/metrics[/]", soft_wrap=True)


def _require_free(host: str, port: int, option: str = "--port") -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        next_step = f"Name a port that is free: `mediabase ui {option} {free_port(host)}`." if is_taken else "Name another host or port."
        raise ConfigurationError(
            f"The web UI cannot listen there: {error.strerror or error}.",
            where=f"{host}, port {port}",
            next_step=next_step,
        ) from error


def free_port(host: str) -> int:
    """A port of an address on which nothing listens at this moment."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.bind(address)
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, children: tuple[Child, ...]) -> None:
    """Wait until the web server answers and the definitions are loaded, which `/server_info` would not show."""
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        require_alive(children)
        problem = problem_of_web_server(url)
        if problem == "":
            return
        if problem is not None:
            raise ServerError(
                f"The definitions do not load: {_sentence(problem)}",
                where=MODULE,
                next_step=VALIDATE,
            )
        time.sleep(0.3)
    raise ServerError(
        f"Dagster's web server does not answer after {START_TIMEOUT:.0f} seconds.",
        where=str(next(c.log for c in children if c.name == WEB_SERVER)),
        next_step="Read that file, then start `mediabase ui` again.",
    )


def _sentence(problem: str) -> str:
    """What Dagster says, without the path of its own class, in one line."""
    lines = [line.strip() for line in problem.splitlines() if line.strip()]
    return without_secrets(lines[0] if lines else "Dagster gives no reason.")


def _address(host: str) -> str:
    """Where a browser on this machine finds it."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104  # compared, not bound
    return f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
