"""Whether typical look-ups find their rows by an index, as the server's EXPLAIN says.

Of a small relation the server rightly reads all pages; then it is asked again without that choice: with an index for the look-up nothing
can be told of so small a relation, without one the look-up fails.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from psycopg import sql

from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.validation.suites.judging import Measure

CHECK = "look_ups_use_an_index"
#: Pages below which a whole read is as good as an index.
FEW_PAGES = 64


class LookUp(NamedTuple):
    """A look-up: rows of a relation by one column."""

    relation: str
    column: str


#: What people, and the questions of the query benchmark, look rows up by.
LOOK_UPS = (
    LookUp("genes", "gene_id"), LookUp("genes", "gene_symbol"), LookUp("transcripts", "transcript_id"), LookUp("transcripts", "gene_id"),
    LookUp("gene_cross_references", "gene_id"), LookUp("gene_pathways", "gene_id"), LookUp("gene_pathways", "pathway_id"),
    LookUp("gene_drug_interactions", "gene_id"), LookUp("gene_publications", "gene_id"), LookUp("go_term_set_members", "go_set_id"),
    LookUp("gene_summary_view", "gene_symbol"), LookUp("patient_query_optimized_view", "transcript_id"),
    LookUp("transcript_enrichment_view", "transcript_id"), LookUp("cross_reference_lookup_view", "external_id"),
    LookUp("drug_interaction_summary_view", "drug_name"), LookUp("publication_summary_view", "pmid"),
)  # fmt: skip


def measure(conn: Connection) -> Measure:
    """Explain every look-up, in a transaction of a session that sees the live relations."""
    wrong: list[dict[str, Any]] = []
    small: list[str] = []
    used = 0
    for look_up in LOOK_UPS:
        name = f"{look_up.relation} by {look_up.column}"
        if not exists(conn, look_up.relation):
            continue  # the suites of schema and views say so
        value = conn.value(_sql("select {column} from {relation} where {column} is not null order by 1 limit 1", look_up))
        if value is None:
            small.append(name)
        elif _uses_an_index(conn, look_up, value):
            used += 1
        elif _would_use_an_index(conn, look_up, value) and (pages := _pages(conn, look_up)) < FEW_PAGES:
            small.append(f"{name} ({counted(pages, 'page')})")
        else:
            wrong.append({"relation": look_up.relation, "column": look_up.column, "pages": _pages(conn, look_up)})
    told = used + len(wrong)
    examined = {"look-ups": told, "too small to tell": small or "none"}
    if not told:
        return Measure(CHECK, why_not="Every relation is too small: the server rightly reads all of its pages.", examined=examined)
    explanation = f"{used} of {counted(told, 'look-up')} {'finds' if used == 1 else 'find'} rows by an index"
    names = ", ".join(f"{w['relation']} by {w['column']}" for w in wrong)
    explanation += f"; not so: {names}" if wrong else ""
    explanation += f"; {counted(len(small), 'relation is', 'relations are')} too small to tell." if small else "."
    return Measure(CHECK, float(len(wrong)), failures=len(wrong), explanation=explanation, examined=examined, sample=tuple(wrong))


def _sql(query: str, look_up: LookUp, **values: sql.Composable) -> sql.Composed:
    relation, column = sql.Identifier(look_up.relation), sql.Identifier(look_up.column)
    return sql.SQL(query).format(relation=relation, column=column, **values)


def _uses_an_index(conn: Connection, look_up: LookUp, value: Any) -> bool:
    query = _sql("explain (format json) select * from {relation} where {column} = {value}", look_up, value=sql.Literal(value))
    plan = conn.value(query)
    nodes = list(_nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))
    return any("Index" in node["Node Type"] for node in nodes) and not any("Seq Scan" in node["Node Type"] for node in nodes)


def _would_use_an_index(conn: Connection, look_up: LookUp, value: Any) -> bool:
    conn.execute("set local enable_seqscan = off")
    try:
        return _uses_an_index(conn, look_up, value)
    finally:
        conn.execute("set local enable_seqscan = on")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _pages(conn: Connection, look_up: LookUp) -> int:
    return int(
        conn.value("select pg_relation_size(to_regclass(quote_ident(%s))) / current_setting('block_size')::bigint", look_up.relation) or 0
    )
