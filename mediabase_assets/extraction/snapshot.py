"""The snapshot of the legacy table: the one time that a migration reads it.

All statements run in one transaction of isolation REPEATABLE READ, so that sessions which still write to the table cannot
make the tables of the migration disagree. Columns may be missing (they count as empty) or extra (archived).
"""

from dataclasses import dataclass, field
from hashlib import md5
from typing import LiteralString

from psycopg import sql

from mediabase_assets.curation import edits
from mediabase_assets.curation.edits import Applied
from mediabase_assets.curation.file import rules_of
from mediabase_assets.extraction.rules import EXTRACTION
from mediabase_assets.extraction.views import without_views
from mediabase_assets.legacy.table import LegacyDescription
from mediabase_assets.model.errors import BuildError, EmptiedError
from mediabase_assets.model.extraction import made_with, tables_of
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, Fate, LegacyColumn
from mediabase_assets.postgres.content_hash import ContentHash, HashColumn, combine, hash_columns, hash_sums, physical_fingerprint
from mediabase_assets.postgres.sql_files import Connection, exists, has_rows, run
from mediabase_assets.settings.load import Settings
from mediabase_assets.settings.sql_settings import settings_digest

#: Relations that the snapshot builds, in this order.
SNAPSHOT_RELATIONS = ("legacy_rows", "legacy_payloads")
#: Types of the legacy table's columns, as a cast names them.
_TYPES: dict[str, LiteralString] = {"text": "text", "text[]": "text[]", "jsonb": "jsonb", "double precision": "double precision"}


@dataclass(frozen=True)
class Snapshot:
    """What a migration works from.

    Attributes:
        snapshot_id: Names the snapshot: its content hash.
        content_hash: The content hash of the legacy table in this snapshot.
        rows: Legacy rows.
        applied: What rules of curators changed in it.
    """

    snapshot_id: str
    content_hash: str
    rows: int
    applied: Applied = field(default_factory=Applied)

    def version_of(self, relation: str) -> str:
        """The data version of one of its relations: the content hash, and what rules changed."""
        changes = {"legacy_rows": self.applied.rows, "legacy_payloads": self.applied.values}[relation]
        return md5(f"{self.content_hash} {changes}".encode(), usedforsecurity=False).hexdigest() if changes else self.content_hash


def take_snapshot(conn: Connection, settings: Settings, legacy: LegacyDescription) -> Snapshot:
    """Read the legacy table into `legacy_rows` and `legacy_payloads`, and record which snapshot that is.

    Args:
        conn: A build session in a transaction of isolation REPEATABLE READ.
        settings: Where the legacy table is, and what changes the extraction.
        legacy: The legacy table as it was described.
    """
    schema, table = settings.database.source_schema, settings.database.legacy_table
    columns = hash_columns(conn, schema, table, include_timestamps=True)
    with without_views(conn, SNAPSHOT_RELATIONS):
        for relation in ("legacy_snapshot", *SNAPSHOT_RELATIONS):
            conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(relation)))
        conn.execute(create_legacy_source(legacy, columns, schema, table))
        rules, applied = rules_of(settings), Applied()
        _build(conn, "legacy_rows")
        row = conn.execute(
            sql.SQL("select count(*), {} from legacy_rows").format(hash_sums(sql.Identifier("row_digest"), conn.info.server_version))
        ).fetchone()
        has_rules = edits.begin(conn, rules)
        _build(conn, "legacy_payloads")
        if has_rules:
            applied = edits.finish(conn, rules)
    archived = archived_counts(conn, legacy, schema, table)
    assert row is not None
    conn.execute("drop view pg_temp.legacy_source")
    rows, *sums = row
    digest = combine(columns, *map(int, sums))
    snapshot = Snapshot(digest, digest, int(rows), applied)
    _record(conn, snapshot, settings, archived)
    note_content(conn, physical_fingerprint(conn, schema, table), ContentHash(snapshot.rows, digest))
    return snapshot


def _build(conn: Connection, relation: str) -> None:
    run(conn, EXTRACTION / f"{relation}.sql")
    analyze(conn, relation)


def analyze(conn: Connection, name: str) -> None:
    """Statistics of an extraction relation, from a tenth of the usual sample: its plans join whole relations, nothing finer.

    Autovacuum would process it a second time while it is read, for nothing: no row of it ever changes.
    """
    conn.execute(sql.SQL("alter table {} set (autovacuum_enabled = false, toast.autovacuum_enabled = false)").format(sql.Identifier(name)))
    conn.execute("set default_statistics_target = 10")
    conn.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
    conn.execute("reset default_statistics_target")


def note_content(conn: Connection, fingerprint: str, content: ContentHash) -> None:
    """Record which content the legacy table has in a state, so that the same state need not be read again."""
    conn.execute(
        """insert into legacy_contents (fingerprint, content_hash, row_count) values (%s, %s, %s)
           on conflict (fingerprint) do update set content_hash = excluded.content_hash, row_count = excluded.row_count""",
        (fingerprint, content.digest, content.rows),
    )


def known_content(conn: Connection, fingerprint: str) -> ContentHash | None:
    """Which content the legacy table has in a state, if it was read in that state."""
    if not exists(conn, "legacy_contents"):
        return None
    query = "select row_count as rows, content_hash as digest from legacy_contents where fingerprint = %s"
    return conn.row(ContentHash, query, fingerprint)


