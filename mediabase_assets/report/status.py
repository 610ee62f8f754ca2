"""What exists: server, databases, record counts, stages of the newest migration, runs, releases, backups.

Contains the queries on the database, each of which works in an empty one too; the layout of the answers
is in `mediabase_assets.cli.status_tables`. Nothing is written, and no server is created.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString, TypeVar

import psycopg
from psycopg import sql

from mediabase_assets.backup import BackupManifest, is_of_target
from mediabase_assets.backup.place import listed_or_why_not
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.advice import Advice, advise, read_settings
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.postgres.target import targets
from mediabase_assets.records.lock import lock_holder
from mediabase_assets.rollback.records import Candidate, candidates
from mediabase_assets.settings.load import Settings


@dataclass(frozen=True)
class Relation:
    """A relation and what it holds.

    Attributes:
        name: With its schema.
        rows: Rows; None if it does not exist, or may not be read.
        size_bytes: With indexes and TOAST; None for a view, whose rows are stored elsewhere.
    """

    name: str
    rows: int | None
    size_bytes: int | None


_Row = TypeVar("_Row")


@dataclass(frozen=True)
class StageRow:
    """A stage of the newest migration, of its assets taken together."""

    stage: int
    status: str
    assets: int
    rows: int | None
    seconds: float | None
    error: str
    started_at: datetime | None = None


@dataclass(frozen=True)
class Run:
    """A migration. `status` is `interrupted` where its record says `running` and no session holds its lock."""

    migration_id: str
    run_id: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    symbol_conflicts: str
    quarantined: int


@dataclass(frozen=True)
class Release:
    """A release, with what it changed."""

    release_id: str
    released_at: datetime
    schema_version: str
    relations: int
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Refresh:
    """A refresh of a view outside a release."""

    view: str
    refreshed_at: datetime
    how: str
    reason: str
    seconds: float


@dataclass(frozen=True)
class Status:
    """Everything that `mediabase status` prints.

    Attributes:
        server: Where it is, without a password.
        version: Of the server.
        user: The role.
        database: The database.
        databases: The project's databases on the server, with bytes.
        legacy: The legacy table.
        tables: The normalized tables, all of them, whether they exist or not.
        views: The views that people query, all of them.
        refreshes: The last refreshes of views outside a release, newest first.
        target: The live schema.
        records: The schema with the records of this target.
        others: The live schemas of other targets in the database.
        lock: Which session migrates right now, as a phrase; empty if none does.
        runs: The last migrations, newest first.
        stages: Stages of the newest one.
        releases: The last releases, newest first.
        rollbacks: Released migrations, newest first, and whether each can be rolled back.
        backups: All backups but those of other targets of the database, newest first.
        advice: Settings of the server that would make a migration faster.
        backup_problem: Why the backups cannot be listed; empty if they can.
    """

    server: str
    version: str
    user: str
    database: str
    databases: tuple[tuple[str, int], ...]
    legacy: Relation
    tables: tuple[Relation, ...]
    views: tuple[Relation, ...]
    refreshes: tuple[Refresh, ...]
    target: str
    records: str
    others: tuple[str, ...]
    lock: str
    runs: tuple[Run, ...]
    stages: tuple[StageRow, ...]
    releases: tuple[Release, ...]
    rollbacks: tuple[Candidate, ...]
    backups: tuple[BackupManifest, ...]
    advice: tuple[Advice, ...]
    backup_problem: str = ""


def is_nothing_here(settings: Settings) -> bool:
    """Whether the embedded server would be used and was never created.

    Raises:
        ServerError: Its folder is another account's.
    """
    return settings.database.is_embedded and server.status(settings.home).data_dir is None


def read_status(settings: Settings) -> Status:
    """Read everything.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase status") as conn:
        conn.execute("set default_transaction_read_only = on")
        live = settings.database.schema_name
        has_journal = _is_readable(conn, conn.workspace.operations, "migration_runs")
        lock = lock_holder(conn, settings)
        runs = _runs(conn, bool(lock)) if has_journal else ()
        legacy = relation(conn, settings.database.source_schema, settings.database.legacy_table)
        listed, problem = listed_or_why_not(settings)
        return Status(
            server=_place(settings),
            version=str(conn.info.parameter_status("server_version")),
            user=conn.info.user,
            database=conn.info.dbname,
            databases=_databases(conn),
            legacy=legacy,
            tables=tuple(relation(conn, live, t.name) for t in TABLES),
            views=tuple(relation(conn, live, v.name) for v in VIEWS),
            refreshes=_refreshes(conn) if has_journal else (),
            target=live,
            records=conn.workspace.operations,
            others=tuple(sorted({t.live_schema for t in targets(conn) if t.live_schema and t.workspace != conn.workspace})),
            lock=lock,
            runs=runs,
            stages=_stages(conn, runs[0].migration_id, runs[0].status == RunStatus.RELEASED) if runs else (),
            releases=_releases(conn) if has_journal else (),
            rollbacks=candidates(conn, settings)[:5] if has_journal else (),
            backups=tuple(m for m in listed if m.database != conn.info.dbname or is_of_target(m, m.database, live)),
            backup_problem=problem,
            advice=advise(read_settings(conn), legacy.size_bytes or 0),
        )


