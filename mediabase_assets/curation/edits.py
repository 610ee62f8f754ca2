"""Applies rules where values enter: to the rows and values of the snapshot, before anything is taken apart.

What the snapshot holds afterwards is what the legacy table would hold if the curators had corrected it; `legacy_curation` lists each
difference with its rule and the raw value. Rules about values see the rows as the rules about rows left them. Contains matching and
changing as set-based SQL; what is recorded of it is in `records`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

from psycopg import sql

from mediabase_assets.curation.file import Rules
from mediabase_assets.curation.rule import OF_ROWS, SCALARS, Decision, Rule
from mediabase_assets.curation.targets import see_targets
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.sql_files import Connection, code_version, exists, read, run

SQL = Path(__file__).parent / "sql"
#: The table of what rules changed, in the build schema; there is none without rules.
TABLE = "legacy_curation"
#: How the rows or values that a rule may be about are found, by what it says.
_ROWS_BY: dict[str, LiteralString] = {
    "transcript": "r.transcript_id = q.transcript_id",
    "gene": "g.gene_id = q.gene_id",
    "symbol": "g.symbol = q.symbol",
    "value": "{value}::text = q.said #>> '{{}}'",
    "all": "true",
}
_MATCH_ROWS: LiteralString = """
    insert into legacy_curation
    select q.rule_id, q.decision, q.operation, r.row_digest, r.transcript_id, g.gene_id, r.identity, null, q.legacy_column, n.path,
      pg_temp.path_text(v.value, n.path), n.node, q.new_value, 1,
      case when q.operation <> 'drop' then 0
        when cardinality(n.path) > 1 then (q.legacy_column = 'features' and n.path[1] = 'pathways' and cardinality(n.path) = 2)::integer
        when jsonb_typeof(v.value) = 'object' and cardinality(n.path) = 0
        and q.legacy_column <> 'coordinates' then (select count(*) from jsonb_object_keys(v.value)) else 1 end
    from rules_now as q
    join (legacy_rows as r join genes_now as g using (identity)) on {access}
    cross join lateral (select to_jsonb({value}) as value offset 0) as v
    cross join lateral pg_temp.matching_nodes(v.value, q.path, q.is_exact, q.said, q.pattern) as n
    where q.operation <> 'row' and q.legacy_column = {column} and q.access = {name} and {value} is not null
      and (q.transcript_id is null or r.transcript_id = q.transcript_id) and (q.gene_id is null or g.gene_id = q.gene_id)
      and (q.symbol is null or g.symbol = q.symbol)
      and (q.said is null or jsonb_typeof(q.said) not in ('string', 'number') or strpos(v.value::text, btrim(q.said::text, '"')) > 0)"""
_VALUES_BY: dict[str, LiteralString] = {
    "transcript": "p.payload_id in (select p.payload_id from legacy_rows as r join legacy_payloads as p using (identity) "
    "where r.transcript_id = q.transcript_id and p.field = q.legacy_column and p.digest = (to_jsonb(r) ->> p.field)::uuid)",
    "gene": "g.gene_id = q.gene_id",
    "symbol": "g.symbol = q.symbol",
    "all": "true",
}
#: A value that rows of one gene share is one value, however its rows name the gene: all of them change.
_MATCH_VALUES: LiteralString = """
    insert into legacy_curation
    with matched as (
      select q.rule_id, p.field, p.digest, coalesce(g.gene_id, p.identity::text) as gene, n.path
      from rules_now as q
      join (legacy_payloads as p join genes_now as g using (identity)) on p.field = q.legacy_column and {access}
      cross join lateral pg_temp.matching_nodes(p.value, q.path, q.is_exact, q.said, q.pattern) as n
      where q.operation <> 'row' and q.access = {name} and not q.legacy_column = any({rows})
        and (q.gene_id is null or g.gene_id = q.gene_id) and (q.symbol is null or g.symbol = q.symbol)
        and (q.said is null or jsonb_typeof(q.said) not in ('string', 'number') or strpos(p.value::text, btrim(q.said::text, '"')) > 0)
    )
    select distinct q.rule_id, q.decision, q.operation, null, p.first_transcript_id, g.gene_id, p.identity, p.payload_id,
      q.legacy_column, m.path, pg_temp.path_text(p.value, m.path), p.value #> m.path, q.new_value, p.n_rows::bigint, 0::bigint
    from matched as m
    join (legacy_payloads as p join genes_now as g using (identity))
      on p.field = m.field and p.digest = m.digest and coalesce(g.gene_id, p.identity::text) = m.gene
    join rules_now as q on q.rule_id = m.rule_id"""
_CHANGE_SCALAR: LiteralString = """
    update legacy_rows as r set {column} = (c.new_value #>> '{{}}')::{type}
    from legacy_curation as c where c.row_digest = r.row_digest and c.legacy_column = {name} and c.operation in ('set', 'drop')"""
_CHANGE_OBJECT: LiteralString = """
    update legacy_rows as r set {column} = case when c.is_dropped then null
      else pg_temp.curated(r.{column}, c.changes) end
    from (
      select row_digest,
        jsonb_agg(jsonb_build_object('path', to_jsonb(path), 'operation', operation, 'value', new_value) order by path desc) as changes,
        bool_or(operation = 'drop' and cardinality(path) = 0) as is_dropped
      from legacy_curation where legacy_column = {name} and operation <> 'row' and payload_id is null group by row_digest) as c
    where c.row_digest = r.row_digest"""
_DIGESTS: LiteralString = """
    update legacy_rows as r set {field} = n.new_digest from payloads_now as n
    where n.field = {name} and n.identity = r.identity and n.digest = r.{field}"""

#: How rules are applied, as a version: what was made by another one is made again.
CODE = code_version(
    *SQL.rglob("*.sql"),
    values=(_MATCH_ROWS, _MATCH_VALUES, _CHANGE_SCALAR, _CHANGE_OBJECT, _DIGESTS, *_ROWS_BY.values(), *_VALUES_BY.values()),
)


@dataclass(frozen=True)
class Applied:
    """What rules changed in the snapshot, as digests that follow from the changes alone; empty where nothing did.

    Attributes:
        rows: Of `legacy_rows`.
        values: Of `legacy_payloads`, where its rows are others than without rules; not where only parts of single values changed.
        changed: Values that were changed or left out.
    """

    rows: str = ""
    values: str = ""
    changed: int = 0


def begin(conn: Connection, rules: Rules) -> bool:
    """Before the values are read from `legacy_rows`: match and change rows; returns whether there are rules to apply.

    Args:
        conn: The session of the snapshot, with `legacy_rows` and the view `legacy_source`.
        rules: The rules.

    Raises:
        ConfigurationError: Two rules match one value, or a rule leads to what does not exist.
    """
    conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(conn.value("select current_schema()"), TABLE)))
    if not rules.of_values:
        return False
    run(conn, SQL / "functions.sql")
    run(conn, SQL / "tables.sql")
    _load(conn, rules.of_values)
    run(conn, SQL / "genes.sql")
    see_targets(conn, rules)
    if any(rule.drops_rows for rule in rules.of_values):
        run(conn, SQL / "rows_left_out.sql")
    _change_rows(conn, rules)
    return True


def finish(conn: Connection, rules: Rules) -> Applied:
    """After the values were read: match and change them; the rest is as in `begin`."""
    run(conn, SQL / "payloads_of_changed_rows.sql")
    if conn.value("select exists (select from legacy_curation)"):  # rows may name other genes now
        conn.execute("drop table pg_temp.genes_now")
        run(conn, SQL / "genes.sql")
    fields = sorted({r.column for r in rules.of_values if not r.is_of_rows})
    for access in sorted({_access(r) for r in rules.of_values if not r.is_of_rows}):
        query = sql.SQL(_MATCH_VALUES).format(
            access=sql.SQL(_VALUES_BY[access]), name=sql.Literal(access), rows=sql.Literal(list(OF_ROWS))
        )  # fmt: skip
        conn.execute(query)
    run(conn, SQL / "outermost.sql")
    _see_conflicts(conn, rules, "keys_taken")
    run(conn, SQL / "facts_of_parts.sql")
    run(conn, SQL / "payloads.sql")
    for field in fields:
        conn.execute(sql.SQL(_DIGESTS).format(field=sql.Identifier(field), name=sql.Literal(field)))
    rows = _digest(conn, "payload_id is null or legacy_column in ('go_terms', 'product_type')")
    values = _digest(
        conn, "payload_id is null and legacy_column not in ('gene_type', 'chromosome', 'coordinates', 'expression_fold_change')"
    )
    return Applied(
        rows, values, int(conn.value("select count(*) from legacy_curation where operation <> 'row' or legacy_column = 'transcript_id'"))
    )


def has_changes(conn: Connection) -> bool:
    """Whether rules changed what this session builds from."""
    return exists(conn, TABLE)


def _load(conn: Connection, rules: Iterable[Rule]) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into rules_now values (%s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s::jsonb, %s)""",
            [_row(rule) for rule in rules],
        )


