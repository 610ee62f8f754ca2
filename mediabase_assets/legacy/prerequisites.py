"""What must be true before a migration may start, each as a finding that says what to do when it is not.

Contains the checks of the server and of the legacy table; nothing is written.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg import sql

from mediabase_assets.backup.place import place_of, place_text, require_usable
from mediabase_assets.legacy.table import LegacyDescription, describe_legacy_table
from mediabase_assets.model.errors import BackupError
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.legacy import REQUIRED_COLUMNS
from mediabase_assets.model.quantities import counted, size
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres import limits
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.postgres.target import is_ours
from mediabase_assets.records.lock import is_refresh, lock_holder, run_of
from mediabase_assets.settings.load import Settings

#: Oldest server that is supported: the oldest that PostgreSQL itself supports.
OLDEST_SERVER = 140000
#: Free disk space that a migration asks for, as a multiple of the legacy table.
DISK_FACTOR = 3

#: The sentences that are true, with what a curator reads about each.
PREREQUISITES: dict[str, str] = {
    "server_is_recent_enough": "The server is PostgreSQL 14 or newer.",
    "encoding_is_utf8": "The database stores text as UTF-8.",
    "role_may_create_schemas": "The role may create schemas in the database and relations in the live schema.",
    "ddl_is_allowed": "No event trigger forbids the creation of schemas, tables and views.",
    "tablespace_is_open": "The role may create tables in its default_tablespace.",
    "foreign_keys_are_checked": "Foreign keys are checked in the sessions of the role.",
    "sessions_are_enough": "The limits of the role, the database and the server leave enough sessions for a migration.",
    "legacy_table_is_there": "The legacy table exists and is a table.",
    "legacy_table_is_not_ours": "The legacy table is not a relation that a release creates or rewrites.",
    "legacy_table_is_readable": "The role may read the legacy table.",
    "no_rows_are_hidden": "No row-level security policy hides rows of the legacy table from the role.",
    "required_columns_are_there": "The legacy table has transcript_id, and gene_id or gene_symbol, of types that can be read.",
    "legacy_table_has_rows": "The legacy table is not empty.",
    "transcript_ids_are_unique": "Every legacy row has a transcript_id of its own.",
    "disk_has_room": "The server's disk has three times the size of the legacy table free, where that can be known.",
    "backups_can_be_kept": "The place of the backups can be written to, and read from.",
    "no_other_migration_runs": "No other migration into the same schema is running.",
    "target_names_are_free": "No other relation of the live schema has the name of a table or view that a release creates.",
}


def look(
    conn: Connection, settings: Settings, *, run_id: str = "", left_out: Sequence[str | None] = ()
) -> tuple[LegacyDescription, list[Finding]]:
    """Check every prerequisite; those that need an earlier one to be true are left out when it is not.

    Args:
        conn: A session of any kind.
        settings: The settings.
        run_id: The run that asks, which may hold the lock itself.
        left_out: Transcripts whose rows are not migrated at all; None for rows without an id.
    """
    schema, table = settings.database.source_schema, settings.database.legacy_table
    legacy = describe_legacy_table(conn, schema, table)
    needed = limits.sessions_needed()
    checks: list[Callable[[], Finding]] = [
        lambda: _version(conn),
        lambda: _encoding(conn),
        lambda: _privileges(conn, settings),
        lambda: _allowed("foreign_keys_are_checked", limits.unchecked_keys(conn)),
        lambda: _allowed("tablespace_is_open", limits.closed_tablespace(conn)),
        lambda: _allowed("sessions_are_enough", limits.too_few_sessions(conn, needed), needed=needed),
        lambda: _is_there(legacy, schema, table),
        lambda: _not_ours(conn, settings),
    ]
    findings = [check() for check in checks]
    if all(f.passed for f in findings if f.check == "role_may_create_schemas"):
        findings.append(_allowed("ddl_is_allowed", limits.forbidden_ddl(conn, settings.database.schema_name)))
    if is_alone(legacy):
        readable, columns = _readable(conn, schema, table), _columns(legacy)
        visible = _allowed("no_rows_are_hidden", limits.hidden_rows(conn, schema, table))
        findings += [readable, visible, columns]
        if readable.passed and visible.passed:
            findings += [_rows(conn, schema, table), _disk(conn, settings, legacy)]
        if readable.passed and visible.passed and columns.passed:
            findings.append(_unique(conn, schema, table, left_out))
    findings += [_backups(settings), _alone(conn, settings, run_id), _names(conn, settings)]
    return legacy, findings


def _finding(check: str, passed: bool, problem: str, next_step: str, **examined: Any) -> Finding:
    if not passed:
        examined |= {"problem": problem, "next step": next_step}
    return Finding(check, passed, examined, 0 if passed else 1)


def _allowed(check: str, denial: limits.Denial, **examined: Any) -> Finding:
    return _finding(check, not denial.what, denial.what, denial.next_step, **examined)


def _version(conn: Connection) -> Finding:
    version = conn.info.server_version
    text = f"{version // 10000}.{version % 10000}"
    return _finding(
        "server_is_recent_enough", version >= OLDEST_SERVER, f"The server is PostgreSQL {text}; 14 is the oldest supported.",
        "Upgrade the server, or restore the legacy table into a newer one (--legacy-from).", server_version=text,
    )  # fmt: skip


def _encoding(conn: Connection) -> Finding:
    encoding: str = conn.value("select pg_encoding_to_char(encoding) from pg_database where datname = current_database()")
    return _finding(
        "encoding_is_utf8", encoding == "UTF8", f"The database stores text as {encoding}.",
        "Dump it and restore it into a database created with encoding UTF8.", encoding=encoding,
    )  # fmt: skip


def _privileges(conn: Connection, settings: Settings) -> Finding:
    live = settings.database.schema_name
    row = conn.execute(
        """select has_database_privilege(current_database(), 'create'), has_database_privilege(current_database(), 'temporary'),
             exists (select from pg_namespace where nspname = %(live)s),
             coalesce((select has_schema_privilege(oid, 'create') from pg_namespace where nspname = %(live)s), true), current_user""",
        {"live": live},
    ).fetchone()
    assert row is not None
    may_create, may_temporary, exists, may_fill, role = row
    missing = [
        *(["create on database"] if not may_create else []),
        *(["temporary on database"] if not may_temporary else []),
        *([f"create on schema {live}"] if exists and not may_fill else []),
    ]
    grants = "; ".join(f"grant {m} {conn.info.dbname} to {role}" if m.endswith("database") else f"grant {m} to {role}" for m in missing)
    return _finding(
        "role_may_create_schemas", not missing, f"The role {role} lacks: {', '.join(missing)}.",
        f"Ask the administrator for: {grants};", role=role, schema=live,
    )  # fmt: skip


def _is_there(legacy: LegacyDescription, schema: str, table: str) -> Finding:
    name = f"{schema}.{table}"
    step = (
        f"Migrate an ordinary table with its rows (create table {schema}.{table}_copy as table {name};): "
        f"name it with database.legacy_table: {table}_copy."
    )
    if not legacy.exists:
        problem = f"There is no table {name}."
        step = "Name its schema (database.legacy_schema), load one (--legacy-from FILE), or try the demonstration (--demo)."
    elif legacy.kind != "table":
        problem = f"{name} is a {legacy.kind}, not an ordinary table."
        if legacy.kind in ("view", "materialized view"):
            step = "Migrate the table that it shows: name it with database.legacy_schema and database.legacy_table."
    elif legacy.children:
        problem = (
            f"{name} has children by inheritance: {', '.join(legacy.children)}. A select reads their rows too, a backup does not hold them."
        )
    else:
        problem = f"{name} inherits from {', '.join(legacy.parents)}, or is a partition of it: a backup of it alone cannot be restored."
    return _finding(
        "legacy_table_is_there",
        is_alone(legacy),
        problem,
        step,
        relation=name,
        columns=len(legacy.columns or {}),
    )


def _not_ours(conn: Connection, settings: Settings) -> Finding:
    schema, table = settings.database.source_schema, settings.database.legacy_table
    return _finding(
        "legacy_table_is_not_ours", not is_ours(conn, settings, schema, table),
        f"{schema}.{table} is a relation that a release makes, and would be rewritten by it.",
        "Name the table that MEDIABASE's old scripts wrote: database.legacy_schema and database.legacy_table.",
        relation=f"{schema}.{table}",
    )  # fmt: skip


def is_alone(legacy: LegacyDescription) -> bool:
    """Whether it is an ordinary table, with neither children nor parents by inheritance."""
    return legacy.kind == "table" and not legacy.children and not legacy.parents


def _readable(conn: Connection, schema: str, table: str) -> Finding:
    query = """select has_schema_privilege(%(s)s, 'usage')
                 and has_table_privilege(format('%%I.%%I', %(s)s::text, %(t)s::text), 'select')"""
    role = conn.value("select current_user")
    return _finding(
        "legacy_table_is_readable", bool(conn.value(query, s=schema, t=table)), f"The role {role} may not read {schema}.{table}.",
        f"Ask the administrator for: grant usage on schema {schema} to {role}; grant select on {schema}.{table} to {role};",
        role=role,
    )  # fmt: skip


def _columns(legacy: LegacyDescription) -> Finding:
    missing = [names for names in REQUIRED_COLUMNS if not any(n in (legacy.columns or {}) for n in names)]
    wrong = {name: f"{actual}, expected {expected}" for name, (actual, expected) in (legacy.wrong_types or {}).items()}
    parts = [f"no column {' or '.join(names)}" for names in missing] + [f"{k} is {v}" for k, v in wrong.items()]
    return _finding(
        "required_columns_are_there", not parts, f"The legacy table cannot be read: {'; '.join(parts)}.",
        _how_to_read(legacy),
        absent_columns_count_as_empty=list(legacy.missing), unknown_columns_are_archived=list(legacy.extra),
    )  # fmt: skip


def _how_to_read(legacy: LegacyDescription) -> str:
    """What to do about columns that cannot be read."""
    step = "Check that this is MEDIABASE's cancer_transcript_base; add or cast the columns in a copy of it."
    casts = "; ".join(
        f'alter table copy alter column "{name}" drop default, alter column "{name}" type {expected} using "{name}"::{expected}'
        for name, (actual, expected) in (legacy.wrong_types or {}).items()
        if actual in ("text", "character varying") or expected == "text"
    )
    return f"{step} In the copy: {casts};" if casts else step


def _rows(conn: Connection, schema: str, table: str) -> Finding:
    query = sql.SQL("select exists (select from {})").format(sql.Identifier(schema, table))
    return _finding(
        "legacy_table_has_rows", bool(conn.value(query)), f"The table {schema}.{table} is empty.",
        "Load the legacy data first (--legacy-from FILE), or try the demonstration (--demo).", relation=f"{schema}.{table}",
    )  # fmt: skip


def _unique(conn: Connection, schema: str, table: str, left_out: Sequence[str | None]) -> Finding:
    """The old schema has a primary key; a copy of the table may have lost it."""
    query = sql.SQL(
        'select transcript_id::text collate "C", count(*) from {} where not coalesce(transcript_id::text = any(%s), %s)'
        " group by 1 having count(*) > 1 or bool_or(transcript_id is null) order by 2 desc, 1 limit 5"
    )
    named = [name for name in left_out if name is not None]
    twice = conn.execute(query.format(sql.Identifier(schema, table)), (named, None in left_out)).fetchall()
    shown = ", ".join(f"{'NULL' if name is None else name} ({counted(n, 'row')})" for name, n in twice)
    return _finding(
        "transcript_ids_are_unique", not twice, f"Rows share a transcript_id or have none: {shown}.",
        "Give every row of a copy of the table one transcript_id of its own, and migrate the copy.", relation=f"{schema}.{table}",
        transcripts=[name for name, _ in twice],
    )  # fmt: skip


def _disk(conn: Connection, settings: Settings, legacy: LegacyDescription) -> Finding:
    needed = DISK_FACTOR * legacy.size_bytes
    folder = _data_directory(conn) if settings.database.is_embedded else None
    if folder is None:
        return _finding(
            "disk_has_room",
            True,
            "",
            "",
            needed=size(needed),
            note="free space on the server cannot be known from here",
        )
    free = shutil.disk_usage(folder).free
    return _finding(
        "disk_has_room", free >= needed,
        f"A migration needs {size(needed)} of disk, three times the legacy table; {size(free)} are free.",
        f"Free space on the disk of {folder}.", needed=size(needed), free=size(free),
    )  # fmt: skip


def _data_directory(conn: Connection) -> Path | None:
    setting = conn.value("select setting from pg_settings where name = 'data_directory'")
    folder = Path(setting) if setting else None
    while folder is not None and not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _backups(settings: Settings) -> Finding:
    place, problem, step = place_text(settings), "", ""
    try:
        require_usable(place_of(settings))
    except BackupError as error:
        problem, step = f"No backup can be kept in {place}. {error.what}", error.next_step
    return _finding("backups_can_be_kept", not problem, problem, step, place=place)


def _alone(conn: Connection, settings: Settings, run_id: str) -> Finding:
    who = lock_holder(conn, settings)
    who = "" if run_id and run_of(who) == run_id else who
    return _finding(
        "no_other_migration_runs", not who or is_refresh(who), f"Another migration of this database is running{who}.",
        "Wait until it has ended (mediabase status), then try again.", schema=settings.database.schema_name,
    )  # fmt: skip


def _names(conn: Connection, settings: Settings) -> Finding:
    live = settings.database.schema_name
    expected = {r.name: set(r.columns) for r in RELATIONS} | {t.name: set(t.columns) for t in TABLES if t.is_view}
    shown = [v.name for v in VIEWS]
    rows = conn.execute(
        """select c.relname, array_agg(a.attname::text), c.relkind::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
           join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           where n.nspname = %s and c.relname = any(%s) group by 1, 3 order by 1""",
        (live, [*expected, *shown]),
    ).fetchall()
    # a view of an old program under the name of one of ours is replaced, a table is not; a view of an earlier version gets new columns
    foreign = [n for n, columns, kind in rows if (kind not in ("v", "m") if n in shown else not _fits(expected[n], set(columns), kind))]
    renames = "; ".join(f"alter table {live}.{name} rename to {name}_old" for name in foreign)
    return _finding(
        "target_names_are_free", not foreign, f"Other relations than ours have these names in {live}: {', '.join(foreign)}.",
        f"Rename them ({renames};) or set MB_POSTGRES_SCHEMA to another schema.", looked_for=len(expected) + len(shown), found=len(rows),
    )  # fmt: skip


def _fits(expected: set[str], columns: set[str], kind: str) -> bool:
    """Whether a relation may be ours: a table with all columns, or a view with all of them, or with fewer."""
    return expected <= columns or (kind == "v" and columns <= expected)
