"""The legacy table in a database: create one, index it as the old code did, describe an existing one.

Contains statements about the table's shape. Its columns and indexes as values are in
`mediabase_assets.model.legacy`; filling it from a file is in `mediabase_assets.legacy.files`. Nothing here writes
to rows that exist.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import errors, sql

from mediabase_assets.model.errors import LegacyFileError, LegacyTableExistsError
from mediabase_assets.model.legacy import (
    LEGACY_COLUMNS,
    LEGACY_INDEXES,
    OTHER_VERSIONS_COLUMNS,
    REQUIRED_COLUMNS,
    LegacyColumn,
    legacy_column,
)
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.connection import Session

#: Types that read as well as the expected one, by expected type.
CASTABLE_TYPES: dict[str, tuple[str, ...]] = {
    "text": ("character varying", "character", "bpchar", "uuid", "name", "citext"),
    "jsonb": ("json",),
    "text[]": ("character varying[]", "character[]", "bpchar[]", "name[]", "citext[]", "uuid[]", "integer[]", "bigint[]"),
    "double precision": ("real", "numeric", "integer", "bigint", "smallint"),
}

_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
    "c": "composite type",
    "i": "index",
}
_RELATION: LiteralString = """
    select c.oid, c.relkind::text, greatest(c.reltuples, 0)::bigint, has_table_privilege(c.oid, 'select'),
           row_security_active(c.oid),
           case when c.relkind in ('r', 'm') then pg_total_relation_size(c.oid)
                when c.relkind = 'p' then (select coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
                                           from pg_partition_tree(c.oid))
                else 0 end
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = %s and c.relname = %s
"""
# each column with its type, and with what is beneath domains: an enumeration reads as text
_COLUMNS: LiteralString = """
    with recursive columns as (
        select attnum, attname, atttypid from pg_catalog.pg_attribute where attrelid = %s and attnum > 0 and not attisdropped
    ), beneath (attnum, type, is_array, depth) as (
        select attnum, atttypid, false, 0 from columns
        union all
        select b.attnum, case t.typtype when 'd' then t.typbasetype else t.typelem end, b.is_array or t.typtype <> 'd', b.depth + 1
        from beneath b join pg_catalog.pg_type t on t.oid = b.type
        where t.typtype = 'd' or (t.typtype = 'b' and t.typcategory = 'A' and t.typelem <> 0)
    ), lowest as (
        select distinct on (attnum) attnum, type, is_array from beneath order by attnum, depth desc
    )
    select c.attname, format_type(c.atttypid, null),
           case when t.typtype = 'e' then 'text' when t.typname = 'citext' then 'citext' else format_type(t.oid, null) end
             || case when l.is_array then '[]' else '' end
    from columns c join lowest l using (attnum) join pg_catalog.pg_type t on t.oid = l.type order by c.attnum
"""
_RELATIVES: LiteralString = """
    select i.inhparent = %(oid)s, format('%%I.%%I', n.nspname, c.relname)
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = case i.inhparent when %(oid)s then i.inhrelid else i.inhparent end
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where %(oid)s in (i.inhparent, i.inhrelid) order by 2
"""


@dataclass(frozen=True)
class LegacyDescription:
    """What has the legacy table's name.

    Attributes:
        schema: The schema that was searched.
        table: Its name.
        kind: `table`, `partitioned table`, `view`, `materialized view`, `foreign table` …; None if nothing has the name.
        columns: Name to type as `format_type` prints it, in physical order.
        missing: Known columns of schema v0.1.9 that it lacks; they count as empty.
        extra: Columns that no schema version had.
        noted_types: Column to (found, expected) where the found type reads as well.
        wrong_types: Column to (found, expected) where it does not.
        missing_required: Sets of columns of which at least one is needed and all are missing.
        is_readable: Whether this role may select from it.
        approximate_rows: The planner's estimate; 0 if never analyzed.
        has_rows: Whether it has at least one row; None if it may not be read, is elsewhere (a foreign table), or row-level
            security hides rows.
        size_bytes: With indexes and TOAST; 0 for views.
        children: Tables that inherit from it, and partitions.
        parents: Tables that it inherits from, or is a partition of.
    """

    schema: str
    table: str
    kind: str | None = None
    columns: dict[str, str] | None = None
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    noted_types: dict[str, tuple[str, str]] | None = None
    wrong_types: dict[str, tuple[str, str]] | None = None
    missing_required: tuple[tuple[str, ...], ...] = ()
    is_readable: bool = False
    approximate_rows: int = 0
    has_rows: bool | None = None
    size_bytes: int = 0
    children: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether anything has the name."""
        return self.kind is not None

    @property
    def is_table(self) -> bool:
        """Whether it is a table that stores its rows in this database."""
        return self.kind in ("table", "partitioned table")