def relation(conn: Connection, schema: str, name: str) -> Relation:
    """A relation as it is, its rows counted."""
    full = f"{schema}.{name}"
    row = conn.execute(
        """select c.relkind::text, pg_total_relation_size(c.oid),
                  has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
           from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s""",
        (schema, name),
    ).fetchone()
    if row is None:
        return Relation(full, None, None)
    kind, size, is_readable = row
    size_bytes = int(size) if kind in "rm" else None
    if not is_readable:
        return Relation(full, None, size_bytes)
    counted = conn.value(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name)))
    return Relation(full, counted, size_bytes)


def _is_readable(conn: Connection, schema: str, name: str) -> bool:
    is_readable = conn.value(
        """select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = %s and c.relname = %s and has_schema_privilege(n.oid, 'usage')
             and has_table_privilege(c.oid, 'select'))""",
        schema, name,
    )  # fmt: skip
    return bool(is_readable)


def _place(settings: Settings) -> str:
    database = settings.database
    if database.is_embedded:
        return f"embedded, in {settings.home}"
    return f"service {database.service}" if database.service else f"{database.host}, port {database.port}"


def _databases(conn: Connection) -> tuple[tuple[str, int], ...]:
    rows = conn.execute(
        """select datname, pg_database_size(oid) from pg_database
           where datname in (current_database(), left(current_database(), 55) || '_dagster')
             and has_database_privilege(oid, 'connect') order by datname <> current_database()"""
    ).fetchall()
    return tuple((str(name), int(size)) for name, size in rows)


def _runs(conn: Connection, is_locked: bool) -> tuple[Run, ...]:
    runs = _rows(
        conn,
        Run,
        """select r.migration_id, coalesce(r.run_id, '') as run_id, r.status, r.started_at, r.finished_at,
                  coalesce(r.configuration ->> 'symbol_conflicts', '') as symbol_conflicts,
                  coalesce((select sum(q.facts) from reason_account as q
                            where q.migration_id = r.migration_id and q.outcome = 'quarantined'), 0)::bigint as quarantined
           from migration_runs as r order by r.started_at desc, r.migration_id desc limit 5""",
    )
    return tuple(replace(run, status=RunStatus.INTERRUPTED) if run.status == RunStatus.RUNNING and not is_locked else run for run in runs)


def _stages(conn: Connection, migration_id: str, is_released: bool) -> tuple[StageRow, ...]:
    """The stages that the migration worked on, and of a released one those whose assets were all up to date: they were skipped."""
    stages = _rows(
        conn,
        StageRow,
        """select stage, case when count(*) filter (where migration_id = %(id)s and status <> 'kept') = 0 then 'skipped'
                              when bool_or(status = 'failed') filter (where migration_id = %(id)s) then 'failed'
                              when bool_or(status = 'running') filter (where migration_id = %(id)s) then 'running'
                              else min(status) filter (where migration_id = %(id)s) end as status,
                  count(*) filter (where migration_id = %(id)s) as assets,
                  sum(row_count) filter (where migration_id = %(id)s)::bigint as rows,
                  sum(seconds) filter (where migration_id = %(id)s) as seconds,
                  coalesce(min(detail::jsonb ->> 'error') filter (where status = 'failed' and migration_id = %(id)s), '') as error,
                  min(started_at) filter (where migration_id = %(id)s) as started_at
           from migration_stages where migration_id = %(id)s or %(released)s group by stage order by stage""",
        id=migration_id, released=is_released,
    )  # fmt: skip
    return tuple(stages)


def as_it_is_now(status: Status, *, running: Collection[int] = (), stale: Collection[int] = ()) -> Status:
    """The same with the stages marked that are running now, and those of which an asset has to be rebuilt.

    Args:
        status: As the journal has it.
        running: Stages that are running now, by Dagster's events.
        stale: Stages of which an asset has to be rebuilt.
    """
    known = {row.stage: row for row in status.stages}
    known |= {n: StageRow(n, "running", 0, None, None, "") for n in running if n not in known}
    rows = []
    for number, row in sorted(known.items()):
        state = "running" if number in running else "stale" if number in stale and row.status != "failed" else row.status
        rows.append(replace(row, status=state))
    return replace(status, stages=tuple(rows))


def _releases(conn: Connection) -> tuple[Release, ...]:
    releases = _rows(
        conn,
        Release,
        """select r.release_id, r.released_at, r.schema_version, count(l.relation) as relations,
                  coalesce(sum(l.inserted), 0)::bigint as inserted,
                  coalesce(sum(l.updated), 0)::bigint as updated, coalesce(sum(l.deleted), 0)::bigint as deleted
           from releases as r left join release_relations as l using (release_id)
           group by 1, 2, 3 order by 2 desc limit 5""",
    )
    return tuple(releases)


def _refreshes(conn: Connection) -> tuple[Refresh, ...]:
    refreshes = _rows(
        conn,
        Refresh,
        """select view, refreshed_at, how, reason, seconds from view_refreshes
           where how <> 'kept' order by refreshed_at desc, view limit 5""",
    )
    return tuple(refreshes)


def _rows(conn: Connection, cls: type[_Row], query: LiteralString, **parameters: object) -> list[_Row]:
    """Rows of the journal; none where a table of it is of another version."""
    try:
        return conn.rows(cls, query, **parameters)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return []
