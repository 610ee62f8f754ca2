"""Backups in a bucket: one folder for each, its manifest written last, so that what is not whole is not listed.

Contains what is done there. A file is looked into only after it was brought to a folder of this machine (`place.at_hand`).
"""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from mediabase_assets.backup.manifest import (
    MANIFEST,
    VERIFICATION,
    BackupFile,
    BackupFinding,
    BackupManifest,
    parse_manifest,
    passed_verification,
    verification_of,
)
from mediabase_assets.backup.object_store import BLOCK, LARGEST_COPY, ObjectStore, StoredFile
from mediabase_assets.model.errors import BackupError
from mediabase_assets.model.quantities import size

#: Begins the name of a file that shows whether the place may be written to.
PROBE = ".probe-"
_READERS = 8
_read: dict[tuple[str, str, int], BackupManifest] = {}


def manifests(store: ObjectStore) -> list[BackupManifest]:
    """The whole backups, in no order; broken ones are left out.

    Raises:
        BackupError: The bucket cannot be read.
    """
    listed = [file for file in store.files() if file.path.count("/") == 1 and file.path.endswith(f"/{MANIFEST}")]
    with ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(lambda file: _whole_or_none(store, file), listed)
        return [manifest for manifest in found if manifest is not None]


def read(store: ObjectStore, backup_id: str) -> BackupManifest:
    """The manifest of one backup.

    Raises:
        BackupError: There is none, it is broken, or the bucket cannot be read.
    """
    path = f"{backup_id}/{MANIFEST}"
    try:
        text = store.read(path)
    except FileNotFoundError:
        raise BackupError("There is no backup to read.", where=f"{store}, {path}", next_step="List the backups.") from None
    return parse_manifest(text, f"{store}, {path}").model_copy(update={"url": store.url})


def is_verified(store: ObjectStore, manifest: BackupManifest) -> bool:
    """Whether its last verification passed, and every file is there and has its size.

    Raises:
        BackupError: The bucket cannot be read.
    """
    folder = manifest.migration_id
    there = {file.path.removeprefix(f"{folder}/"): file.size_bytes for file in store.files(folder)}
    if any(there.get(file.name) != file.size_bytes for file in manifest.all_files) or VERIFICATION not in there:
        return False
    try:
        return passed_verification(store.read(f"{folder}/{VERIFICATION}"))
    except FileNotFoundError:
        return False


def record_verification(store: ObjectStore, manifest: BackupManifest, findings: tuple[BackupFinding, ...]) -> None:
    """Keep the outcome of a verification beside the backup."""
    store.write(f"{manifest.migration_id}/{VERIFICATION}", iter([verification_of(findings).encode()]))


def is_free(store: ObjectStore, backup_id: str) -> bool:
    """Whether nothing has that name yet."""
    return not store.files(backup_id)


def upload(store: ObjectStore, folder: Path, manifest: BackupManifest, report: Callable[[str], None]) -> BackupManifest:
    """Bring a backup that was written into a folder to the bucket, the manifest last.

    The archive of the legacy table may be missing in the folder: then it is copied from the backup that the manifest names.

    Raises:
        BackupError: The bucket refused something, or has a backup of that name.
    """
    name = manifest.migration_id
    if any(file.path == f"{name}/{MANIFEST}" for file in store.files(name)):
        raise BackupError(f"There is a backup {name} already.", where=str(store), next_step="Use another migration id.")
    report(f"Uploading {size(manifest.size_bytes)} to {store.url.partition('?')[0]}")
    for file in manifest.all_files:
        path = folder / file.name
        if path.exists():
            store.write(f"{name}/{file.name}", _blocks(path))
        else:
            store.copy(f"{manifest.legacy_from}/{file.name}", f"{name}/{file.name}")
    store.write(f"{name}/{MANIFEST}", _blocks(folder / MANIFEST))
    return manifest.model_copy(update={"folder": Path(), "url": store.url})


def can_be_copied(file: BackupFile) -> bool:
    """Whether an archive may be taken over from another backup without its bytes coming here."""
    return file.size_bytes <= LARGEST_COPY


def download(store: ObjectStore, manifest: BackupManifest, files: tuple[BackupFile, ...], folder: Path) -> None:
    """Bring files of a backup to a folder; what is not in the bucket is not in the folder either.

    Raises:
        BackupError: The bucket cannot be read.
    """
    for file in files:
        path = folder / file.name
        try:
            with path.open("wb") as target:
                for block in store.blocks(f"{manifest.migration_id}/{file.name}"):
                    target.write(block)
        except FileNotFoundError:
            path.unlink(missing_ok=True)


def remove_unfinished(store: ObjectStore, migrations: set[str]) -> list[str]:
    """Remove what uploads of these migrations left that were killed; returns the names of their backups.

    Args:
        store: The bucket.
        migrations: Ids of migrations of which none is running.
    """
    listed: dict[str, set[str]] = {}
    for file in store.files():
        folder, slash, name = file.path.partition("/")
        if slash:
            listed.setdefault(folder, set()).add(name)
    unfinished = [folder for folder, names in sorted(listed.items()) if MANIFEST not in names and _migration_of(folder, migrations)]
    for folder in unfinished:
        store.delete_folder(folder)
    return unfinished


def probe(store: ObjectStore) -> None:
    """See that the place may be listed, written to, read from, and that what was written may be deleted.

    Raises:
        BackupError: One of them fails.
    """
    path, content = f"{PROBE}{uuid4().hex}", b"written by mediabase to see that it may; can be deleted\n"
    store.write(path, iter([content]))
    try:
        is_same = store.read(path) == content
    except FileNotFoundError:
        is_same = False
    store.delete(path)
    if not is_same:
        raise BackupError("What was written comes back otherwise.", where=str(store), next_step="Use another place.")
    store.files(path)


def free_space_text(needed: int, free: int) -> BackupError | None:
    """The refusal, where a temporary folder has no room for the files of a backup."""
    if free > needed:
        return None
    return BackupError(
        f"The files of the backup take {size(needed)} here for a moment, and {size(free)} can be used.",
        where=tempfile.gettempdir(),
        next_step="Free some space, or set TMPDIR to a folder on a larger disk.",
    )


def _migration_of(folder: str, migrations: set[str]) -> bool:
    """Whether a folder is named after one of these migrations, with or without the number of a later backup."""
    stem, _, number = folder.rpartition("_")
    return folder in migrations or (number.isdigit() and stem in migrations)


def _whole_or_none(store: ObjectStore, file: StoredFile) -> BackupManifest | None:
    """The manifest in a file, which is never written a second time; None if it is broken or was deleted meanwhile."""
    key = (store.url, *file)
    if key not in _read:
        try:
            _read[key] = read(store, file.path.partition("/")[0])
        except BackupError as error:
            if "manifest" not in error.what and "no backup" not in error.what:
                raise
            return None
    return _read[key]


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
