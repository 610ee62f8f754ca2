"""The legacy value that a statement failed on: found by running it again over fewer and fewer rows.

PostgreSQL says that a text cannot be cast or a number does not fit, never of which row. A relation that the statement reads is hidden
by a temporary view of a part of it, halved until one row is left, then the parts of its value. Contains the search; the caller
passes what failed, and nothing of it stays.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from mediabase_assets.curation.rule import path_text
from mediabase_assets.curation.ways_out import next_step
from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.finding import Finding
from mediabase_assets.postgres.sql_files import Connection, is_there

#: Columns that identify rows, the first that a relation has; rows of a value come before rows of the legacy table.
_KEYS = ("payload_id", "raw_transcript_id", "transcript_id")
#: Characters of a raw value that are shown.
_SHOWN = 300
_OF_PAYLOAD: LiteralString = """
    select g.first_transcript_id, g.gene_id, g.legacy_column, p.value
    from legacy_payloads as p left join gene_payloads as g using (payload_id) where p.payload_id = %s"""


def run_or_explain(conn: Connection, asset: str, inputs: Iterable[str], act: Callable[[], Any]) -> None:
    """Run what builds a relation; if the data stop it, say which legacy value does.

    Args:
        conn: A build session in a transaction.
        asset: Key of the asset.
        inputs: Relations of the build schema that it reads.
        act: Runs it.

    Raises:
        BuildError: A value could not be read; names its row, column and path, with the raw value.
    """
    try:
        with conn.transaction():
            act()
    except psycopg.DataError as error:
        found = next(filter(None, (_found_in(conn, relation, act) for relation in inputs)), None)
        step = "Nothing was changed. Report this value: a rule for it is missing. Until then, correct it in the legacy table."
        raise BuildError(
            f"A value of the legacy table could not be read: {(error.diag.message_primary or str(error)).strip()}.",
            where=f"{asset}: {found.where}" if found else asset,
            next_step=next_step(step, [Finding("", False, {}, 1, (found.place,))]) if found else step,
        ) from error


@dataclass(frozen=True)
class _Culprit:
    """A legacy value: where it is, in words and by column, path, gene and transcript."""

    where: str
    place: dict[str, Any]


def _found_in(conn: Connection, relation: str, act: Callable[[], Any]) -> _Culprit | None:
    """The legacy value in which the failure is, if it is in rows of that relation."""
    key = _key_of(conn, relation)
    if key is None:
        return None
    query = sql.SQL("select distinct {0} from {1} where {0} is not null order by 1").format(
        sql.Identifier(key), sql.Identifier(conn.workspace.build, relation)
    )
    rows = conn.values(query)
    among: LiteralString = "{} = any({})"
    left = _halved(rows, lambda part: _fails(conn, relation, sql.SQL(among).format(sql.Identifier(key), sql.Literal(part)), act))
    if left is None:
        return None
    if key != "payload_id":
        return _Culprit(f"the legacy row {left}", {"transcript_id": left})
    return _of_payload(conn, int(left), relation, act)


def _key_of(conn: Connection, relation: str) -> str | None:
    if not is_there(conn, conn.workspace.build, relation):
        return None
    present = conn.values(
        """select attname from pg_attribute where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass
           and attnum > 0 and not attisdropped and attname = any(%s)""",
        conn.workspace.build, relation, list(_KEYS),
    )  # fmt: skip
    return next((key for key in _KEYS if key in present), None)


def _halved(parts: list[Any], fails: Callable[[list[Any]], bool]) -> Any:
    """The one of the parts with which it fails, None if it fails with none of them or without any."""
    if not parts or not fails(parts) or fails([]):
        return None
    while len(parts) > 1:
        middle = len(parts) // 2
        parts = parts[:middle] if fails(parts[:middle]) else parts[middle:]
        if len(parts) == 1 and not fails(parts):
            return None  # it takes several rows together
    return parts[0]


def _fails(
    conn: Connection, relation: str, condition: sql.Composable, act: Callable[[], Any], columns: sql.Composable | None = None
) -> bool:
    """Whether the data stop it when the relation has only those rows; everything is undone."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(
                sql.SQL("create temporary view {} as select {} from {} as r where {}").format(
                    sql.Identifier(relation), columns or sql.SQL("*"), sql.Identifier(conn.workspace.build, relation), condition
                )
            )
            act()
    except psycopg.DataError:
        return True
    return False


def _of_payload(conn: Connection, payload: int, relation: str, act: Callable[[], Any]) -> _Culprit:
    """Row, column, path and raw value of a large value; the path goes as deep as one member or key of it."""
    row = conn.execute(_OF_PAYLOAD, (payload,)).fetchone()
    assert row is not None
    transcript, gene, column, value = row
    path = named_path = "$"
    if relation == "gene_payloads" and isinstance(value, dict):
        only = sql.SQL("payload_id = {}").format(sql.Literal(payload))
        named = ("payload_id", "field", "legacy_column", "n", "first_transcript_id", "gene_id", "legacy_symbol", "reason", "winner_gene_id")
        others = sql.SQL(", ").join(sql.Identifier("r", name) for name in named)
        less = sql.SQL("(select jsonb_object_agg(k, v) from jsonb_each(r.value) as e (k, v) where k = any({})) as value, {}")
        key = None
        with suppress(psycopg.errors.UndefinedColumn):
            key = _halved(list(value), lambda keys: _fails(conn, relation, only, act, less.format(sql.Literal(keys), others)))
        if key is not None:
            path, value = f"$.{key}", value[key]
            named_path = path_text((key,))
    shown = json.dumps(value, ensure_ascii=False)
    where = f"transcript {transcript}, gene {gene}, column {column}, {path}: {shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}"
    return _Culprit(where, {"transcript_id": transcript, "gene_id": gene, "legacy_column": column, "path": named_path})
