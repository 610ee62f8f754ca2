"""The quarantine of a migration, as a curator asks for it: by reason, gene, transcript, column, asset or text; one entry whole; counts.

Reads only. An entry has an id that follows from its content alone, so that it is the same in every migration in which the entry is.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

from psycopg import sql

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.reasons import QUARANTINE_REASONS
from mediabase_assets.postgres.sql_files import Connection, is_there, read
from mediabase_assets.settings.load import Settings

SQL = Path(__file__).parent / "sql" / "quarantine"
#: Digits of an id that are shown; `show` takes any beginning that only one entry has.
SHOWN = 12
SENTENCES = {reason.code: reason.sentence for reason in QUARANTINE_REASONS}


class QuarantineError(MediabaseError):
    """What was asked for is not in the quarantine."""


@dataclass(frozen=True)
class Filters:
    """Which entries are asked for; an empty one asks for all.

    Attributes:
        reasons: Reason codes.
        gene: Gene id or symbol.
        transcript: Transcript id as the legacy row has it.
        columns: Legacy columns.
        asset: Asset, or the part behind its layer.
        text: A text in the raw value, whatever its case.
    """

    reasons: tuple[str, ...] = ()
    gene: str = ""
    transcript: str = ""
    columns: tuple[str, ...] = ()
    asset: str = ""
    text: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry."""

    id: str
    reason: str
    gene_id: str | None
    gene_symbol: str | None
    transcript_id: str | None
    legacy_column: str
    json_path: str
    raw_value: Any
    winner: str | None
    fact_count: int
    asset: str
    migration_id: str
    rule_id: str | None
    rule_why: str | None

    @property
    def sentence(self) -> str:
        """What its reason means; of what a rule left out, what the rule says."""
        return self.rule_why or SENTENCES.get(self.reason, "")

    def as_row(self) -> dict[str, Any]:
        """The entry for JSON and files."""
        return {**{k: v for k, v in self.__dict__.items() if k != "rule_why"}, "sentence": self.sentence}


def migration_of(conn: Connection, settings: Settings, wanted: str | None) -> str:
    """The migration whose quarantine is asked for: the live release's, or the named one.

    Raises:
        QuarantineError: There is no such migration, or nothing was released.
    """
    operations = conn.workspace.operations
    if not is_there(conn, operations, "quarantine"):
        raise QuarantineError(
            "There is no quarantine yet.", where=f"schema {operations}", next_step="mediabase migrate --demo, or mediabase migrate"
        )
    table = sql.Identifier(operations, "migration_runs")
    if wanted is not None:
        if conn.value(sql.SQL("select exists (select from {} where migration_id = %s)").format(table), wanted):
            return wanted
        known = conn.values(sql.SQL("select migration_id from {} order by started_at desc limit 5").format(table))
        raise QuarantineError(
            f"There is no migration {wanted}.", where=f"schema {operations}",
            next_step=f"Give one of the newest, {', '.join(known)}; `mediabase status` lists them." if known else "mediabase migrate",
        )  # fmt: skip
    releases = sql.SQL(
        "select migration_id from {} where rolled_back_at is null order by released_at desc, migration_id desc limit 1"
    ).format(sql.Identifier(operations, "releases"))
    live = conn.value(releases)
    if live is None:
        raise QuarantineError(
            "Nothing is released.",
            where=f"schema {operations}",
            next_step="Name a migration: --migration ID; `mediabase status` lists them.",
        )
    return str(live)


def _parameters(migration_id: str, filters: Filters) -> dict[str, Any]:
    return {
        "migration": migration_id, "reasons": list(filters.reasons) or None, "gene": filters.gene or None,
        "transcript": filters.transcript or None, "columns": list(filters.columns) or None, "asset": filters.asset or None,
        "text": filters.text or None,
    }  # fmt: skip


def _query(conn: Connection, settings: Settings, name: str) -> sql.Composed:
    """One of the questions, composed with the schemas of this target; relations that earlier versions did not have are empty."""
    operations, live = conn.workspace.operations, settings.database.schema_name
    genes = sql.SQL("select gene_id, gene_symbol from {}").format(sql.Identifier(live, "genes"))
    rules = sql.SQL("select migration_id, rule_id, coalesce(value #>> '{{}}', why) as why from {}").format(
        sql.Identifier(operations, "curation_rules")
    )
    no_genes: LiteralString = "select null::text as gene_id, null::text as gene_symbol where false"
    no_rules: LiteralString = "select null::text as migration_id, null::text as rule_id, null::text as why where false"
    entries = sql.SQL(read(SQL / "entries.sql")).format(
        quarantine=sql.Identifier(operations, "quarantine"),
        genes=genes if is_there(conn, live, "genes") else sql.SQL(no_genes),
        rules=rules if is_there(conn, operations, "curation_rules") else sql.SQL(no_rules),
        rule_id=sql.SQL("to_jsonb(q) ->> 'rule_id'"),
    )
    return sql.SQL(read(SQL / f"{name}.sql")).format(entries=entries)