def create_legacy_table(conn: Session, schema: str, table: str, columns: Iterable[LegacyColumn] | None = None) -> None:
    """Create an empty legacy table without keys, so that loading it is fast, and its schema if that does not exist.

    Args:
        conn: A session that may create tables there.
        schema: The schema; created if absent.
        table: Its name.
        columns: What it holds; all columns of schema v0.1.9 by default.

    Raises:
        LegacyTableExistsError: A relation of any kind has that name.
    """
    refuse_existing(conn, schema, table)
    definitions = [_definition(column) for column in (LEGACY_COLUMNS if columns is None else columns)]
    try:
        if conn.value("select to_regnamespace(quote_ident(%s)) is null", schema):
            conn.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        conn.execute(sql.SQL("create table {} ({})").format(sql.Identifier(schema, table), sql.SQL(", ").join(definitions)))
    except errors.DuplicateTable:
        raise _exists(schema, table, "relation") from None


def refuse_existing(conn: Session, schema: str, table: str) -> None:
    """Raise if a relation of that name exists.

    Raises:
        LegacyTableExistsError: A relation of any kind has the name.
    """
    existing = conn.execute(_RELATION, (schema, table)).fetchone()
    if existing is not None:
        raise _exists(schema, table, _KINDS.get(existing[1], "relation"))


def refuse_columns(names: Sequence[str], where: str) -> None:
    """Raise if columns of these names make no legacy table.

    Args:
        names: The columns of a file.
        where: The file, for the error.

    Raises:
        LegacyFileError: A name occurs twice, or a required column is missing.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    missing = [" or ".join(group) for group in REQUIRED_COLUMNS if not set(group) & set(names)]
    if twice:
        what = f"Columns occur twice: {', '.join(twice)}."
    elif missing:
        what = f"This is not a legacy table: it has no column {', and none of '.join(missing)}."
        what += f" Its columns are: {', '.join(names[:20])}{' …' if len(names) > 20 else ''}."
    else:
        return
    raise LegacyFileError(what, where=where, next_step="Name the file of cancer_transcript_base, exported whole.")


def add_keys_and_indexes(conn: Session, schema: str, table: str) -> None:
    """Add the primary key and the 18 indexes of schema v0.1.9, as far as their columns exist.

    Raises:
        LegacyFileError: A transcript_id is NULL or occurs twice, or a value is too long for an index.
    """
    relation = sql.Identifier(schema, table)
    columns = describe_legacy_table(conn, schema, table).columns or {}
    if "transcript_id" in columns:
        _add_primary_key(conn, schema, table, relation)
    for method, names in LEGACY_INDEXES:
        if not all(_is_indexable(method, columns.get(name)) for name in names):
            continue
        try:
            with conn.transaction():
                conn.execute(
                    sql.SQL("create index on {} using {} ({})").format(
                        relation, sql.Identifier(method), sql.SQL(", ").join(map(sql.Identifier, names))
                    )
                )
        except errors.ProgramLimitExceeded as error:
            raise LegacyFileError(
                f"A value of {' or '.join(names)} is too long for the {method} index on it: {error.diag.message_primary}.",
                where=f"{schema}.{table}, column {', '.join(names)}",
                next_step="Shorten that value in the source; values of that length are not identifiers.",
            ) from error


def describe_legacy_table(conn: Session, schema: str, table: str) -> LegacyDescription:
    """Describe what has the legacy table's name, reading one row of it at most."""
    relation = conn.execute(_RELATION, (schema, table)).fetchone()
    if relation is None:
        return LegacyDescription(schema, table)
    oid, relkind, rows, is_readable, hides_rows, size = relation
    column_rows = conn.execute(_COLUMNS, (oid,)).fetchall()
    columns = {str(name): str(kind) for name, kind, _ in column_rows}
    castable, wrong = _unexpected_types(columns, {str(name): str(beneath) for name, _, beneath in column_rows})
    relatives = conn.execute(_RELATIVES, {"oid": oid}).fetchall()
    has_rows = None
    if is_readable and not hides_rows and relkind in "rpvm":
        query = sql.SQL("select exists (select from {})").format(sql.Identifier(schema, table))
        has_rows = bool(conn.value(query))
    known = {c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS)}
    return LegacyDescription(
        schema,
        table,
        kind=_KINDS.get(relkind, "relation"),
        columns=columns,
        missing=tuple(c.name for c in LEGACY_COLUMNS if c.name not in columns),
        extra=tuple(name for name in columns if name not in known),
        noted_types=castable,
        wrong_types=wrong,
        missing_required=tuple(names for names in REQUIRED_COLUMNS if not columns.keys() & set(names)),
        is_readable=is_readable,
        approximate_rows=rows,
        has_rows=has_rows,
        size_bytes=int(size),
        children=tuple(name for is_child, name in relatives if is_child),
        parents=tuple(name for is_child, name in relatives if not is_child),
    )


