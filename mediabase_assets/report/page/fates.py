"""Where each fact went: columns, tables, reasons with samples, conflicts of symbols, differences to the release before.

Contains the questions on the accounts, the quarantine and the repairs.
"""

from collections.abc import Iterable
from typing import Any

from psycopg import sql

from mediabase_assets.model.legacy import legacy_column
from mediabase_assets.model.reasons import Outcome, sentence
from mediabase_assets.report.page.reader import Reader, Row, text_of

OUTCOMES = tuple(map(str, Outcome))
#: Where facts are that are in no table.
QUARANTINE, ARCHIVE = "quarantine", "backup archive"
#: Samples for each reason and column, and conflicts of symbols with all their losers, the largest first.
SAMPLES, CONFLICTS, LOSERS = 3, 20, 12


def columns(reader: Reader) -> list[Row]:
    """The account of every column of the legacy table, in the order of their names."""
    rows = reader.rows(
        "column_account",
        """select legacy_column as "column", fate, facts_read as "read", kept, merged, repaired, quarantined, archived, explanation
           from column_account where migration_id = %(id)s order by 1""",
    )
    for row in rows:
        known = legacy_column(row["column"])
        row["description"] = known.description if known else ""
        row["balanced"] = row["read"] == sum(row[name] for name in OUTCOMES)
    return rows


def totals(account: Iterable[Row]) -> Row:
    """Facts by outcome over all columns."""
    account = list(account)
    return {name: sum(row[name] for row in account) for name in ("read", *OUTCOMES)}


def flows(reader: Reader, account: Iterable[Row]) -> list[Row]:
    """Facts by legacy column, destination and outcome: each fact counts once, where it counts for its column."""
    lines = reader.rows(
        "row_account",
        """select legacy_column as "column", split_part(asset, '/', 2) as destination, split_part(asset, '/', 1) as layer,
             sum(kept)::bigint as kept, sum(merged)::bigint as merged, sum(repaired)::bigint as repaired,
             sum(quarantined)::bigint as quarantined, sum(archived)::bigint as archived
           from row_account where migration_id = %(id)s and is_primary group by 1, 2, 3 order by 1, 2""",
    )
    found: dict[tuple[str, str, str], int] = {}
    for line in lines:
        for outcome in OUTCOMES:
            to = str({"quarantined": QUARANTINE, "archived": ARCHIVE}.get(outcome, line["destination"]))
            key = (line["column"], to, outcome)
            found[key] = found.get(key, 0) + line[outcome]
    known = {line["column"] for line in lines}
    for row in account:  # a column that is archived as a whole has no line of its own
        if row["column"] not in known and row["archived"]:
            found[row["column"], ARCHIVE, "archived"] = row["archived"]
    return [{"column": c, "destination": d, "outcome": o, "facts": n} for (c, d, o), n in sorted(found.items()) if n]


def reasons(reader: Reader) -> list[Row]:
    """Facts in quarantine and repaired facts by reason, the most frequent first, each with its columns."""
    rows = reader.rows(
        "reason_account",
        """select outcome, reason, sum(facts)::bigint as facts, jsonb_object_agg(legacy_column, facts) as columns from (
             select outcome, reason, legacy_column, sum(facts)::bigint as facts from reason_account
             where migration_id = %(id)s group by 1, 2, 3) as c
           group by 1, 2 order by 1, 3 desc, 2""",
    )
    for row in rows:
        row["sentence"] = _sentence(row["outcome"], row["reason"])
    return rows


def values_set_aside(reader: Reader) -> list[Row]:
    """Values in quarantine whose fact is kept without them, by reason."""
    rows = reader.rows(
        "quarantine",
        """select reason, count(*) as "values" from quarantine where migration_id = %(id)s and fact_count = 0
           group by 1 order by 2 desc, 1""",
    )
    return [{**row, "sentence": _sentence("quarantined", row["reason"])} for row in rows]


def samples(reader: Reader) -> list[Row]:
    """A few entries of the quarantine and of the repairs for every reason and column, in a total order."""
    found = []
    for outcome, table, fixed in (("quarantined", "quarantine", "null::jsonb"), ("repaired", "repairs", "r.repaired_value")):
        # narrow rows are ranked first: raw values are read of the few only that may be shown
        query = sql.SQL(
            """select {outcome} as outcome, reason, "column", transcript_id, gene_id, path, raw_value, repaired_value, winner, facts from (
                 select r.reason, r.legacy_column as "column", r.transcript_id, r.gene_id, r.json_path as path, r.raw_value,
                   {fixed} as repaired_value, {winner} as winner, r.fact_count as facts,
                   row_number() over (partition by r.reason, r.legacy_column
                     order by r.gene_id collate "C", r.transcript_id collate "C", r.json_path collate "C", r.raw_value::text collate "C")
                     as number
                 from {table} as r where r.ctid = any(array(
                   select place from (
                     select q.ctid as place, rank() over (partition by q.reason, q.legacy_column
                       order by q.gene_id collate "C", q.transcript_id collate "C", q.json_path collate "C") as rank
                     from {table} as q where q.migration_id = %(id)s) as ranked
                   where rank <= %(samples)s))) as n
               where number <= %(samples)s order by 2, 3, number"""
        ).format(
            outcome=sql.Literal(outcome), fixed=sql.SQL(fixed), table=sql.Identifier(table),
            winner=sql.SQL("r.winner" if table == "quarantine" else "null::text"),
        )  # fmt: skip
        for row in reader.rows(table, query, samples=SAMPLES):
            found.append({**row, "raw_value": text_of(row["raw_value"]), "repaired_value": text_of(row["repaired_value"])})
    return found


