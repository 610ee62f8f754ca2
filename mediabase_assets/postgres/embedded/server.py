"""The life of the embedded server: started when needed, shared by every process of the project, stopped on demand.

It outlives the process that started it, and Ctrl-C in that process's terminal. It is found again by its postmaster.pid,
so nothing but the home has to be known. Who connects and as whom is in `mediabase_assets.postgres.connect`; where things
lie on disk is in `mediabase_assets.postgres.embedded.cluster`.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg
from psycopg import sql

from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres.embedded.binaries import client_tool, server_bin_dir
from mediabase_assets.postgres.embedded.cluster import (
    Cluster,
    ServerAddress,
    create_folder,
    find_cluster,
    initialise,
    read_pid_file,
    remembered_socket_folder,
    socket_folder,
)
from mediabase_assets.postgres.embedded.configuration import configuration_text, server_settings, this_machine
from mediabase_assets.postgres.session_settings import clean, forget_variables

__all__ = [
    "ServerAddress",
    "ServerStatus",
    "ensure_database",
    "ensure_running",
    "known_address",
    "log_tail",
    "remove",
    "status",
    "stop",
]

DATABASE = "mediabase"
START_TIMEOUT = 3600
"""Seconds that a start may take: crash recovery after a large load takes minutes, not the usual 60 seconds."""
RETRY_TIMEOUT = 60
"""Seconds to wait for what a killed server leaves: its children hold its shared memory for a moment."""
LARGEST_LOG = 20 << 20
"""Bytes of the log at which a start puts it aside."""

logger = logging.getLogger(__name__)


class ServerStatus(NamedTuple):
    """What a person wants to know about the embedded server; paths are None before its first start."""

    is_running: bool
    address: ServerAddress | None
    pid: int | None
    version: int | None
    account: str | None
    data_dir: Path | None
    log_file: Path | None


def ensure_running(home: Path) -> ServerAddress:
    """Start the server if it does not answer, creating it the first time.

    Raises:
        ServerError: It cannot be created or started.
    """
    cluster = find_cluster(home)
    if cluster is not None:
        pid_file = read_pid_file(cluster)
        if pid_file is not None and _answers(pid_file.address):
            return pid_file.address
    with _lock(home):
        cluster = find_cluster(home) or create_folder(home)
        if not cluster.data.exists():
            initialise(cluster)
        address = _start(cluster)
        ensure_database(address, DATABASE)
        return address


def known_address(home: Path) -> ServerAddress | None:
    """Where the server was last, without asking whether it still answers: cheap enough for every connection."""
    cluster = find_cluster(home)
    pid_file = cluster and read_pid_file(cluster)
    return pid_file.address if pid_file else None


def stop(home: Path) -> bool:
    """Stop the server, ending its sessions; False if it was not running.

    Raises:
        ServerError: It does not stop.
    """
    cluster = find_cluster(home)
    if cluster is None:
        return False
    with _lock(home):
        pid_file = read_pid_file(cluster)
        if pid_file is None or not _is_ours(pid_file.pid, cluster):
            return False
        command = [str(server_bin_dir(cluster.account, cluster.major) / "pg_ctl"), "-D", str(cluster.data)]
        with tempfile.TemporaryFile("w+") as output:
            done = cluster.account.run([*command, "stop", "-m", "fast", "-w", "-t", str(START_TIMEOUT)], stdout=output, stderr=output)
            output.seek(0)
            if done.returncode != 0 and _is_ours(pid_file.pid, cluster):
                raise ServerError(
                    f"The embedded server does not stop: {output.read().strip()}",
                    where=str(cluster.data),
                    next_step=f"Read {cluster.log}.",
                )
    return True


def remove(home: Path) -> None:
    """Stop the server and delete its data. There is no way back.

    Raises:
        ServerError: It does not stop.
    """
    cluster = find_cluster(home)
    if cluster is None:
        return
    stop(home)
    with _lock(home):
        remembered = remembered_socket_folder(cluster)
        if remembered is not None:
            shutil.rmtree(remembered, ignore_errors=True)
        shutil.rmtree(cluster.folder, ignore_errors=True)
        link = home / "postgres"
        if link.is_symlink():
            link.unlink()


def status(home: Path) -> ServerStatus:
    """How the server is; nothing is started or changed.

    Raises:
        ServerError: Its folder is another account's.
    """
    cluster = find_cluster(home)
    if cluster is None or not cluster.data.exists():
        return ServerStatus(False, None, None, None, None, None, None)
    pid_file = read_pid_file(cluster)
    is_running = pid_file is not None and _is_ours(pid_file.pid, cluster)
    return ServerStatus(
        is_running=is_running,
        address=pid_file.address if pid_file and is_running else None,
        pid=pid_file.pid if pid_file and is_running else None,
        version=cluster.major,
        account=cluster.account.name,
        data_dir=cluster.data,
        log_file=cluster.log,
    )


def log_tail(home: Path, lines: int = 20) -> str:
    """The last lines that the server wrote to its log; empty if there is no log."""
    cluster = find_cluster(home)
    return _tail(cluster, lines) if cluster else ""


def ensure_database(address: ServerAddress, name: str) -> None:
    """Create a database in the embedded server if it does not exist yet.

    Raises:
        ServerError: The server does not let us.
    """
    forget_variables(is_embedded=True)
    try:
        with psycopg.connect(
            host=str(address.socket_dir), port=address.port, user=address.user, dbname="postgres", autocommit=True
        ) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
                # template0: no session can be connected to it, which would make this fail
                statement = sql.SQL("create database {} template template0").format(sql.Identifier(name))
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(statement)
    except psycopg.Error as error:
        raise ServerError(
            f"The database {name} cannot be created: {error}", where=str(address.socket_dir), next_step="Try again."
        ) from error


@contextlib.contextmanager
def _lock(home: Path) -> Iterator[None]:
    """One process at a time starts or stops the server; the lock ends with the process, however that ends."""
    if set(str(home)) & set('"$`\\\n'):
        raise ServerError(
            "PostgreSQL cannot be started in a folder whose name holds quotes, $, or a backslash.",
            where=str(home),
            next_step="Set MEDIABASE_HOME to another folder.",
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / "postgres.lock").open("a")
    except OSError as error:
        raise ServerError(
            f"The folder of the embedded server cannot be written to: {error.strerror}.",
            where=str(home),
            next_step="Set MEDIABASE_HOME to a folder that you may write to.",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _answers(address: ServerAddress) -> bool:
    """True if the server accepts sessions. `pg_ctl status` would take a killed one for running."""
    command = [str(client_tool("pg_isready")), "-q", "-h", str(address.socket_dir), "-p", str(address.port)]
    return subprocess.run(command, env=clean(os.environ, is_embedded=True), check=False).returncode == 0


def _is_ours(pid: int, cluster: Cluster) -> bool:
    """True if the process is this cluster's postmaster, not a zombie and not another program with its number."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()) == cluster.data
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return False  # a process of another account; our own can be read