def count_entries(conn: Connection, settings: Settings, migration_id: str, filters: Filters) -> int:
    """How many entries there are."""
    return int(conn.value(_query(conn, settings, "count"), **_parameters(migration_id, filters)))


def list_entries(
    conn: Connection, settings: Settings, migration_id: str, filters: Filters, *, limit: int | None = None, offset: int = 0
) -> list[Entry]:  # fmt: skip
    """Entries in a fixed order: by reason, column, gene, transcript, path."""
    values = _parameters(migration_id, filters) | {"limit": limit, "offset": offset}
    return conn.rows(Entry, _query(conn, settings, "page"), **values)


def find_entry(conn: Connection, settings: Settings, migration_id: str, beginning: str) -> Entry:
    """The entry whose id begins so.

    Raises:
        QuarantineError: There is none, or several.
    """
    query = _query(conn, settings, "found")
    found = conn.rows(Entry, query, **_parameters(migration_id, Filters()), id=beginning.lower())
    ids = {entry.id for entry in found}
    if not ids:
        raise QuarantineError(
            f"There is no entry {beginning} in the quarantine of {migration_id}.", next_step="mediabase quarantine list shows the ids."
        )
    if len(ids) > 1:
        raise QuarantineError(
            f"{counted(len(ids), 'id begins', 'ids begin')} with {beginning}.", next_step=f"Give more of it: {', '.join(sorted(ids)[:3])}."
        )
    return found[0]


def legacy_row_of(conn: Connection, settings: Settings, transcript_id: str | None) -> dict[str, Any] | None:
    """The legacy row that an entry came from, without its large values; None where it is gone or cannot be read."""
    schema, table = settings.database.source_schema, settings.database.legacy_table
    if transcript_id is None or not is_there(conn, schema, table):
        return None
    query = sql.SQL("select to_jsonb(l) from {} as l where transcript_id = %s limit 1").format(sql.Identifier(schema, table))
    row = conn.value(query, transcript_id)
    return row if isinstance(row, dict) else None


def winner_of(conn: Connection, settings: Settings, winner: str | None) -> dict[str, Any] | None:
    """What is known about the gene or transcript that won; None for another kind of winner."""
    live = settings.database.schema_name
    if winner is None:
        return None
    for table, key in (("genes", "gene_id"), ("transcripts", "transcript_id")):
        if winner.startswith("ENS") and is_there(conn, live, table):
            query = sql.SQL("select to_jsonb(w) from {} as w where {} = split_part(%s, '.', 1)").format(
                sql.Identifier(live, table), sql.Identifier(key)
            )
            row = conn.value(query, winner)
            if isinstance(row, dict):
                return {"relation": table, **row}
    return None


def summary(conn: Connection, settings: Settings, migration_id: str, filters: Filters, by: str) -> list[dict[str, Any]]:
    """Entries and facts by reason, column or asset, with their share and those of the release before.

    Args:
        conn: A session of any kind.
        settings: Which target.
        migration_id: Which migration.
        filters: Which entries.
        by: `reason`, `column` or `asset`.
    """
    key: LiteralString = {"reason": "reason", "column": "legacy_column", "asset": "asset"}[by]
    before = release_before(conn, migration_id)
    counts: dict[str, list[int]] = {}
    for place, migration in enumerate((migration_id, before)):
        if migration is not None:
            query = sql.SQL("select {key} as key, count(*), sum(fact_count)::bigint from ({query}) as e group by 1").format(
                key=sql.Identifier(key), query=_query(conn, settings, "filtered")
            )
            for name, entries, facts in conn.execute(query, _parameters(migration, filters)).fetchall():
                counts.setdefault(str(name), [0, 0, 0, 0])[2 * place : 2 * place + 2] = [int(entries), int(facts)]
    total = sum(c[0] for c in counts.values()) or 1
    rows = [
        {
            by: name, "entries": c[0], "share": round(c[0] / total, 4), "facts": c[1],
            "entries before": None if before is None else c[2], "change": None if before is None else c[0] - c[2],
        }
        for name, c in counts.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-int(row["entries"] or 0), str(row[by])))


def release_before(conn: Connection, migration_id: str) -> str | None:
    """The migration that was released before another one."""
    query = sql.SQL(
        """select migration_id from {r} where rolled_back_at is null and migration_id <> %(id)s
             and released_at < coalesce((select min(released_at) from {r} where migration_id = %(id)s), now())
           order by released_at desc, migration_id desc limit 1"""
    ).format(r=sql.Identifier(conn.workspace.operations, "releases"))
    value = conn.value(query, id=migration_id)
    return None if value is None else str(value)
