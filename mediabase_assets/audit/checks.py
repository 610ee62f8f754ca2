"""The audit of a relation: its Pandera model over all rows, and its set checks in SQL.

Contains the checks and their findings; when they are run, and what a failure means, is decided by the asset factory.
Every check can fail, says what it examined, and shows the rows that fail.
"""

import json
import threading
from typing import Any, LiteralString

import pandas as pd
import pandera.errors
import pandera.pandas
import pyarrow as pa
from psycopg import sql

from mediabase_assets.audit.arrow import give_back_large_blocks, iter_arrow
from mediabase_assets.model.finding import SAMPLE_ROWS, Finding
from mediabase_assets.model.tables import Reference, Relation, Table
from mediabase_assets.model.views import View
from mediabase_assets.postgres.sql_files import Connection

_ARROW = {"Int64": pa.int64(), "Float64": pa.float64(), "boolean": pa.bool_()}
#: How a column is selected, by its kind and by whether the model counts its members.
_PATTERNS: dict[tuple[str, bool], LiteralString] = {
    ("array", False): "array_to_json({})::text",
    ("array", True): "cardinality({})",
    ("jsonb", True): "jsonb_array_length({})",
}
#: Held while a batch is a frame: Python checks one at a time anyway, and one frame needs less memory than one for each builder.
_frame = threading.Lock()
_PANDAS = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}


class AuditRollback(Exception):  # noqa: N818  # not an error: it ends a transaction whose audit failed
    """Ends a transaction whose audit failed."""


def arrow_schema(relation: Relation) -> pa.Schema:
    """The Arrow types in which a relation's rows are checked."""
    columns = relation.model.to_schema().columns.items()
    return pa.schema([(name, _ARROW.get(str(column.dtype), pa.string())) for name, column in columns])


def _selected(conn: Connection, relation: Relation) -> sql.Composable:
    """A select of a relation's columns: arrays and JSON as JSON text, or as their number of members where the model counts."""
    rows = conn.execute(
        "select attname, format_type(atttypid, null) from pg_attribute where attrelid = %s::regclass and attnum > 0",
        (relation.name,),
    ).fetchall()
    types = dict(rows)
    parts = []
    for field_ in arrow_schema(relation):
        parts.append(
            sql.SQL(_PATTERNS.get((_kind(types, field_.name), field_.type == pa.int64()), "{}")).format(sql.Identifier(field_.name))
        )
    return sql.SQL("select {} from {}").format(sql.SQL(", ").join(parts), sql.Identifier(relation.name))


def _kind(types: dict[str, str], column: str) -> str:
    name = str(types.get(column, ""))
    return "array" if name.endswith("[]") else name


def check_model(conn: Connection, table: Table | View) -> Finding:
    """Every row fits its Pandera model: columns, types, ranges, id formats."""
    rows, failures, sample = 0, 0, list[dict[str, Any]]()
    give_back_large_blocks()
    for relation in table.relations:
        schema = relation.model.to_schema()
        for batch in iter_arrow(conn, _selected(conn, relation), arrow_schema(relation)):
            rows += len(batch)
            with _frame:
                failed, shown = _failures(relation, schema, batch, SAMPLE_ROWS - len(sample))
            failures, sample = failures + failed, sample + shown
        pa.default_memory_pool().release_unused()  # Arrow would keep its buffers, 40 MB and more, for the next read
    examined = {"rows": rows, "relations": [r.name for r in table.relations], "rules": _rules(table)}
    return Finding("every_row_fits_its_model", failures == 0, examined, failures, tuple(sample))


def check_rows(relation: Relation, rows: pa.Table) -> Finding:
    """Every row that is not yet in the database fits the model that a relation of such rows has.

    Args:
        relation: Whose model.
        rows: The rows; their columns are those of the model, in order.
    """
    schema = relation.model.to_schema()
    failures, sample = 0, list[dict[str, Any]]()
    for batch in rows.cast(arrow_schema(relation)).combine_chunks().to_batches():
        with _frame:
            failed, shown = _failures(relation, schema, batch, SAMPLE_ROWS - len(sample))
        failures, sample = failures + failed, sample + shown
    rules = sum(1 + len(c.checks) for c in schema.columns.values()) + len(schema.checks)
    return Finding("every_row_fits_its_model", failures == 0, {"rows": len(rows), "rules": rules}, failures, tuple(sample))


