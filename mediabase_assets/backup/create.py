"""Writing a backup with pg_dump: all of it, in one snapshot, or nothing.

While pg_dump writes, this process computes the content hashes, on the other core. The folder gets its name when all is on the disk.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import IsolationLevel, sql

from mediabase_assets.backup import bucket
from mediabase_assets.backup.folder import folder_of, working_folder
from mediabase_assets.backup.manifest import (
    BackedUpRelation,
    BackupFile,
    BackupManifest,
    RelationName,
    sha256_of,
    sync,
    write_manifest,
)
from mediabase_assets.backup.needed import digest_of, how_to_restore, names_of, needed_objects, write_objects
from mediabase_assets.backup.object_store import ObjectStore
from mediabase_assets.backup.place import Place, is_verified, list_backups, place_of
from mediabase_assets.backup.state import BackupScope, FoundRelation, find_relations, fingerprint_of
from mediabase_assets.model.errors import BackupError
from mediabase_assets.model.quantities import counted, duration, size
from mediabase_assets.postgres.catalogue import catalogue_of, functions_named
from mediabase_assets.postgres.connect import client_tool, connect, program_env
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.content_hash import ContentHash, content_hash, hash_columns, physical_fingerprint
from mediabase_assets.settings.load import Settings

#: Gets a sentence at each step.
Progress = Callable[[str], None]
#: From a physical fingerprint of the legacy table to its content, None if unknown.
Known = Callable[[str], ContentHash | None]

#: The archive of the legacy table.
LEGACY_FILE = "legacy.dump"
#: How pg_dump writes an archive.
DUMP_OPTIONS = ("--format=custom", "--compress=1", "--no-password")
_LOCK_WAIT_MS = 600_000
_NO_SPACE = re.compile(r"no space left|disk quota exceeded|file too large|file size limit", re.I)


@dataclass(frozen=True)
class _Part:
    """One archive: its file, what goes in, and the arguments of pg_dump."""

    file: str
    relations: tuple[FoundRelation, ...]
    arguments: tuple[str, ...]


def create_backup(
    settings: Settings,
    scope: BackupScope,
    *,
    migration_id: str,
    directory: Place | None = None,
    progress: Progress | None = None,
    known: Known = lambda fingerprint: None,
    patience: float = 0,
) -> BackupManifest:
    """Back up everything that a migration could touch, into `<directory>/<migration_id>`.

    An interrupted one leaves nothing that is listed; what a killed one left is removed at the next start. One for a bucket is written
    into the folder `backup_dir` first, and uploaded from there.

    Args:
        settings: Which server.
        scope: What to back up.
        migration_id: Name of the backup.
        directory: Where to; the place of the settings by default.
        progress: Gets a sentence at each step.
        known: What the legacy table holds in a state, if another step reads it all at this moment or did before.
        patience: Seconds that a backup which is being written into the same folder is waited for.

    Raises:
        BackupError: It could not be written: no space, no permission, a relation that this role may not read.
        ServerError: The server cannot be reached.
    """
    place = place_of(settings) if directory is None else directory
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", migration_id):
        raise BackupError(f"{migration_id!r} cannot name a backup.", next_step="Use letters, digits, _ . and -.")
    report = progress or (lambda sentence: None)
    final = settings.backup_dir if isinstance(place, ObjectStore) else place
    writing = (working_folder if isinstance(place, ObjectStore) else folder_of)(final, migration_id, patience)
    try:
        return _backed_up(settings, scope, migration_id, place, writing, report, known)
    except OSError as error:
        raise _failed(error.strerror or str(error), final, 0) from error
    except psycopg.Error as error:
        raise BackupError(
            f"The server ended the backup: {error.diag.message_primary or error}.",
            where=settings.database.name,
            next_step="Read the server's log, then run the backup again; nothing was left behind.",
        ) from error


def _backed_up(
    settings: Settings, scope: BackupScope, migration_id: str, place: Place, writing: AbstractContextManager[Path], report: Progress,
    known: Known,
) -> BackupManifest:  # fmt: skip
    """Write it into the folder that `writing` opens, and upload it from there if its place is a bucket."""
    with writing as folder, connect(settings, application_name="mediabase backup") as conn:
        manifest = _written(conn, settings, scope, migration_id, place, folder, report, known)
        conn.rollback()  # the tables are free while it is uploaded
        if isinstance(place, ObjectStore):
            return bucket.upload(place, folder, manifest, report)
    return manifest.model_copy(update={"folder": place / migration_id})


def _written(
    conn: Session, settings: Settings, scope: BackupScope, migration_id: str, place: Place, folder: Path, report: Progress, known: Known
) -> BackupManifest:
    started = time.monotonic()
    snapshot = _export_snapshot(conn, scope)
    created_at = datetime.now(UTC)
    environment = program_env(conn, settings, application_name="mediabase backup")
    found_relations = find_relations(conn, scope)
    needed = needed_objects(conn, [f.relation for f in found_relations if not f.in_schema], scope.schemas)
    objects = None
    if needed:
        report(how_to_restore(needed))
        objects = write_objects(conn, needed, [*DUMP_OPTIONS, f"--snapshot={snapshot}"], environment, folder)
    legacy, *others = _parts(scope, found_relations)
    shared = _share_legacy(conn, legacy, place, folder)
    if shared is not None:
        report(f"The legacy table is unchanged: sharing {legacy.file} with the backup {shared.migration_id}")
        relations, files = [shared.legacy_relation], [file for file in shared.files if file.name == legacy.file]
    else:
        relations, files = _write_archives(conn, [legacy], snapshot, environment, folder, report, known)
    more_relations, more_files = _write_archives(conn, others, snapshot, environment, folder, report, None)
    manifest = BackupManifest(
        migration_id=migration_id,
        created_at=created_at,
        seconds=round(time.monotonic() - started, 3),
        host=conn.info.host,
        database=conn.info.dbname,
        server_version=conn.info.parameter_status("server_version") or "",
        pg_dump_version=_version(),
        legacy=scope.legacy,
        files=(*files, *more_files),
        relations=(*relations, *more_relations),
        functions=functions_named(conn, scope.live_schema, scope.functions) if scope.live_schema else None,
        live_schema=scope.live_schema or None,
        had_live_schema=_has_schema(conn, scope.live_schema) if scope.live_schema else None,
        legacy_from=shared.migration_id if shared else None,
        objects=objects,
        needed=names_of(needed),
        needed_digest=digest_of(needed),
    )
    write_manifest(folder, manifest)
    report(f"Wrote {size(manifest.size_bytes)} in {duration(manifest.seconds)}")
    return manifest


def _write_archives(
    conn: Session, parts: Sequence[_Part], snapshot: str, environment: dict[str, str], folder: Path, report: Progress,
    known: Known | None,
) -> tuple[list[BackedUpRelation], list[BackupFile]]:  # fmt: skip
    """Write archives one after the other; hashes are computed while pg_dump writes."""
    relations: list[BackedUpRelation] = []
    files: list[BackupFile] = []
    for part in parts:
        report(f"Writing {counted(len(part.relations), 'relation')} to {part.file}")
        arguments = [f"--snapshot={snapshot}", f"--file={folder / part.file}", *part.arguments]
        with _pg_dump(arguments, environment, folder / part.file):
            relations += [_record(conn, part.file, found_relation, known) for found_relation in part.relations]
        files.append(_checked_file(folder / part.file))
    return relations, files


def _export_snapshot(conn: Session, scope: BackupScope) -> str:
    """Keep the tables from being altered, then fix what is seen; both last as long as the transaction."""
    conn.isolation_level = IsolationLevel.REPEATABLE_READ
    tables = [f.relation for f in find_relations(conn, scope) if f.kind in ("table", "partitioned table")]
    conn.commit()
    conn.execute("select set_config('lock_timeout', %s, false)", (str(_LOCK_WAIT_MS),))
    conn.commit()
    for table in tables:
        conn.execute(sql.SQL("lock table only {} in access share mode").format(sql.Identifier(*table)))
    return str(conn.value("select pg_export_snapshot()"))


def _parts(scope: BackupScope, relations: Sequence[FoundRelation]) -> Iterator[_Part]:
    """The legacy table and what is based on it; the other relations; whole schemas, with their functions and types."""
    legacy = tuple(f for f in relations if f.relation == scope.legacy)
    others = tuple(f for f in relations if f.relation != scope.legacy and not f.in_schema)
    whole = tuple(f for f in relations if f.relation != scope.legacy and f.in_schema)
    yield _Part(LEGACY_FILE, legacy, tuple(f"--table={_pattern(*f.relation)}" for f in legacy))
    if others:
        yield _Part("relations.dump", others, tuple(f"--table={_pattern(*f.relation)}" for f in others))
    if whole:
        schemas = sorted({f.relation.schema for f in whole})
        arguments = [f"--schema={_pattern(schema)}" for schema in schemas]
        if scope.legacy.schema in schemas:
            arguments.append(f"--exclude-table-data={_pattern(*scope.legacy)}")
        yield _Part("schemas.dump", whole, tuple(arguments))


def _record(conn: Session, file: str, found_relation: FoundRelation, known: Known | None) -> BackedUpRelation:
    content, columns = None, hash_columns(conn, *found_relation.relation, include_timestamps=True)
    if (
        known and found_relation.kind == "table" and columns == hash_columns(conn, *found_relation.relation)
    ):  # the extraction reads times too
        content = known(physical_fingerprint(conn, *found_relation.relation))
    if content is None and found_relation.holds_rows:
        content = content_hash(conn, *found_relation.relation)
    return BackedUpRelation(
        schema_name=found_relation.relation.schema,
        name=found_relation.relation.name,
        kind=found_relation.kind,
        file=file,
        rows=content.rows if content else None,
        content_hash=content.digest if content else None,
        fingerprint=fingerprint_of(conn, found_relation),
        catalogue=catalogue_of(conn, *found_relation.relation),
    )


def _share_legacy(conn: Session, part: _Part, place: Place, folder: Path) -> BackupManifest | None:
    """Take the archive of the legacy table from a verified backup since which the table was not written to, if there is one.

    In a folder by a link; in a bucket the upload copies it there.
    """
    (legacy,) = part.relations
    if legacy.kind != "table":
        return None
    fingerprint, catalogue = fingerprint_of(conn, legacy), catalogue_of(conn, *legacy.relation)
    for manifest in list_backups(place):
        earlier = manifest.legacy_relation
        same = (manifest.database, earlier.relation, earlier.fingerprint) == (conn.info.dbname, legacy.relation, fingerprint)
        if same and earlier.catalogue == catalogue and earlier.file == part.file and is_verified(manifest):
            if not manifest.url:
                _link(manifest.folder / part.file, folder / part.file)
            elif not all(bucket.can_be_copied(file) for file in manifest.files if file.name == part.file):
                continue
            return manifest
    return None


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without links, or another account's file
        shutil.copyfile(source, target)
        sync(target)


def _has_schema(conn: Session, name: str) -> bool:
    return bool(conn.value("select exists (select from pg_namespace where nspname = %s)", name))


@contextmanager
def _pg_dump(arguments: Sequence[str], environment: dict[str, str], target: Path) -> Iterator[None]:
    """pg_dump at work while the body runs; waits for its end, and ends it if the body fails."""
    command = [str(client_tool("pg_dump")), *DUMP_OPTIONS, f"--lock-wait-timeout={_LOCK_WAIT_MS}", *arguments]
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=messages)
        try:
            yield
            code = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if code:
            messages.seek(0)
            said = messages.read().decode(errors="replace")
            said = "File size limit exceeded" if code == -25 else said
            raise _failed(said, target.parent, target.stat().st_size if target.exists() else 0)


def _checked_file(path: Path) -> BackupFile:
    sync(path)
    return BackupFile(name=path.name, size_bytes=path.stat().st_size, sha256=sha256_of(path))


def _failed(said: str, where: Path, written: int) -> BackupError:
    said = " ".join(said.replace("pg_dump: ", "").split())[:800]
    if not _NO_SPACE.search(said):
        next_step = "Fix the cause, then run the backup again; nothing was left behind."
        return BackupError(f"The backup could not be written: {said.rstrip('.')}.", where=str(where), next_step=next_step)
    folder = next(parent for parent in (where, *where.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    return BackupError(
        f"There is no space for the backup: {size(written)} were written when the disk was full ({said}); "
        f"{size(free)} were free at that moment.",
        where=str(where),
        next_step="Free some space, or set backup_dir (with a bucket MEDIABASE_HOME) to a folder on a larger disk; nothing was left.",
    )


def _version() -> str:
    done = subprocess.run([str(client_tool("pg_dump")), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _pattern(*parts: str) -> str:
    """A name as pg_dump's options take it literally."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


__all__ = ["Progress", "RelationName", "create_backup"]
