"""What a backup says about itself: the manifest beside its files, and the record of its verification.

Contains the values and how they are written and read; making and verifying backups is in the other modules. No
password is ever written here.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mediabase_assets.model.errors import BackupError
from mediabase_assets.postgres.catalogue import Catalogue, FunctionRecord

MANIFEST = "manifest.json"
VERIFICATION = "verification.json"
INCOMPLETE = ".incomplete-"


class RelationName(NamedTuple):
    """A relation by schema and name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BackupFile(_Record):
    """One archive of pg_dump, custom format: its name in the folder, its size in bytes, its checksum."""

    name: str
    size_bytes: int
    sha256: str


class BackedUpRelation(_Record):
    """One relation in an archive.

    Attributes:
        schema_name: Its schema.
        name: Its name.
        kind: `table`, `view`, `materialized view` …
        file: The archive that holds it.
        rows: Rows at the moment of the backup; None for what holds none.
        content_hash: From `content_hash`; None for what holds no rows.
        fingerprint: Changes with every write to it.
        catalogue: What it is beside its rows; None in a manifest of an earlier version.
    """

    schema_name: str
    name: str
    kind: str
    file: str
    rows: int | None
    content_hash: str | None
    fingerprint: str
    catalogue: Catalogue | None = None

    @property
    def relation(self) -> RelationName:
        """Its qualified name."""
        return RelationName(self.schema_name, self.name)


class BackupManifest(_Record):
    """One backup.

    Attributes:
        format_version: Of this record.
        migration_id: The migration that it was made for, and the name of its folder.
        created_at: When its snapshot was taken.
        seconds: How long it took.
        host: Server, without credentials.
        database: Database.
        server_version: Of the server.
        pg_dump_version: Of the program that wrote the files; pg_restore has to be as new.
        legacy: The legacy table.
        files: The archives.
        relations: What they hold; of the legacy table, its content hash and fingerprint too.
        functions: Our functions as they were; None in a manifest of an earlier version, as the next two.
        live_schema: Schema in which the released relations are.
        had_live_schema: Whether that schema existed.
        legacy_from: The earlier backup whose archive of the legacy table this one shares; None if it has its own.
        objects: The script of what the archives need and do not hold, to be run before pg_restore; None where they need nothing.
        needed: What is in it, each by kind and name.
        needed_digest: Changes when something else is needed; empty where nothing is.
        folder: The folder with its files; empty where they are in a bucket. Not part of the record.
        url: The bucket that holds it; empty where a folder does. Not part of the record.
    """

    format_version: Literal[1] = 1
    migration_id: str
    created_at: datetime
    seconds: float
    host: str
    database: str
    server_version: str
    pg_dump_version: str
    legacy: RelationName
    files: tuple[BackupFile, ...]
    relations: tuple[BackedUpRelation, ...]
    functions: tuple[FunctionRecord, ...] | None = None
    live_schema: str | None = None
    had_live_schema: bool | None = None
    legacy_from: str | None = None
    objects: BackupFile | None = None
    needed: tuple[str, ...] = ()
    needed_digest: str = ""
    folder: Path = Field(default=Path(), exclude=True)
    url: str = Field(default="", exclude=True)

    @property
    def where(self) -> str:
        """The place of its files, for a person."""
        return f"{self.url.partition('?')[0]}/{self.migration_id}" if self.url else str(self.folder)

    @property
    def legacy_relation(self) -> BackedUpRelation:
        """The record of the legacy table."""
        return next(r for r in self.relations if r.relation == self.legacy)

    @property
    def all_files(self) -> tuple[BackupFile, ...]:
        """The archives, and the script where the archives need one."""
        return self.files if self.objects is None else (self.objects, *self.files)

    @property
    def size_bytes(self) -> int:
        """Size of all files."""
        return sum(file.size_bytes for file in self.all_files)


class BackupFinding(_Record):
    """One verification of a backup: the sentence that is true if it passed, and what was examined."""

    name: str
    passed: bool
    examined: dict[str, Any]


class _Verification(_Record):
    verified_at: datetime
    findings: tuple[BackupFinding, ...]


def read_manifest(path: Path) -> BackupManifest:
    """Read the manifest of a backup, given its folder or the manifest itself.

    Raises:
        BackupError: It does not exist, or cannot be read.
    """
    file = path / MANIFEST if path.is_dir() else path
    try:
        text = file.read_bytes()
    except OSError as error:
        raise BackupError(f"There is no backup to read: {error.strerror}.", where=str(file), next_step="List the backups.") from error
    return parse_manifest(text, str(file)).model_copy(update={"folder": file.parent})


def parse_manifest(text: bytes, where: str) -> BackupManifest:
    """The manifest that a file holds.

    Raises:
        BackupError: It is broken.
    """
    try:
        manifest = BackupManifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise BackupError(
            f"The manifest of the backup is broken: {'.'.join(map(str, first['loc'])) or 'JSON'}: {first['msg']}.",
            where=where,
            next_step="Do not use this backup; take another one.",
        ) from error
    if manifest.legacy not in {relation.relation for relation in manifest.relations}:
        raise BackupError(
            "The manifest of the backup is broken: it does not list the legacy table.",
            where=where,
            next_step="Do not use this backup; take another one.",
        )
    return manifest


def write_manifest(folder: Path, manifest: BackupManifest) -> None:
    """Write a manifest durably."""
    _write(folder / MANIFEST, manifest.model_dump_json(indent=2))


def verification_of(findings: tuple[BackupFinding, ...]) -> str:
    """The record of a verification, as text."""
    return _Verification(verified_at=datetime.now(UTC), findings=findings).model_dump_json(indent=2)


def passed_verification(text: bytes) -> bool:
    """Whether the record of a verification says that everything passed."""
    try:
        findings = _Verification.model_validate_json(text).findings
    except ValidationError:
        return False
    return bool(findings) and all(finding.passed for finding in findings)


def record_in_folder(manifest: BackupManifest, findings: tuple[BackupFinding, ...]) -> None:
    """Keep the outcome of a verification beside a backup in a folder."""
    _write(manifest.folder / VERIFICATION, verification_of(findings))


def is_verified_in_folder(manifest: BackupManifest) -> bool:
    """Whether the last recorded verification of a backup in a folder passed and every file still exists and has its size."""
    try:
        text = (manifest.folder / VERIFICATION).read_bytes()
        sizes = [(manifest.folder / file.name).stat().st_size for file in manifest.all_files]
    except OSError:
        return False
    return sizes == [file.size_bytes for file in manifest.all_files] and passed_verification(text)


def is_of_target(manifest: BackupManifest, database: str, live_schema: str) -> bool:
    """Whether a backup is of that database and, as far as its manifest says, of that live schema."""
    return manifest.database == database and manifest.live_schema in (None, live_schema)


def sha256_of(path: Path) -> str:
    """Checksum of a file, as sha256sum prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make the system write a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def incomplete_folders(directory: Path) -> Iterator[Path]:
    """What interrupted backups left."""
    yield from directory.glob(INCOMPLETE + "*")


def _write(path: Path, text: str) -> None:
    json.loads(text)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text + "\n", encoding="utf-8")
    sync(new)
    new.replace(path)
    sync(path.parent)