def conflicts(reader: Reader, run: Row) -> Row:
    """Symbols that several genes share: who keeps it, who does not, and what decided."""
    losers = reader.rows(
        "quarantine",
        """select raw_value ->> 'gene_symbol' as symbol, gene_id, winner, (raw_value ->> 'quality_score')::numeric as quality_score,
             raw_value ->> 'chromosome' as chromosome, raw_value ->> 'gene_type' as gene_type
           from quarantine where migration_id = %(id)s and reason = 'symbol_conflict' and legacy_column = 'gene_id'
             and jsonb_typeof(raw_value) = 'object'
           order by 1, (raw_value ->> 'rank_of_symbol')::numeric, gene_id""",
    )
    scores = _scores(reader, run)
    found: dict[str, Row] = {}
    for row in losers:
        symbol = found.setdefault(
            row["symbol"], {"symbol": row["symbol"], "winner": row["winner"], "losers": 0, "genes": [], "score": None, "why": ""}
        )
        symbol["losers"] += 1
        if len(symbol["genes"]) < LOSERS:
            symbol["genes"].append({name: row[name] for name in ("gene_id", "quality_score", "chromosome", "gene_type")})
    for row in found.values():
        row |= _why(scores.get(row["winner"], {}), scores.get(row["genes"][0]["gene_id"], {}))
    ordered = sorted(found.values(), key=lambda row: (-row["losers"], row["symbol"] or ""))
    return {"symbols": len(ordered), "losers": len(losers), "policy": run.get("configuration", {}).get("symbol_conflicts"),
            "largest": ordered[:CONFLICTS]}  # fmt: skip


def _scores(reader: Reader, run: Row) -> dict[str, Row]:
    """What decided about every gene with a shared symbol, from the build schema, while it is of this legacy content."""
    build = reader.conn.workspace.build
    query = sql.SQL(
        """select gene_id, quality_score, is_on_primary_chromosome, is_par, has_hgnc, gene_type_rank, annotation_sources, transcript_count
           from {} where kind = 'same_symbol' and exists (
             select from {} as s where to_jsonb(s) ->> 'content_hash' = %(content)s)"""
    ).format(sql.Identifier(build, "symbol_conflicts"), sql.Identifier(build, "legacy_snapshot"))
    rows = reader.rows("symbol_conflicts", query, build, content=run.get("legacy_content_hash") or "")
    return {row["gene_id"]: row for row in rows}


#: What decides between genes of one symbol, in its order; the words say what the winner has.
_DECIDES = (
    ("quality_score", "a higher quality score"), ("is_on_primary_chromosome", "a place on a primary chromosome"),
    ("is_par", "a place outside the Y copy of the pseudoautosomal region"), ("has_hgnc", "an HGNC id"),
    ("gene_type_rank", "a gene type that comes first"), ("annotation_sources", "more sources of annotation"),
    ("transcript_count", "more transcripts"),
)  # fmt: skip


def _why(winner: Row, second: Row) -> Row:
    """The winner's score, and the first criterion in which it differs from the next gene."""
    if not winner or not second:
        return {"score": None, "why": ""}
    differing = [(name, text) for name, text in _DECIDES if winner[name] != second[name]]
    if not differing:
        return {"score": winner["quality_score"], "why": "a tie: annotation level, version of the id, then the smaller id"}
    name, text = differing[0]
    values = "" if isinstance(winner[name], bool) else f" ({winner[name]} against {second[name]})"
    return {"score": winner["quality_score"], "why": f"{text}{values}"}


def differences(reader: Reader, relations: Iterable[Row]) -> Row:
    """What the release changed against the one before: rows by relation, quarantine and repairs by reason."""
    before = reader.one(
        "releases",
        """select r.release_id, r.migration_id, r.released_at from releases as r
           where to_jsonb(r) ->> 'rolled_back_at' is null
             and r.released_at < (select max(released_at) from releases where migration_id = %(id)s)
           order by r.released_at desc, r.release_id desc limit 1""",
    )
    changed = [row for row in relations if row["inserted"] is not None]
    sums = {name: sum(row[name] or 0 for row in changed) for name in ("inserted", "updated", "deleted")}
    found: dict[str, Any] = {"previous": before or None, **sums, "reasons": []}
    if before:
        found["reasons"] = reader.rows(
            "reason_account",
            """select outcome, reason, coalesce(sum(facts) filter (where migration_id = %(before)s), 0)::bigint as before,
                 coalesce(sum(facts) filter (where migration_id = %(id)s), 0)::bigint as now
               from reason_account where migration_id in (%(before)s, %(id)s) group by 1, 2
               having coalesce(sum(facts) filter (where migration_id = %(before)s), 0)
                 <> coalesce(sum(facts) filter (where migration_id = %(id)s), 0) order by 1, 2""",
            before=before["migration_id"],
        )
    return found


def _sentence(outcome: str, code: str) -> str:
    """The sentence of a reason; records of another version may hold codes that this version does not know."""
    try:
        return sentence(outcome, code)
    except KeyError:
        return ""