def create_legacy_source(legacy: LegacyDescription, hashed: tuple[HashColumn, ...], schema: str, table: str) -> sql.Composed:
    """A temporary view of the legacy table with every column that the extraction reads, NULL where it is absent.

    Each large value is turned to text and digested once: `<column>__md5` serves the extraction and the row digest.
    """
    columns = [c for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is Fate.CARRIED]
    inner = [_column(c, (legacy.columns or {}).get(c.name)) for c in columns]
    large = [h.name for h in hashed if h.is_large]
    inner += [sql.SQL("{} as {}").format(sql.Identifier(h.name), sql.Identifier(f"{h.name}__raw")) for h in hashed if not h.is_large]
    inner += [sql.SQL("md5({}::text) as {}").format(sql.Identifier(n), sql.Identifier(f"{n}__md5")) for n in large]
    inner += [
        sql.SQL("md5(null) as {}").format(sql.Identifier(f"{c.name}__md5"))
        for c in columns
        if (c.is_json or c.is_array) and c.name not in large
    ]
    parts = [sql.Identifier(f"{h.name}__{'md5' if h.is_large else 'raw'}") for h in sorted(hashed)]
    return sql.SQL(
        "create temporary view legacy_source as select s.*, md5(row({parts})::text) as row_digest"
        " from (select {columns}, ctid as legacy_ctid from {table} offset 0) as s"
    ).format(parts=sql.SQL(", ").join(parts), columns=sql.SQL(", ").join(inner), table=sql.Identifier(schema, table))


def _column(column: LegacyColumn, actual_type: str | None) -> sql.Composable:
    """One column that is read, under its own name and type; NULL where the table does not have it."""
    return sql.SQL("{} as {}").format(read_as(column, actual_type), sql.Identifier(column.name))


def read_as(column: LegacyColumn, actual_type: str | None) -> sql.Composable:
    """SQL that reads a column of the legacy table as the type that it should have; texts compare by their bytes.

    A table may have collations of its own, and one that is not deterministic refuses LIKE and takes different ids for equal.

    Args:
        column: What it should be.
        actual_type: Its type in the table, None where the table does not have it.

    >>> read_as(LegacyColumn("gene_id", "text"), "text").as_string()
    '"gene_id" collate "C"'
    >>> read_as(LegacyColumn("expression_fold_change", "double precision"), "real").as_string()
    '"expression_fold_change"::text::double precision'
    """
    name = sql.NULL if actual_type is None else sql.Identifier(column.name)
    # the digits that a real prints are its value: a cast would add binary noise to them
    middle = sql.SQL("::text" if column.sql_type == "double precision" and actual_type not in (None, column.sql_type) else "")
    cast = sql.SQL("" if actual_type == column.sql_type else f"::{_TYPES[column.sql_type]}")
    collation = sql.SQL(' collate "C"' if column.sql_type in ("text", "text[]") else "")
    return sql.Composed([name, middle, cast, collation])


def archived_counts(conn: Connection, legacy: LegacyDescription, schema: str, table: str) -> dict[str, int]:
    """For every legacy column without a target: the rows in which it holds anything, all of which stay in the backup."""
    carried = {c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is Fate.CARRIED}
    archived = [name for name in legacy.columns or {} if name not in carried]
    if not archived:
        return {}
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(name)) for name in archived)
    row = conn.execute(sql.SQL("select {} from {}").format(counts, sql.Identifier(schema, table))).fetchone()
    return dict(zip(archived, map(int, row or ()), strict=True))


def _record(conn: Connection, snapshot: Snapshot, settings: Settings, archived: dict[str, int]) -> None:
    conn.execute(
        """create table legacy_snapshot (
             snapshot_id text not null, content_hash text not null, row_count bigint not null, settings jsonb not null,
             archived jsonb not null, taken_at timestamptz not null default now())"""
    )
    conn.execute(
        """insert into legacy_snapshot (snapshot_id, content_hash, row_count, settings, archived)
           select %s, %s, %s, %s::jsonb,
             coalesce((select jsonb_object_agg(k, v) from unnest(%s::text[], %s::bigint[]) as a (k, v)), '{}')""",
        (snapshot.snapshot_id, snapshot.content_hash, snapshot.rows, settings_digest(settings), list(archived), list(archived.values())),
    )  # fmt: skip


def current_snapshot(conn: Connection, asset: str) -> Snapshot:
    """The snapshot that the extraction relations of this session come from.

    Raises:
        BuildError: The session has no snapshot.
    """
    next_step = "Materialize extraction/legacy_rows and what depends on it, or run `mediabase migrate`."
    query = "select snapshot_id, content_hash, row_count as rows from legacy_snapshot"
    recorded = conn.row(Snapshot, query) if exists(conn, "legacy_snapshot") else None
    if recorded is None:
        raise BuildError("There is no snapshot of the legacy table to build from.", where=asset, next_step=next_step)
    return recorded


def require_inputs(conn: Connection, names: tuple[str, ...], asset: str) -> None:
    """See that the relations an asset reads exist and were not emptied by a crash of the server; of a view also what it shows.

    Raises:
        BuildError: One is gone; says which asset to materialize.
    """
    for name in dict.fromkeys((*names, *tables_of(names))):
        query = "select asset, row_count from built_relations where relation = %s"
        asset_of, rows = conn.execute(query, (name,)).fetchone() or (None, None)
        is_there = exists(conn, name)
        if is_there and (asset_of is None or rows == 0 or has_rows(conn, name)):
            continue
        owner = asset_of or f"extraction/{made_with(name)}"
        raise (EmptiedError if is_there and asset_of is not None else BuildError)(
            f"The relation {name} is {'empty though it had rows' if is_there else 'gone'}.",
            where=asset,
            next_step=f"Materialize {owner} first, or run `mediabase migrate`.",
        )
