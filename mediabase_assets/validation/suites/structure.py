"""How tables differ from the versioned schema, which is deployed beside them in a transaction that is rolled back.

Contains the comparison of columns, types, NOT NULL, keys, foreign keys and indexes; what people added to a table is left alone.
"""

import re
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import sql

from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.postgres.sql_files import Connection, looking_in
from mediabase_assets.schema import tables

_COLUMNS: LiteralString = """
    select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.oid = any(%s::oid[])"""
_CONSTRAINTS: LiteralString = """
    select c.relname::text, k.contype::text, pg_get_constraintdef(k.oid)
    from pg_class as c join pg_constraint as k on k.conrelid = c.oid and k.contype in ('p', 'u', 'f') and k.convalidated
    where c.oid = any(%s::oid[])"""
_INDEXES: LiteralString = """
    select c.relname::text, 'i', pg_get_indexdef(i.indexrelid)
    from pg_class as c join pg_index as i on i.indrelid = c.oid and i.indisvalid and i.indisready
    where c.oid = any(%s::oid[])
      and not exists (select from pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))"""
_TEMPORARY = "pg_temp"
_KINDS = {"p": "primary key", "u": "unique set", "f": "foreign key", "i": "index"}
_STORAGE = re.compile(r" WITH \([^)]*\)")
_PLACE = re.compile(r"^(CREATE (?:UNIQUE )?INDEX) \S+ ON (?:ONLY )?\S+ USING")


@dataclass(frozen=True)
class Structure:
    """The structure of some tables.

    Attributes:
        columns: Type of each column, by table.
        parts: Keys, foreign keys and indexes: table, kind and definition.
    """

    columns: dict[str, dict[str, str]]
    parts: frozenset[tuple[str, str, str]]


def expected(conn: Connection) -> Structure:
    """The structure that the versioned files define; in a transaction, of which nothing is left.

    The tables are temporary ones; a role that may not make these has a schema for them, which it may make.
    """
    with conn.transaction(force_rollback=True):
        place = _TEMPORARY
        if not conn.value("select has_database_privilege(current_database(), 'temporary')"):
            place = conn.workspace.rehearsal
            conn.execute(sql.SQL("create schema {}").format(sql.Identifier(place)))
        conn.execute(sql.SQL("set local search_path = {}").format(sql.Identifier(place)))
        for table in TABLES:
            tables.create(conn, table)
            tables.add_keys(conn, table)
        for table in TABLES:
            tables.add_references(conn, table)
        return _read(conn, _found(conn, place))


def candidates(conn: Connection) -> tuple[dict[str, int], set[str]]:
    """The tables that a release would leave, by name, and which of them are built anew; in a session that builds."""
    built = _found(conn, conn.workspace.build)
    live = {r.name: oid for r in RELATIONS if (oid := conn.value("select to_regclass(quote_ident(%s))::oid::bigint", r.name))}
    return {**live, **built}, set(built)


def of_schema(conn: Connection, schema: str) -> Structure:
    """The structure of the tables of a schema."""
    with looking_in(conn, schema):
        return _read(conn, _found(conn, schema))


def of_candidates(conn: Connection) -> tuple[Structure, set[str]]:
    """The structure of what is to be released, and which tables of it are built anew."""
    oids, built = candidates(conn)
    return _read(conn, oids), built


def differences(wanted: Structure, found: Structure, *, only_columns_and_keys: frozenset[str] = frozenset(), with_references: bool) -> list[
    dict[str, Any]
]:  # fmt: skip
    """What is missing or differs, each with the table and what is there.

    Args:
        wanted: By the versioned files.
        found: What is there.
        only_columns_and_keys: Tables of which indexes do not count.
        with_references: Whether foreign keys count.
    """
    wrong: list[dict[str, Any]] = []
    for name, columns in sorted(wanted.columns.items()):
        if name not in found.columns:
            wrong.append({"table": name, "wanted": "the table", "found": "nothing"})
            continue
        theirs = found.columns[name]
        wrong += [
            {"table": name, "wanted": f"{column} {kind}", "found": f"{column} {theirs[column]}" if column in theirs else "no such column"}
            for column, kind in columns.items()
            if theirs.get(column) != kind
        ]
    for name, kind, definition in sorted(wanted.parts - found.parts):
        counts = {"f": with_references, "i": name not in only_columns_and_keys}.get(kind, True)
        if name in found.columns and counts:
            wrong.append({"table": name, "wanted": f"{_KINDS[kind]}: {definition}", "found": "no such one, or it is not valid"})
    return wrong


def _found(conn: Connection, schema: str) -> dict[str, int]:
    """Oids of the stored relations in a schema, by name."""
    names = [r.name for r in RELATIONS]
    query: LiteralString = """
        select relname::text, oid::bigint from pg_class where relkind in ('r', 'p') and relname = any(%(names)s)
          and relnamespace = case when %(schema)s = 'pg_temp' then pg_my_temp_schema() else to_regnamespace(quote_ident(%(schema)s)) end"""
    return dict(conn.execute(query, {"schema": schema, "names": names}).fetchall())


def _read(conn: Connection, oids: dict[str, int]) -> Structure:
    wanted = ([*oids.values()],)
    columns: dict[str, dict[str, str]] = {name: {} for name in oids}
    for name, column, kind in conn.execute(_COLUMNS, wanted).fetchall():
        columns[name][column] = kind
    parts = {(t, k, _plain(text)) for q in (_CONSTRAINTS, _INDEXES) for t, k, text in conn.execute(q, wanted).fetchall()}
    return Structure(columns, frozenset(parts))


def _plain(definition: str) -> str:
    """A definition without names, schemas and how it is stored.

    >>> _plain("CREATE INDEX a_idx ON public.a USING btree (b) WITH (fillfactor='100')")
    'CREATE INDEX ON … USING btree (b)'
    """
    return _PLACE.sub(r"\1 ON … USING", _STORAGE.sub("", definition))
