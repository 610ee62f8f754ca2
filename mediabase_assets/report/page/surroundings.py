"""What surrounds a migration: settings in effect, the backup and its proof, how to go back.

Contains no secret: passwords, tokens and addresses that may hold them are masked.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
from pydantic import BaseModel, SecretStr

from mediabase_assets.backup import BackupManifest, place_of, place_text, read_backup
from mediabase_assets.backup.place import verification_text
from mediabase_assets.model.errors import BackupError
from mediabase_assets.report.page.reader import Reader, Row, plain
from mediabase_assets.rollback.records import candidates
from mediabase_assets.settings.load import Settings
from mediabase_assets.settings.model import WITHOUT_EFFECT

MASK = "••••"
_SECRET = re.compile(r"pass|secret|token|webhook|credential|api_?key|sslkey|dsn", re.I)


def settings_in_effect(settings: Settings) -> list[Row]:
    """Every setting that has an effect, with its meaning and whether it is the default."""
    return [row for row in _settings(settings, "") if row["setting"] not in WITHOUT_EFFECT]


def _settings(section: BaseModel, prefix: str) -> Iterator[Row]:
    for name, field in type(section).model_fields.items():
        value, key = getattr(section, name), f"{prefix}{name}"
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{key}.")
            continue
        is_default = name not in section.model_fields_set or value == field.default
        yield {"setting": key, "value": shown(key, value), "is_default": is_default, "description": field.description or ""}


def shown(key: str, value: Any) -> str:
    """A setting as it may be shown to anybody.

    >>> shown("database.password", "x"), shown("a.location", "s3://me:pw@host/x"), shown("a.list", ["^A$"])
    ('••••', 's3://••••@host/x', '["^A$"]')
    """
    if value is None or value == "":
        return ""
    if isinstance(value, SecretStr) or _SECRET.search(key):
        return MASK
    if isinstance(value, list | tuple | set):
        return json.dumps([shown(key, part) for part in value], ensure_ascii=False)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _without_credentials(str(value))


def _without_credentials(text: str) -> str:
    """An address without user and password."""
    if "://" not in text:
        return text
    try:
        netloc = urlsplit(text).netloc
    except ValueError:
        return MASK
    return text.replace(netloc, f"{MASK}@{netloc.rpartition('@')[2]}", 1) if "@" in netloc else text


def backup(reader: Reader, backup_id: str | None) -> Row:
    """The backup of the state before the migration, and what was verified of it."""
    if not backup_id:
        return {}
    folder = f"{place_text(reader.settings)}/{backup_id}"
    try:
        manifest = read_backup(place_of(reader.settings), backup_id)
    except BackupError as error:
        return {"id": backup_id, "problem": error.what, "folder": _without_credentials(folder)}
    verified_at, findings = _verification(manifest)
    found: Row = plain({
        "id": backup_id, "folder": _without_credentials(folder), "created_at": manifest.created_at, "seconds": manifest.seconds,
        "size_bytes": manifest.size_bytes, "relations": len(manifest.relations), "rows": manifest.legacy_relation.rows,
        "pg_dump_version": manifest.pg_dump_version, "legacy_content_hash": manifest.legacy_relation.content_hash,
        "files": [{"name": f.name, "size_bytes": f.size_bytes, "sha256": f.sha256} for f in manifest.all_files],
        "verified_at": verified_at, "findings": findings,
    })  # fmt: skip
    return found


def _verification(manifest: BackupManifest) -> tuple[str | None, list[Row]]:
    """When a backup was verified, and the outcome of each question."""
    try:
        record = json.loads(verification_text(manifest) or b"")
        return record["verified_at"], [{"name": f["name"], "passed": bool(f["passed"])} for f in record["findings"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None, []


def going_back(reader: Reader) -> Row:
    """Whether the migration can be rolled back, and the command that does."""
    try:
        with reader.conn.transaction():
            known = {c.migration_id: c for c in candidates(reader.conn, reader.settings)}
    except psycopg.errors.UndefinedTable:
        return {"possible": False, "why_not": "the records do not say what it released", "command": ""}
    this = known.get(reader.migration_id)
    if this is None:
        return {"possible": False, "why_not": "it released nothing, so there is nothing to undo", "command": ""}
    command = f"mediabase rollback {reader.migration_id}"
    if this.needs_later:
        return {"possible": True, "why_not": f"only together with {', '.join(this.later)}", "command": f"{command} --with-later"}
    return {"possible": not this.why_not, "why_not": this.why_not, "command": command if not this.why_not else ""}