def _failures(
    relation: Relation, schema: pandera.pandas.DataFrameSchema, batch: pa.RecordBatch, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    """How many values of a batch do not fit the model, and the first of them."""
    frame = batch.to_pandas(types_mapper=_PANDAS.get)
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        return len(error.failure_cases), _sample(relation, frame, error, limit)
    return 0, []


def _rules(table: Table | View) -> int:
    return sum(1 + len(c.checks) for r in table.relations for c in r.model.to_schema().columns.values())


def _sample(relation: Relation, frame: pd.DataFrame, error: pandera.errors.SchemaErrors, limit: int) -> list[dict[str, Any]]:
    """The first failing rows, each with its key, the column, the rule and the value."""
    shown = []
    for case in error.failure_cases.head(max(limit, 0)).to_dict("records"):
        row: dict[str, Any] = {"relation": relation.name}
        index = case.get("index")
        if index is not None and not pd.isna(index):
            row |= {k: _plain(frame.loc[int(index), k]) for k in relation.key}
        row |= {"column": str(case["column"]), "rule": str(case["check"]), "value": _plain(case["failure_case"])}
        shown.append(row)
    return shown


def _plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if value is None or (not isinstance(value, (list, dict)) and pd.isna(value)):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def failing_rows(conn: Connection, check: str, query: sql.Composable, examined: dict[str, Any]) -> Finding:
    """A set check: `query` selects the rows that violate it."""
    shown = conn.execute(
        sql.SQL("select to_jsonb(failing)::text, count(*) over () from ({}) as failing order by 1 limit {}").format(
            query, sql.Literal(SAMPLE_ROWS)
        )
    ).fetchall()
    failures = int(shown[0][1]) if shown else 0
    return Finding(check, failures == 0, examined, failures, tuple(json.loads(text) for text, _ in shown))


def check_keys(conn: Connection, table: Table | View) -> Finding:
    """No key occurs twice or is NULL, in any of the table's relations."""
    parts = []
    keys = []
    for relation in table.relations:
        for key, is_primary in [(relation.key, True), *((u, False) for u in relation.unique)]:
            keys.append(f"{relation.name} ({', '.join(key)})")
            parts.append(_duplicates(relation, key, is_primary))
    return failing_rows(conn, "every_key_is_unique", sql.SQL(" union all ").join(parts), {"keys": keys})


def _duplicates(relation: Relation, key: tuple[str, ...], is_primary: bool) -> sql.Composable:
    columns = sql.SQL(", ").join(sql.Identifier(c) for c in key)
    nulls = sql.SQL(" or ").join(sql.SQL("{} is null").format(sql.Identifier(c)) for c in key)
    # a unique set whose columns are all NULL says nothing; products without an accession are identified by the others
    some = sql.SQL(" or ").join(sql.SQL("{} is not null").format(sql.Identifier(c)) for c in key)
    having = sql.SQL("count(*) > 1 or {}").format(nulls) if is_primary else sql.SQL("count(*) > 1 and ({})").format(some)
    return sql.SQL(
        "select {name} as relation, jsonb_build_array({columns}) as key, count(*) as rows from {relation}"
        " group by {columns} having {having}"
    ).format(name=sql.Literal(relation.name), columns=columns, relation=sql.Identifier(relation.name), having=having)


def check_references(conn: Connection, table: Table) -> Finding | None:
    """Every row that names a row of another table finds it; None for a table without foreign keys."""
    pairs = [(r, reference) for r in table.relations for reference in r.references]
    if not pairs:
        return None
    query = sql.SQL(" union all ").join(_orphans(relation, reference) for relation, reference in pairs)
    keys = [f"{r.name} ({', '.join(f.columns)}) → {f.parent}" for r, f in pairs]
    return failing_rows(conn, "every_reference_exists", query, {"references": keys})


def _orphans(relation: Relation, reference: Reference) -> sql.Composable:
    columns = zip(reference.columns, reference.parent_columns, strict=True)
    match = sql.SQL(" and ").join(sql.SQL("p.{} = c.{}").format(sql.Identifier(parent), sql.Identifier(child)) for child, parent in columns)
    given = sql.SQL(" and ").join(sql.SQL("c.{} is not null").format(sql.Identifier(c)) for c in reference.columns)
    return sql.SQL(
        "select {name} as relation, to_jsonb(c) as row from {child} as c"
        " where {given} and not exists (select from {parent} as p where {match})"
    ).format(
        name=sql.Literal(f"{relation.name} → {reference.parent}"),
        child=sql.Identifier(relation.name),
        parent=sql.Identifier(reference.parent),
        given=given,
        match=match,
    )
