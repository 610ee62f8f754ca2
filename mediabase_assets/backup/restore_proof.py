"""The proof that a backup can be restored: into a database of its own, compared with the manifest, and dropped.

pg_restore does the work, as an administrator would, after psql has run the script of what the archives need, if there is one.
Databases that a killed proof left are dropped by the next one.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from mediabase_assets.backup import BackedUpRelation, BackupManifest, at_hand, is_of_target, list_backups, place_of
from mediabase_assets.model.finding import SAMPLE_ROWS, Finding
from mediabase_assets.postgres.catalogue import KINDS, catalogue_of, defined_again
from mediabase_assets.postgres.connect import client_tool, connect, program_env
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

#: The names of the findings in their order, for check specifications.
FINDINGS = (
    "archives_restore_without_errors",
    "every_relation_is_restored",
    "every_table_holds_what_was_backed_up",
    *(f"{kind}_are_restored" if kind != "definition" else "views_are_restored" for kind in KINDS),
)
#: The finding where the proof could not be made.
NOT_PROVED = "a_database_for_the_proof_can_be_made"
_PREFIX = "mediabase_proof_"
#: pg_restore sets for its session what the newest server knows; an older one refuses that, and nothing else comes of it.
_OF_NEWER_SERVERS = re.compile(r'ERROR: +unrecognized configuration parameter "')


def newest_backup(settings: Settings) -> BackupManifest | None:
    """The newest backup of the configured target; None if the target has no backup."""
    with connect(settings, autocommit=True, application_name="mediabase proof") as conn:
        database = conn.info.dbname
    return next((m for m in list_backups(place_of(settings)) if is_of_target(m, database, settings.database.schema_name)), None)


def prove_restore(settings: Settings, manifest: BackupManifest) -> list[Finding]:
    """Restore a backup into a scratch database and compare everything with the manifest.

    Returns:
        One finding for each of `FINDINGS`; or the one finding `NOT_PROVED`, not passed, where this role may not create a
        database: it says what to grant. Never "passed" for what was not examined.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase proof") as conn:
        _drop_leftovers(conn)
        name = f"{_PREFIX}{conn.info.backend_pid}_{int(time.time())}"
        try:
            conn.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            user = sql.Identifier(conn.info.user).as_string(conn)
            grant = f"alter role {user} createdb"
            return [Finding(NOT_PROVED, False, {"backup": manifest.migration_id, "to_grant": grant}, 1, ({"as the administrator": grant},))]
        try:
            extensions = _extensions(conn)
            with at_hand(manifest) as here:
                errors = _restored(settings, here, name, extensions)
            with connect(settings, autocommit=True, application_name="mediabase proof", dbname=name) as scratch:
                return _findings(scratch, manifest, errors)
        finally:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _drop_leftovers(conn: Connection) -> None:
    """Drop the databases of proofs whose process has ended."""
    names = conn.values(
        r"""select d.datname from pg_database as d where d.datname ~ ('^' || %s || '\d+_\d+$') and pg_has_role(d.datdba, 'usage')
              and not exists (select from pg_stat_activity as a where a.pid = split_part(d.datname, '_', 3)::int
                              and a.application_name = 'mediabase proof')""",
        _PREFIX,
    )
    for name in names:
        conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _extensions(conn: Connection) -> list[str]:
    return conn.values("select extname from pg_extension where extname <> 'plpgsql' order by 1")


def _restored(settings: Settings, manifest: BackupManifest, database: str, extensions: list[str]) -> list[dict[str, Any]]:
    """Restore every archive; returns what pg_restore complained about."""
    whole = {r.schema_name for r in manifest.relations if r.file == "schemas.dump"}  # that archive creates its schemas
    errors: list[dict[str, Any]] = []
    with connect(settings, autocommit=True, application_name="mediabase proof", dbname=database) as scratch:
        for schema in sorted({r.schema_name for r in manifest.relations} - whole - {"public"}):
            scratch.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        for extension in extensions:
            with _recording(errors, f"extension {extension}"):
                scratch.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))
        environment = program_env(scratch, settings, application_name="mediabase proof")
        errors += _script_run(manifest, database, environment)
        for file in manifest.files:
            command = [str(client_tool("pg_restore")), "--no-password", "--no-owner", f"--dbname={database}"]
            done = subprocess.run([*command, str(manifest.folder / file.name)], env=environment, capture_output=True, check=False)
            output = done.stderr.decode(errors="replace")
            messages = re.findall(r"^pg_restore: error: (.*)$", output, re.M) or ([output.strip()[:500]] if done.returncode else [])
            errors += [{"archive": file.name, "error": text} for text in messages if not _OF_NEWER_SERVERS.search(text)]
    return errors


def _script_run(manifest: BackupManifest, database: str, environment: dict[str, str]) -> list[dict[str, Any]]:
    """Run the script of what the archives need, as an administrator would; returns what psql complained about."""
    if manifest.objects is None:
        return []
    command = [str(client_tool("psql")), "--no-psqlrc", "--quiet", "--no-password", f"--dbname={database}"]
    command.append(f"--file={manifest.folder / manifest.objects.name}")
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    output = done.stderr.decode(errors="replace")
    messages = re.findall(r"^psql:.*?: (?:ERROR|FATAL): +(.*)$", output, re.M) or ([output.strip()[:500]] if done.returncode else [])
    return [{"archive": manifest.objects.name, "error": text} for text in messages]


@contextmanager
def _recording(errors: list[dict[str, Any]], what: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        errors.append({"archive": what, "error": error.diag.message_primary or str(error)})


def _findings(scratch: Connection, manifest: BackupManifest, errors: list[dict[str, Any]]) -> list[Finding]:
    differences: dict[str, list[dict[str, Any]]] = {name: [] for name in FINDINGS}
    differences[FINDINGS[0]] = errors
    examined = dict.fromkeys(FINDINGS, 0)
    examined[FINDINGS[0]] = len(manifest.files)
    for relation in manifest.relations:
        examined[FINDINGS[1]] += 1
        now = catalogue_of(scratch, *relation.relation)
        if now is None:
            differences[FINDINGS[1]].append({"relation": str(relation.relation), "kind": relation.kind})
            continue
        if relation.kind == "table":
            examined[FINDINGS[2]] += 1
            differences[FINDINGS[2]] += _other_content(scratch, relation)
        if relation.catalogue is not None:
            for kind, name in zip(KINDS, FINDINGS[3:], strict=True):
                examined[name] += len(getattr(relation.catalogue, kind))
            for kind, missing, instead in defined_again(scratch, relation.catalogue).differences(now):
                name = FINDINGS[3 + KINDS.index(kind)]
                differences[name].append({"relation": str(relation.relation), "in the manifest": missing, "restored": instead})
    backup = manifest.migration_id
    return [
        Finding(name, not rows, {"examined": examined[name], "backup": backup}, len(rows), tuple(rows[:SAMPLE_ROWS]))
        for name, rows in differences.items()
    ]


def _other_content(scratch: Connection, relation: BackedUpRelation) -> list[dict[str, Any]]:
    """How the content of a table differs; the rows of materialized views follow from the tables, and are in no archive."""
    now = content_hash(scratch, *relation.relation)
    if now == (relation.rows, relation.content_hash):
        return []
    return [{"relation": str(relation.relation), "rows": relation.rows, "rows restored": now.rows,
             "content": relation.content_hash, "content restored": now.digest}]  # fmt: skip