def _row(rule: Rule) -> tuple[Any, ...]:
    path = rule.path if rule.path is not None or rule.has_said or rule.pattern else ()
    operation = "row" if rule.drops_rows else "drop" if rule.decision is Decision.DROP else "key" if rule.is_key else "set"
    return (
        rule.id, rule.decision.value, operation, rule.column or None, None if path is None else list(path),
        path is not None and "*" not in path, json.dumps(rule.said) if rule.has_said else None, rule.pattern or None, rule.gene_id or None,
        (rule.gene if not rule.gene_id else "") or None, rule.transcript or None,
        json.dumps(rule.value) if operation in ("set", "key") else None, _access(rule),
    )  # fmt: skip


def _access(rule: Rule) -> str:
    if rule.transcript:
        return "transcript"
    if rule.gene:
        return "gene" if rule.gene_id else "symbol"
    return "value" if rule.has_said and rule.column in SCALARS else "all"


def _change_rows(conn: Connection, rules: Rules) -> None:
    """Change the columns of rows, each by the rules about it."""
    mine = [r for r in rules.of_values if r.is_of_rows and not r.drops_rows]
    columns = [c for c in OF_ROWS if any(r.column == c for r in mine)]
    for column in columns:
        # a number is the number that is printed, as the extraction records it
        value = sql.SQL("r.{}::text" if column == "expression_fold_change" else "r.{}").format(sql.Identifier(column))
        for access in sorted({_access(r) for r in mine if r.column == column}):
            by = sql.SQL(_ROWS_BY[access]).format(value=value) if access == "value" else sql.SQL(_ROWS_BY[access])
            conn.execute(
                sql.SQL(_MATCH_ROWS).format(access=by, value=value, column=sql.Literal(column), name=sql.Literal(access))
            )  # fmt: skip
    run(conn, SQL / "outermost.sql")
    _see_conflicts(conn, rules, "keys_taken_in_rows")
    for column in columns:
        change = _CHANGE_SCALAR if column in SCALARS else _CHANGE_OBJECT
        kind = sql.SQL("double precision" if column == "expression_fold_change" else "text")
        conn.execute(sql.SQL(change).format(column=sql.Identifier(column), name=sql.Literal(column), type=kind))
    if columns:
        run(conn, SQL / "rows_changed.sql")


