"""Old backups: which may go, and their deletion. A backup that a rollback needs is never among them."""

import fcntl
import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from mediabase_assets.backup.manifest import is_of_target
from mediabase_assets.backup.object_store import ObjectStore
from mediabase_assets.backup.place import Place, list_backups


def old_backups(place: Place, database: str, live_schema: str, *, needed: Collection[str], before: datetime, keep: int) -> list[str]:
    """Backups of a target that are older than a moment, not among the newest, and not needed; the newest first.

    Args:
        place: Of the backups.
        database: That of the target.
        live_schema: That of the target; a backup of unknown target stays.
        needed: Ids that have to stay.
        before: Moment before which they were made.
        keep: How many of the newest stay, however old.
    """
    mine = [m for m in list_backups(place) if is_of_target(m, database, live_schema) and m.live_schema is not None]
    return [m.migration_id for m in mine[keep:] if m.created_at < before and m.migration_id not in needed]


def delete_backups(place: Place, names: Collection[str]) -> list[str]:
    """Delete backups, from a folder only while none is written there; returns those that are gone.

    Raises:
        BackupError: The bucket cannot be read or written.
        OSError: The folder cannot be read or written.
    """
    if not isinstance(place, ObjectStore):
        return _delete_folders(place, names)
    for name in names:
        place.delete_folder(name)
    return list(names)


def _delete_folders(directory: Path, names: Collection[str]) -> list[str]:
    deleted = []
    if names:
        with (directory / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return []
            for name in names:
                shutil.rmtree(directory / name)
                deleted.append(name)
    return deleted
