"""The embedded server's cluster on disk: where it lies, whose it is, and how it comes to be.

    <home>/postgres.lock        held while a process starts, stops or creates the server
    <home>/postgres/            the account's own folder (or a link to one, see below)
        data/                   PostgreSQL's data directory
        run/                    the socket, if its path is short enough; else in a temporary folder
        server.log              what the server says

Root runs the server as another account. If that account cannot enter <home> (which may lie below /root), the folder
`postgres` is a link to one in /var/lib/mediabase. No permission of a folder that exists is changed for it.
"""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.quantities import size
from mediabase_assets.postgres.embedded.binaries import major_version, server_bin_dir
from mediabase_assets.postgres.embedded.os_account import Account, server_account, shared_folder

PORT = 5432
USER = "postgres"

SPACE_OF_A_NEW_CLUSTER = 200 << 20
"""Bytes that must be free before a cluster is created: itself, its log, and room to work."""

LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")
"""The operating system's limit for a socket's path, in bytes, less the socket's own name."""


class ServerAddress(NamedTuple):
    """How to connect: through a socket in a folder, trusted because only the server's account and root can enter it."""

    socket_dir: Path
    port: int = PORT
    user: str = USER


class PidFile(NamedTuple):
    """What postmaster.pid says; it may be stale."""

    pid: int
    address: ServerAddress


class Cluster(NamedTuple):
    """A cluster that exists, or the folder where one will be created."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory; it exists only when complete."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def major(self) -> int:
        """The major version that created the data.

        Raises:
            ServerError: The data directory is damaged.
        """
        file = self.data / "PG_VERSION"
        try:
            return int(file.read_text().split(".")[0])
        except (OSError, ValueError) as error:
            raise ServerError(
                "The embedded server's data directory is damaged: its version cannot be read.",
                where=str(file),
                next_step="Move the data directory away to start with an empty one, then restore a backup.",
            ) from error


def find_cluster(home: Path) -> Cluster | None:
    """The cluster of a home, if its folder exists.

    Raises:
        ServerError: It belongs to an account that this process cannot become, or cannot be reached any more.
    """
    try:
        folder = (home / "postgres").resolve(strict=True)
        owner = folder.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _closed(home / "postgres", str(error.strerror)) from error
    account = Account(owner.st_uid, owner.st_gid)
    if owner.st_uid == 0:  # a process was killed between creating the folder and giving it away
        account = server_account()
        if os.geteuid() == 0:
            account.own(folder)
    if os.geteuid() not in (0, account.uid):
        raise _closed(folder, f"it belongs to the account {account.name}")
    if not account.can_reach(folder.parent):
        raise _closed(folder, f"the account {account.name} that runs it may not enter {folder.parent} any more")
    return Cluster(folder, account)


def _closed(folder: Path, reason: str) -> ServerError:
    return ServerError(
        f"The embedded server's folder cannot be used: {reason}.",
        where=str(folder),
        next_step="Use the account that created it, or set MEDIABASE_HOME to another folder.",
    )


def create_folder(home: Path) -> Cluster:
    """Create the folder of a cluster: below home, or elsewhere with a link if the server's account cannot enter home.

    Raises:
        ServerError: The folder cannot be created.
    """
    account = server_account()
    folder = home / "postgres"
    try:
        if folder.is_symlink() and not folder.exists():  # to a folder that is gone
            folder.unlink()
        if account.can_reach(home):
            try:
                account.own(folder)
            except PermissionError:  # a file system that does not let root give files away
                if account.is_current:
                    raise
                folder.rmdir()
            else:
                return Cluster(folder.resolve(), account)
        digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        elsewhere = Path(tempfile.mkdtemp(prefix=f"{digest}-", dir=shared_folder())).resolve()
        account.own(elsewhere)
        folder.symlink_to(elsewhere)
    except OSError as error:
        raise ServerError(
            f"The embedded server's folder cannot be created: {error.strerror}.",
            where=str(folder),
            next_step="Set MEDIABASE_HOME to a folder that you may write to.",
        ) from error
    return Cluster(elsewhere, account)


def initialise(cluster: Cluster) -> None:
    """Create the data directory: under another name first, so that a half-finished one is never taken for whole.

    Raises:
        ServerError: The disk is full, or initdb fails for another reason.
    """
    for leftover in cluster.folder.glob("data.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    free = shutil.disk_usage(cluster.folder).free
    if free < SPACE_OF_A_NEW_CLUSTER:
        raise _disk_full(cluster.folder, free)
    bin_dir = server_bin_dir(cluster.account)
    fresh = cluster.folder / f"data.new-{os.getpid()}"
    locale = "C" if sys.platform == "darwin" else "C.UTF-8"
    command = [str(bin_dir / "initdb"), "-D", str(fresh), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    command += [f"--locale={locale}", "--data-checksums", "--no-instructions"]
    if major_version(bin_dir) >= 17:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = cluster.account.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        if "No space left on device" in done.stdout:
            raise _disk_full(cluster.folder, shutil.disk_usage(cluster.folder).free)
        raise ServerError(
            "The embedded server's data directory cannot be created:\n" + _last_lines(done.stdout, 5),
            where=str(cluster.data),
            next_step="Correct that, or name a server with MB_POSTGRES_HOST.",
        )
    configuration = fresh / "postgresql.conf"
    text = configuration.read_text(encoding="utf-8") + "\ninclude_if_exists = 'mediabase.conf'\n"
    cluster.account.write(configuration, text)
    fresh.rename(cluster.data)


def _disk_full(folder: Path, free: int) -> ServerError:
    return ServerError(
        f"There is no space for the embedded server: {size(free)} are free, {size(SPACE_OF_A_NEW_CLUSTER)} are needed.",
        where=str(folder),
        next_step="Free some space, or set MEDIABASE_HOME to a folder on a larger disk.",
    )


def _last_lines(text: str, lines: int) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


def socket_folder(cluster: Cluster) -> Path:
    """A folder for the socket that only the server's account can enter, its path short enough for a socket.

    The same at each start where possible; a running server writes the place to its postmaster.pid.
    """
    inside = cluster.folder / "run"
    # the setting is a list: a path with a comma or quotes would be taken apart
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w/.+~ -]+", str(inside), re.ASCII):
        cluster.account.own(inside)
        return inside
    remembered = remembered_socket_folder(cluster)
    if remembered is not None:
        return remembered
    base = tempfile.gettempdir()
    if len(base) > LONGEST_SOCKET_FOLDER - 20 or not cluster.account.can_reach(Path(base)):
        base = "/tmp"  # noqa: S108 - a folder of its own is made in it, with a name that cannot be guessed
    folder = Path(tempfile.mkdtemp(prefix="mediabase-", dir=base))
    cluster.account.own(folder)
    cluster.account.write(cluster.folder / "socket_folder", str(folder))
    return folder


def remembered_socket_folder(cluster: Cluster) -> Path | None:
    """The temporary folder that an earlier start made for the socket, if it still exists.

    The account wrote its path down and root reads it, so it counts only if its name is one of ours and the account owns it.
    """
    try:
        folder = Path((cluster.folder / "socket_folder").read_text())
        status = folder.lstat()
    except (OSError, ValueError):
        return None
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == cluster.account.uid and status.st_mode & 0o077 == 0
    return folder if is_ours and folder.name.startswith("mediabase-") else None


def read_pid_file(cluster: Cluster) -> PidFile | None:
    """What the running or killed server wrote down; None if it was stopped or is still writing."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
        return PidFile(int(lines[0]), ServerAddress(Path(lines[4]), int(lines[3])))
    except (OSError, IndexError, ValueError):
        return None
