"""The place of the backups, a folder or a bucket: what is in it, and the files of one backup at hand.

Contains the one way to either; writing is in `create`, what is done in a bucket in `bucket`.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from mediabase_assets.backup import bucket
from mediabase_assets.backup.manifest import (
    MANIFEST,
    VERIFICATION,
    BackupFinding,
    BackupManifest,
    is_verified_in_folder,
    read_manifest,
    record_in_folder,
)
from mediabase_assets.backup.object_store import ObjectStore, object_store
from mediabase_assets.model.errors import BackupError
from mediabase_assets.model.quantities import size
from mediabase_assets.settings.load import Settings
from mediabase_assets.settings.location import is_url

Place = Path | ObjectStore
"""A folder, or a prefix of a bucket."""


def place_of(settings: Settings) -> Place:
    """Where the backups are."""
    return object_store(settings.backup.location) if is_url(settings.backup.location) else settings.backup_dir


def place_text(settings: Settings) -> str:
    """The same for a person."""
    return settings.backup.location if is_url(settings.backup.location) else str(settings.backup_dir)


def list_backups(place: Place) -> list[BackupManifest]:
    """The whole backups in a place, newest first; incomplete and broken ones are left out.

    Raises:
        BackupError: The bucket cannot be read.
    """
    found = bucket.manifests(place) if isinstance(place, ObjectStore) else _in_folder(place)
    return sorted(found, key=lambda manifest: (manifest.created_at, manifest.migration_id), reverse=True)


def read_backup(place: Place, backup_id: str) -> BackupManifest:
    """The manifest of one backup.

    Raises:
        BackupError: There is none, or it cannot be read.
    """
    return bucket.read(place, backup_id) if isinstance(place, ObjectStore) else read_manifest(place / backup_id)


def is_verified(manifest: BackupManifest) -> bool:
    """Whether the last recorded verification passed and every file still exists and has its size.

    Raises:
        BackupError: The bucket cannot be read.
    """
    return bucket.is_verified(object_store(manifest.url), manifest) if manifest.url else is_verified_in_folder(manifest)


def verification_text(manifest: BackupManifest) -> bytes | None:
    """The record of a backup's last verification; None if there is none, or it cannot be read."""
    try:
        if manifest.url and manifest.folder == Path():
            return object_store(manifest.url).read(f"{manifest.migration_id}/{VERIFICATION}")
        return (manifest.folder / VERIFICATION).read_bytes()
    except (OSError, BackupError):
        return None


def record_verification(manifest: BackupManifest, findings: tuple[BackupFinding, ...]) -> None:
    """Keep the outcome of a verification beside the backup, so that the backup may be reused."""
    if manifest.url:
        bucket.record_verification(object_store(manifest.url), manifest, findings)
    else:
        record_in_folder(manifest, findings)


def listed_or_why_not(settings: Settings) -> tuple[list[BackupManifest], str]:
    """The backups, newest first; or none, and why they cannot be listed."""
    try:
        return list_backups(place_of(settings)), ""
    except BackupError as error:
        return [], error.what.rstrip(".")


def require_usable(place: Place) -> None:
    """See that backups can be kept there: a bucket is tried, and what was written is deleted; nothing is made in a folder.

    Raises:
        BackupError: They cannot.
    """
    if isinstance(place, ObjectStore):
        bucket.probe(place)
    else:
        _require_writable(place)


@contextmanager
def at_hand(
    manifest: BackupManifest, *, only: Collection[str] | None = None, report: Callable[[str], None] = lambda sentence: None
) -> Iterator[BackupManifest]:
    """The same backup with its files in a folder of this machine, which is temporary where they are in a bucket.

    Args:
        manifest: The backup.
        only: Names of the files that are needed; all by default.
        report: Gets a sentence before files are downloaded.

    Raises:
        BackupError: The bucket cannot be read, or there is no room.
    """
    if not manifest.url or manifest.folder != Path():
        yield manifest
        return
    files = tuple(file for file in manifest.all_files if only is None or file.name in only)
    needed = sum(file.size_bytes for file in files)
    with tempfile.TemporaryDirectory(prefix="mediabase-backup-") as name:
        folder = Path(name)
        refusal = bucket.free_space_text(needed, shutil.disk_usage(folder).free)
        if refusal is not None:
            raise refusal
        report(f"Downloading {size(needed)} of the backup {manifest.migration_id}")
        bucket.download(object_store(manifest.url), manifest, files, folder)
        yield manifest.model_copy(update={"folder": folder})


def _require_writable(directory: Path) -> None:
    """See that backups can be written into a folder, or that it can be made; nothing is written.

    Raises:
        BackupError: This account may not, or a file is in the way.
    """
    step = "Give the account of the migration the right to write there, or set backup.location to another place."
    nearest = next(folder for folder in (directory, *directory.parents) if folder.exists())
    if not nearest.is_dir():
        raise BackupError(f"{nearest} is no folder.", where=str(directory), next_step=step)
    if not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        raise BackupError(f"This account may not write to {nearest}.", where=str(directory), next_step=step)


def _in_folder(directory: Path) -> list[BackupManifest]:
    found: list[BackupManifest] = []
    try:
        folders = sorted(directory.iterdir()) if directory.is_dir() else []
    except PermissionError as error:
        raise BackupError(
            "The folder of the backups may not be read.", where=str(directory), next_step="Ask its owner, or name another place."
        ) from error
    for folder in folders:
        try:
            if not folder.name.startswith(".") and (folder / MANIFEST).is_file():
                found.append(read_manifest(folder))
        except (BackupError, PermissionError):
            continue
    return found
