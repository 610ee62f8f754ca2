"""Looks up a sample of what the grammar reads in the tables: a second check that does not use the rules of the extraction.

A value counts as found if one of the columns that its place names holds it, in the form in which it is kept there, or if a raw value in
quarantine or repairs does. Contains how values and columns are compared; which are sampled is decided by the walker.
"""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from psycopg import sql

from mediabase_assets.audit.checks import failing_rows
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.grammar import Leaf, Match
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.validation.census.walker import Spot

_MARKS = re.compile(r"(\.[0-9]+(_[0-9]+)?)?(_PAR_Y)?$")
_PUBMED = re.compile(r"(?<![0-9.])0*([1-9][0-9]{0,7})(?![0-9])")
#: Columns that join several texts.
_JOINED = frozenset({"gene_publications.evidence_type"})
_LEFT = """
  select w.legacy_column, w.path, w.value, w.columns as looked_for_in
  from sampled as w
  where not w.is_found and not exists (
    select from recorded as r
    where r.legacy_column in (w.legacy_column, 'transcript_id') and strpos(r.raw_value::text, w.words) > 0)"""


def forms(value: str, match: Match) -> list[set[str]]:
    """The texts as which a value may be kept: one set for each member that it has.

    >>> forms("ENST00000275493.7", Match.STEM) == [{"ENST00000275493.7", "ENST00000275493"}]
    True
    >>> forms("basic,CCDS", Match.MEMBERS)
    [{'basic'}, {'CCDS'}]
    """
    text = " ".join(value.split()) if match is Match.LOWER else value.strip()
    if match is Match.MEMBERS:
        return [{member.strip()} for member in text.split(",") if member.strip()]
    if match is Match.STEM:
        return [{text, _MARKS.sub("", text), re.sub(r"^(ENS[GT])R", r"\g<1>0", _MARKS.sub("", text))}]
    if match is Match.DIGITS:
        numbers = [_plain(text)] if "e+" in text.lower() or "e0" in text.lower() else _PUBMED.findall(text)
        return [{number} for number in numbers] or [{text}]
    if match is Match.NUMBER:
        return [{_plain(text)}]
    return [{text, text.lower()}] if match is Match.LOWER else [{text}]


def _plain(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number.normalize(), "f") if number.is_finite() else text


def look_up(conn: Connection, check: str, places: Iterable[tuple[str, Spot]]) -> Finding:
    """Whether every sampled value of every place is in one of its columns, in quarantine or in repairs.

    Args:
        conn: A session that sees the tables, quarantine and repairs.
        check: Name of the finding.
        places: Columns of the legacy table, each with a place of it.
    """
    conn.execute(
        """create temporary table sampled (
             id integer, legacy_column text, path text, columns text[], value text, words text, forms text[], is_found boolean not null
           ) on commit drop"""
    )
    sampled = [(column, spot, spot.leaf, value) for column, spot in places if spot.leaf is not None for value in _sample(spot)]
    number = 0
    with conn.cursor() as cursor, cursor.copy("copy sampled from stdin") as copy:
        for column, spot, leaf, value in sampled:
            for accepted in forms(value, leaf.match):
                number += 1
                words = value.strip().replace("\\", "\\\\").replace('"', '\\"')
                copy.write_row((number, column, spot.path, list(leaf.to), value, words, sorted(accepted), False))
    for target in sorted({to for _, _, leaf, _ in sampled for to in leaf.to}):
        _mark(conn, target)
    examined = {"values looked up": number, "places": len({(c, s.path) for c, s, _, _ in sampled})}
    return failing_rows(conn, check, sql.SQL(_LEFT), examined)


def _sample(spot: Spot) -> list[str]:
    return spot.sample if _is_looked_up(spot.leaf) else []


def _is_looked_up(leaf: Leaf | None) -> bool:
    return leaf is not None and leaf.match is not Match.DERIVED and bool(leaf.to)


def _mark(conn: Connection, target: str) -> None:
    """Mark the sampled values that a column holds."""
    relation, _, column = target.partition(".")
    query = "select format_type(atttypid, null) from pg_attribute where attrelid = quote_ident(%s)::regclass and attname = %s"
    kind = str(conn.value(query, relation, column) or "")
    name = sql.Identifier(column)
    if kind == "jsonb":
        held = sql.SQL("jsonb_path_query({}, 'strict $.**') #>> '{{}}'").format(name)
    elif kind.endswith("[]"):
        held = sql.SQL("unnest({})::text").format(name)
    elif kind in ("numeric", "double precision", "real", "integer", "bigint", "smallint"):
        held = sql.SQL("trim_scale({}::numeric)::text").format(name)
    else:
        held = sql.SQL("unnest({0} || string_to_array({0}, ', '))" if target in _JOINED else "{0}::text").format(name)
    conn.execute(
        sql.SQL(
            """update sampled set is_found = true where id in (
                 select w.id from (select id, unnest(forms) as form from sampled where not is_found and {target} = any (columns)) as w
                 where w.form in (select btrim(held, E' \\t\\n\\r') from (select {held} as held from {relation}) as h))"""
        ).format(target=sql.Literal(target), held=held, relation=sql.Identifier(relation))
    )