def _unexpected_types(columns: dict[str, str], beneath: dict[str, str]) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    castable: dict[str, tuple[str, str]] = {}
    wrong: dict[str, tuple[str, str]] = {}
    for name, actual in columns.items():
        expected = legacy_column(name)
        if expected is not None and actual != expected.sql_type:
            fits = beneath[name] in (expected.sql_type, *CASTABLE_TYPES.get(expected.sql_type, ()))
            (castable if fits else wrong)[name] = (actual, expected.sql_type)
    return castable, wrong


def _is_indexable(method: str, kind: str | None) -> bool:
    return kind is not None and (method != "gin" or kind == "jsonb" or kind.endswith("[]"))


def _definition(column: LegacyColumn) -> sql.Composed:
    if not re.fullmatch(r"[a-z][a-z0-9 ]*(\(\d+(,\d+)?\))?[a-z ]*(\[\])?", column.sql_type):
        raise ValueError(f"{column.sql_type!r} is not the name of a type")
    kind = sql.SQL(column.sql_type)
    default = sql.SQL(f" default {column.default}" if column.default else "")
    return sql.SQL("{} {}{}").format(sql.Identifier(column.name), kind, default)


def _add_primary_key(conn: Session, schema: str, table: str, relation: sql.Identifier) -> None:
    where = f"{schema}.{table}, column transcript_id"
    next_step = "Give every row one transcript_id of its own in the source."
    try:
        with conn.transaction():
            conn.execute(sql.SQL("alter table {} add primary key (transcript_id)").format(relation))
    except errors.UniqueViolation as error:
        query = sql.SQL("select transcript_id, count(*) from {} group by 1 having count(*) > 1 order by 2 desc, 1 limit 1")
        transcript_id, times = conn.execute(query.format(relation)).fetchone() or ("?", 2)
        what = f"The transcript_id {transcript_id!r} occurs {counted(times, 'time')}; it has to be unique."
        raise LegacyFileError(what, where=where, next_step=next_step) from error
    except errors.NotNullViolation as error:
        query = sql.SQL("select count(*) from {} where transcript_id is null")
        nulls = conn.value(query.format(relation))
        what = f"{counted(nulls, 'row has', 'rows have')} no transcript_id (NULL); every row needs one."
        raise LegacyFileError(what, where=where, next_step=next_step) from error
    except errors.ProgramLimitExceeded as error:
        what = f"A transcript_id is too long for the primary key: {error.diag.message_primary}."
        raise LegacyFileError(what, where=where, next_step=next_step) from error


def _exists(schema: str, table: str, kind: str) -> LegacyTableExistsError:
    return LegacyTableExistsError(
        f"A {kind} named {table} is there already; loading would overwrite it.",
        where=f"{schema}.{table}",
        next_step=f"Use it as it is, drop or rename the {kind} yourself, or name another schema.",
    )