def _has_orphans(cluster: Cluster) -> bool:
    """True if a process still works in the data directory."""
    return any(_is_ours(process.pid, cluster) for process in psutil.process_iter())


def _start(cluster: Cluster) -> ServerAddress:
    """Bring the server up, under the lock, whatever state it is in."""
    began = time.monotonic()
    while time.monotonic() - began < START_TIMEOUT:
        pid_file = read_pid_file(cluster)
        if pid_file is not None and _is_ours(pid_file.pid, cluster):
            if _answers(pid_file.address):
                return pid_file.address
            time.sleep(0.05)  # it is starting, recovering or stopping
            continue
        if pid_file is not None and psutil.pid_exists(pid_file.pid) and not _has_orphans(cluster):
            # the number was given to another process, or the killed one was not reaped: PostgreSQL would refuse
            (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        failure = _try_start(cluster)
        if failure is not None:
            is_transient = "shared memory" in failure or "lock file" in failure
            if not is_transient or time.monotonic() - began > RETRY_TIMEOUT:
                raise ServerError(
                    "The embedded server does not start:\n" + failure,
                    where=str(cluster.data),
                    next_step=f"The whole log is in {cluster.log}.",
                )
            time.sleep(0.3)
    raise ServerError(
        f"The embedded server is not ready after {START_TIMEOUT} s.",
        where=str(cluster.data),
        next_step=f"Read {cluster.log}; it may still be recovering.",
    )


def _try_start(cluster: Cluster) -> str | None:
    """Start once; None if that went well, else what the server said."""
    bin_dir = server_bin_dir(cluster.account, cluster.major)
    settings = server_settings(this_machine()) | {"unix_socket_directories": str(socket_folder(cluster))}
    cluster.account.write(cluster.data / "mediabase.conf", configuration_text(settings))
    if cluster.log.exists() and cluster.log.stat().st_size > LARGEST_LOG:
        cluster.log.replace(cluster.log.with_suffix(".log.1"))
    before = cluster.log.stat().st_size if cluster.log.exists() else 0
    command = [str(bin_dir / "pg_ctl"), "-D", str(cluster.data), "-l", str(cluster.log)]
    logger.info("starting the embedded PostgreSQL in %s", cluster.data)
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open as long as the server runs
        done = cluster.account.run(
            [*command, "-w", "-t", str(START_TIMEOUT), "start"], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        if done.returncode == 0:
            return None
        output.seek(0)
        return (_tail(cluster, 10, since=before) or output.read()).strip()


def _tail(cluster: Cluster, lines: int, since: int = 0) -> str:
    try:
        with cluster.log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(since, size - 65536))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
