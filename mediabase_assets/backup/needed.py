"""What the archives of single tables need and do not hold: functions, types, domains, collations, operators that users created.

pg_dump writes a table without the functions that its checks, generated columns and indexes call; and pg_restore works with
an empty search_path, in which a function that calls another one without its schema fails. Both come into a script of their
own, which is run before the archives: the objects as pg_dump writes them, and a search_path for each function.

NOTE: what a function names inside of its text PostgreSQL does not know; every function of that name is taken. What it makes
up at run time is not found: the proof of a restore shows it.
"""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from psycopg import sql

from mediabase_assets.backup.archive import entries, sql_of
from mediabase_assets.backup.manifest import BackupFile, sha256_of, sync
from mediabase_assets.model.errors import BackupError
from mediabase_assets.postgres.connect import client_tool
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.sql_files import read
from mediabase_assets.settings.kinds import made

#: The script, beside the archives.
OBJECTS_FILE = "objects.sql"
_FIRST_OF_PEOPLE = 16384
_NEEDED = Path(__file__).with_name("needed.sql")


class NeededObject(NamedTuple):
    """An object that the archives need: its place in the catalogue, what it is, and its definition.

    Attributes:
        catalogue: Oid of its catalogue.
        oid: Its own oid.
        kind: `function`, `type`, `collation`, `extension`, `domain constraint` …
        schema: Its schema; None for an extension.
        name: Its name.
        identity: Its name as SQL, with its schema and the types of its arguments.
        definition: Of a function or of a domain's constraint: its text.
        wants_path: Whether it is a function that resolves names by the search_path of its caller.
    """

    catalogue: int
    oid: int
    kind: str
    schema: str | None
    name: str
    identity: str
    definition: str
    wants_path: bool


def needed_objects(conn: Session, relations: Iterable[tuple[str, str]], whole: Sequence[str]) -> tuple[NeededObject, ...]:
    """What these relations need, in a fixed order.

    Args:
        conn: A session on their database.
        relations: Those that are dumped one by one, by schema and name.
        whole: Schemas that are dumped whole, with what is in them.
    """
    relations = list(relations)
    parameters = {
        "schemas": [schema for schema, _ in relations],
        "names": [name for _, name in relations],
        "whole": list(whole),
        "first": _FIRST_OF_PEOPLE,
    }
    return tuple(NeededObject(*row) for row in conn.execute(sql.SQL(read(_NEEDED)), parameters).fetchall())


def digest_of(needed: Iterable[NeededObject]) -> str:
    """Changes when other objects are needed, or one is defined otherwise; empty where none is."""
    text = "\0".join(f"{o.kind}\0{o.identity}\0{o.definition}" for o in needed)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() if text else ""


def write_objects(
    conn: Session, needed: Sequence[NeededObject], dump: Sequence[str], environment: dict[str, str], folder: Path
) -> BackupFile:
    """Write the script that has to be run before the archives are restored.

    Args:
        conn: The session that found them.
        needed: The objects.
        dump: Arguments with which pg_dump works in the same snapshot.
        environment: Of pg_dump.
        folder: Where the script goes.

    Raises:
        BackupError: pg_dump failed.
    """
    file = folder / OBJECTS_FILE
    with tempfile.TemporaryDirectory(prefix="mediabase-objects-", dir=made(conn.temp_dir)) as scratch:
        archive = Path(scratch) / "objects.dump"
        command = [str(client_tool("pg_dump")), *dump, "--schema-only", "--exclude-table=*.*", f"--file={archive}"]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").replace("pg_dump: ", "").split())[:500]
            raise BackupError(
                f"What the tables need could not be backed up: {said}.",
                where=str(file),
                next_step="Fix the cause, then run the backup again.",
            )
        wanted = {(o.catalogue, o.oid) for o in needed}
        text = sql_of(archive, [e for e in entries(archive) if e.origin in wanted], with_owner=False)
    file.write_text("\n".join([_HEADER, *_statements(conn, needed, text)]) + "\n", encoding="utf-8")
    sync(file)
    return BackupFile(name=file.name, size_bytes=file.stat().st_size, sha256=sha256_of(file))


def names_of(needed: Iterable[NeededObject]) -> tuple[str, ...]:
    """Each object by kind and name; constraints of domains go without saying."""
    return tuple(f"{o.kind} {o.identity}" for o in needed if o.kind != "domain constraint")


def how_to_restore(needed: Iterable[NeededObject]) -> str:
    """What a curator reads where pg_restore alone is not enough."""
    all_names = names_of(needed)
    names = ", ".join(all_names[:10]) + (f" and {len(all_names) - 10} more" if len(all_names) > 10 else "")
    return f"pg_restore alone cannot restore this backup, since what is in it needs {names}: run {OBJECTS_FILE} with psql first."


_HEADER = """\
-- What the archives in this folder need and do not hold. Run this first, with psql, then pg_restore; where the database has
-- an object already, "already exists" does no harm. The functions get a search_path, for pg_restore has none; when it is
-- done they may lose it again: alter function ... reset search_path."""


def _statements(conn: Session, needed: Sequence[NeededObject], text: str) -> Iterable[str]:
    search_path = conn.value("select reset_val from pg_catalog.pg_settings where name = 'search_path'")
    path = sql.SQL(search_path or "public")  # the server's own text
    for schema in dict.fromkeys(o.schema for o in needed if o.schema not in (None, "public")):
        yield sql.SQL("create schema if not exists {};").format(sql.Identifier(str(schema))).as_string(conn)
    for extension in (o.name for o in needed if o.kind == "extension"):
        yield sql.SQL("create extension if not exists {};").format(sql.Identifier(extension)).as_string(conn)
    yield text
    for function in (o for o in needed if o.wants_path):
        yield (
            sql.SQL("alter routine {} set search_path = {}, {};")
            .format(sql.SQL(function.identity), sql.Identifier(str(function.schema)), path)
            .as_string(conn)
        )
