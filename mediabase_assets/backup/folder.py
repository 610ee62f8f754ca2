"""The folder that a backup is written into: one at a time, under a name that is not listed as a backup until it is whole.

Contains locks, names and rights of folders; what is written into them is in `create`. Only the account that writes a backup may
read it, unless the folder of the backups has the setgid bit (`chmod g+rwxs`): then its group may read and use it too.
"""

import fcntl
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mediabase_assets.backup import bucket
from mediabase_assets.backup.manifest import INCOMPLETE, incomplete_folders, is_verified_in_folder, read_manifest, sync
from mediabase_assets.backup.object_store import ObjectStore
from mediabase_assets.backup.place import Place
from mediabase_assets.model.errors import BackupError


@contextmanager
def folder_of(directory: Path, migration_id: str, patience: float) -> Iterator[Path]:
    """A folder to write into, that becomes the backup when the body ends, and disappears when it fails.

    Args:
        directory: The folder of the backups.
        migration_id: Name of the backup.
        patience: Seconds that another backup which is being written there is waited for.

    Raises:
        BackupError: Another one is being written, or the name is taken.
    """
    final = directory / migration_id
    with working_folder(directory, migration_id, patience) as folder:
        if final.exists() and _is_whole(final):
            raise BackupError(f"There is a backup {migration_id} already.", where=str(final), next_step="Use another migration id.")
        yield folder
        sync(folder)
        _set_aside(final)
        folder.rename(final)
        sync(directory)


@contextmanager
def working_folder(directory: Path, migration_id: str, patience: float) -> Iterator[Path]:
    """A folder to write into that disappears when the body ends, if it still has its name; the arguments are those of `folder_of`.

    Raises:
        BackupError: Another backup is being written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with open_lock(directory) as lock:
        _take(lock.fileno(), directory, patience)
        for leftover in incomplete_folders(directory):
            shutil.rmtree(leftover)
        folder = directory / f"{INCOMPLETE}{migration_id}"
        folder.mkdir(mode=0o700)
        if is_shared(directory):
            folder.chmod(0o2770)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def open_lock(directory: Path) -> IO[str]:
    """The file that is locked while a backup is written; in a shared folder every account of its group may lock it."""
    path = directory / ".lock"
    is_new = not path.exists()
    lock = path.open("a")
    if is_new and is_shared(directory):
        path.chmod(0o660)
    return lock


def is_shared(directory: Path) -> bool:
    """Whether the accounts of a group use a folder together: it has the setgid bit."""
    return bool(directory.stat().st_mode & stat.S_ISGID)


def free_name(directory: Place, migration_id: str) -> str:
    """The name of the next backup of a migration: its id, or with a number if an earlier run of the migration has one already.

    >>> free_name(Path("/nowhere"), "20260101_120000")
    '20260101_120000'
    """
    names = (migration_id, *(f"{migration_id}_{number}" for number in range(2, 1000)))
    if isinstance(directory, ObjectStore):
        return next((name for name in names if bucket.is_free(directory, name)), migration_id)
    return next((name for name in names if not _is_whole(directory / name)), migration_id)


def _take(lock: int, directory: Path, patience: float) -> None:
    """Take the lock of a folder of backups; another one that is being written is waited for."""
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= end:
                raise BackupError("Another backup is being written.", where=str(directory), next_step="Wait until it is done.") from error
            time.sleep(0.2)
        else:
            return


def _is_whole(folder: Path) -> bool:
    """Whether a folder is a backup that was verified; one of a process that died before that is written again."""
    try:
        return is_verified_in_folder(read_manifest(folder))
    except BackupError:
        return False


def _set_aside(final: Path) -> None:
    """Rename a backup that was never verified, so that another one can have its name; its files stay."""
    if final.exists():
        final.rename(final.with_name(f".unverified-{final.name}-{time.time_ns()}"))
