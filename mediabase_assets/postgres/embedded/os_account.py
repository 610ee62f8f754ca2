"""The account that the embedded server runs under, and the folder that root may share with it.

PostgreSQL refuses to run as root. Any other account that exists will do, so nothing is created and no permission of an
existing folder is changed: what the account cannot reach is put where it can.
"""

import hashlib
import os
import pwd
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from mediabase_assets.model.errors import ServerError

CANDIDATES = ("postgres", "nobody")
"""Accounts that root lets run the server, the first that exists."""


class Account(NamedTuple):
    """Who runs the server: ids of the operating system."""

    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        """True if this process already has the account's rights and no others."""
        return self.uid == os.geteuid()

    def run(self, command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a command under the account, in a session of its own, so that Ctrl-C in the terminal spares it.

        Raises:
            ServerError: We may not become the account, or it cannot run the program.
        """
        # PGPORT, PGDATA and friends are meant for clients; some of them change what a server does
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        identity: dict[str, Any] = {}
        if not self.is_current:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        try:
            return subprocess.run(command, **identity, cwd="/", env=environment, start_new_session=True, text=True, **options)
        except OSError as error:
            raise ServerError(
                f"The account {self.name} cannot run {Path(command[0]).name}: {error.strerror}.",
                where=command[0],
                next_step="Run as an ordinary account, or name a server with MB_POSTGRES_HOST.",
            ) from error

    def write(self, file: Path, text: str) -> None:
        """Write a file as the account, so that root never follows a link that the account made.

        Raises:
            ServerError: It cannot be written.
        """
        done = self.run(["/bin/sh", "-c", 'cat > "$1"', "sh", str(file)], input=text, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise ServerError(f"A file cannot be written: {done.stderr.strip()}.", where=str(file))

    @property
    def name(self) -> str:
        """The account's name, or its number where it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def can_reach(self, folder: Path) -> bool:
        """True if the account may enter the folder and every folder above it."""
        if self.is_current:
            return True
        try:
            return all(self._may_enter(part.stat()) for part in (folder, *folder.parents))
        except OSError:
            return False

    def _may_enter(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def own(self, folder: Path) -> None:
        """Create a folder for this account alone, or make an existing one its own; a link is refused, not followed.

        Raises:
            OSError: It cannot be created, is a link, or may not be given away.
        """
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(descriptor).st_uid != self.uid:
                os.fchown(descriptor, self.uid, self.gid)
            os.fchmod(descriptor, 0o700)
        finally:
            os.close(descriptor)


def server_account() -> Account:
    """The account of this process; for root, one of `CANDIDATES`.

    Raises:
        ServerError: This is root and none of the candidates exists.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise ServerError(
        f"PostgreSQL does not run as root, and none of the accounts {', '.join(CANDIDATES)} exists.",
        where="embedded server",
        next_step="Run as an ordinary account, or create one: `useradd --system postgres`.",
    )


def shared_folder() -> Path:
    """A folder of root that other accounts can enter: for what lies elsewhere below a folder closed to them.

    Raises:
        ServerError: Neither /var/lib nor the folder for temporary files will do.
    """
    digest = hashlib.sha256(str(os.geteuid()).encode()).hexdigest()[:8]
    for folder in (Path("/var/lib/mediabase"), Path(tempfile.gettempdir()) / f"mediabase-{digest}"):
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            status = folder.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022:
                folder.chmod(0o755)  # whatever the umask left
                return folder
        except OSError:
            continue
    raise ServerError(
        "No folder can be shared between root and the account of the server.",
        where="/var/lib/mediabase",
        next_step="Set MEDIABASE_HOME to a folder that every account can enter, such as one in /srv.",
    )