def _see_conflicts(conn: Connection, rules: Rules, keys: str) -> None:
    """No value may be changed by two rules, and no key given twice.

    Raises:
        ConfigurationError: One is.
    """
    lines = {rule.id: rule.line for rule in rules}
    for name in ("conflicts", keys):
        found = conn.execute(sql.SQL(read(SQL / f"{name}.sql"))).fetchone()
        if found is None:
            continue
        one, other, transcript, gene, column, path, raw = found
        place = f"line {lines[one]} and line {lines[other]}" if other else f"line {lines[one]}"
        where = f"{rules.path}, {place}: transcript {transcript}, gene {gene}, {column}, {path}"
        shown = json.dumps(raw, ensure_ascii=False)[:200]
        what = f"The rules {one!r} and {other!r} match the same value: {shown}." if other else (
            f"The rule {one!r} would rename a key to {shown}, which is there already."
        )  # fmt: skip
        step = "Keep one of them, or tell them apart in `match`." if other else "Drop one of the two entries, or choose another key."
        raise ConfigurationError(what, where=where, next_step=step)


def _digest(conn: Connection, condition: LiteralString) -> str:
    """A digest of the changes that a condition selects; empty for none."""
    told: LiteralString = 'row(operation, row_digest, identity, legacy_column, path, raw_value, new_value)::text collate "C"'
    query = sql.SQL("select md5({code} || string_agg({told}, '|' order by {told})) from legacy_curation where {condition}").format(
        told=sql.SQL(told), condition=sql.SQL(condition), code=sql.Literal(CODE)
    )
    return str(conn.value(query) or "")


def summary(applied: Applied) -> str:
    """What rules changed, as a phrase.

    >>> summary(Applied(changed=1))
    'rules of curators changed 1 value'
    """
    return f"rules of curators changed {counted(applied.changed, 'value')}"
