"""Proof that nothing else was touched: what is in a database before and after, compared.

Contains the queries and the comparison. Rows are compared by their physical fingerprint, which any write changes; the relation
itself by what the system catalog says (definition, privileges, indexes, comments).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from mediabase_assets.postgres.connect import Session
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets.postgres.sql_files import looking_in

_RELATIONS: LiteralString = """
    select n.nspname::text, c.relname::text, c.relkind in ('r', 'm') and c.relpersistence <> 't'
        and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') and (c.relkind = 'r' or c.relispopulated),
      md5(concat_ws('|', c.oid, c.relkind::text, c.relowner, c.relacl::text, obj_description(c.oid, 'pg_class'),
        case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
        (select string_agg(pg_get_indexdef(i.indexrelid), ';' order by i.indexrelid) from pg_index as i where i.indrelid = c.oid),
        (select string_agg(pg_get_constraintdef(k.oid), ';' order by k.oid) from pg_constraint as k where k.conrelid = c.oid),
        (select string_agg(pg_get_triggerdef(t.oid), ';' order by t.oid) from pg_trigger as t where t.tgrelid = c.oid),
        (select string_agg(a.attname || col_description(c.oid, a.attnum), ';' order by a.attnum) from pg_attribute as a
         where a.attrelid = c.oid)))
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and n.nspname <> all(%(own)s) and (%(only)s::text[] is null or n.nspname = any(%(only)s))
    order by 1, 2
"""
_FUNCTIONS: LiteralString = """
    select n.nspname::text, p.oid::regprocedure::text, md5(concat_ws('|', p.oid, p.prosrc, p.proacl::text))
    from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> all(%(own)s)
      and (%(only)s::text[] is null or n.nspname = any(%(only)s))
"""
_SCHEMAS: LiteralString = "select nspname::text from pg_namespace where nspname !~ '^pg_' and nspname <> all(%(own)s) order by 1"


@dataclass(frozen=True)
class Footprint:
    """What is in a database, apart from some schemas.

    Attributes:
        schemas: The other schemas.
        relations: Of each relation, as `schema.name`, a text that any change of it changes.
        functions: The same of each function.
    """

    schemas: tuple[str, ...]
    relations: dict[str, str]
    functions: dict[str, str]


@dataclass(frozen=True)
class Proof:
    """Two footprints compared.

    Attributes:
        relations: How many relations were compared.
        functions: How many functions were compared.
        schemas: How many schemas there are.
        changed: What differs, in words; empty if nothing was touched.
    """

    relations: int
    functions: int
    schemas: int
    changed: tuple[str, ...]


def read_footprint(conn: Session, *, own: Collection[str], only: Collection[str] | None = None) -> Footprint:
    """Read the footprint of a database.

    Args:
        conn: A session outside a transaction.
        own: Schemas that do not count.
        only: Schemas whose relations count; all by default.
    """
    parameters = {"own": list(own), "only": None if only is None else list(only)}
    with conn.transaction(), looking_in(conn):
        schemas = tuple(conn.values(_SCHEMAS, **parameters))
        rows = conn.execute(_RELATIONS, parameters).fetchall()
        functions = {f"{schema}.{name}": digest for schema, name, digest in conn.execute(_FUNCTIONS, parameters).fetchall()}
    relations = {
        f"{schema}.{name}": f"{shape} {_rows(conn, schema, name) if holds_rows else ''}" for schema, name, holds_rows, shape in rows
    }
    return Footprint(schemas, relations, functions)


def _rows(conn: Session, schema: str, name: str) -> str:
    try:
        return physical_fingerprint(conn, schema, name)
    except psycopg.errors.UndefinedTable:
        return "gone meanwhile"


def compare(before: Footprint, after: Footprint) -> Proof:
    """Compare two footprints.

    >>> compare(Footprint(("public",), {"public.genes": "1"}, {}), Footprint(("public", "x"), {"public.genes": "2"}, {})).changed
    ('schema x is new', 'public.genes changed')
    """
    changed = [f"schema {name} {what}" for name, what in _differing(dict.fromkeys(before.schemas, ""), dict.fromkeys(after.schemas, ""))]
    for one, other in ((before.relations, after.relations), (before.functions, after.functions)):
        changed += [f"{name} {what}" for name, what in _differing(one, other)]
    return Proof(len(before.relations), len(before.functions), len(before.schemas), tuple(changed))


def _differing(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    names = sorted(before.keys() | after.keys())
    changes = {name: "is gone" if name not in after else "is new" if name not in before else "changed" for name in names}
    return [(name, changes[name]) for name in names if before.get(name) != after.get(name)]
