"""Grants: which a role lacks, which it has beyond its work, the statements, and applying and recording them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import LiteralString

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import PrerequisiteError
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.sql_files import is_there
from mediabase_assets.records.tables import has_operations, prepare_schemas
from mediabase_assets.roles.objects import PRIVILEGES, READERS, Kind, Object, objects, wanted
from mediabase_assets.settings.load import Settings

#: The table of records that names the roles whose grants are kept up.
TABLE = "role_grants"
_HELD: LiteralString = """
    select o.kind, o.oid, o.privilege,
      case o.kind when 'database' then has_database_privilege(%(role)s, o.oid, o.privilege)
        when 'schema' then has_schema_privilege(%(role)s, o.oid, o.privilege)
        when 'table' then has_table_privilege(%(role)s, o.oid, o.privilege)
        when 'sequence' then has_sequence_privilege(%(role)s, o.oid, o.privilege)
        else has_function_privilege(%(role)s, o.oid, o.privilege) end
    from unnest(%(kinds)s::text[], %(oids)s::oid[], %(privileges)s::text[]) as o (kind, oid, privilege)"""
_EVERYBODY: LiteralString = """
    select 'schema', n.oid, lower(a.privilege_type) from pg_namespace as n cross join aclexplode(n.nspacl) as a
    where a.grantee = 0 and n.oid = any(%(oids)s::oid[])
    union all
    select 'table', c.oid, lower(a.privilege_type) from pg_class as c cross join aclexplode(c.relacl) as a
    where a.grantee = 0 and c.oid = any(%(oids)s::oid[])"""
#: What everybody may do in a database as PostgreSQL makes it, and what gives nothing without rights on tables.
_BY_DEFAULT = (("database", "connect"), ("database", "temporary"), ("function", "execute"), ("schema", "usage"))


@dataclass(frozen=True)
class Right:
    """A privilege of a role on an object.

    Attributes:
        role: The role.
        kind: What it is for.
        on: The object.
        privilege: In PostgreSQL's words.
        is_everybodys: Whether everybody has it, so that it is taken from everybody or not at all.
    """

    role: str
    kind: Kind
    on: Object
    privilege: str
    is_everybodys: bool = False

    def __str__(self) -> str:
        return f"{self.privilege} on {self.on.kind} {self.on.identity}"

    @property
    def grant(self) -> str:
        """The statement that gives it."""
        return f"grant {self} to {_quoted(self.role)};"

    @property
    def revoke(self) -> str:
        """The statement that takes it."""
        return f"revoke {self} from {'public' if self.is_everybodys else _quoted(self.role)};"


@dataclass(frozen=True)
class Difference:
    """How the privileges of a role differ from those of its kind.

    Attributes:
        role: The role.
        kind: What it is for.
        exists: Whether there is such a role.
        missing: What it lacks.
        excess: What it may do beyond its work, on objects of ours.
        attributes: What the role is that no reader should be, such as `superuser`.
    """

    role: str
    kind: Kind
    exists: bool
    missing: tuple[Right, ...]
    excess: tuple[Right, ...] = ()
    attributes: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether it may do exactly what it should."""
        return self.exists and not (self.missing or self.excess or self.attributes)


def compare(conn: Session, settings: Settings, role: str, kind: Kind, things: Sequence[Object] | None = None) -> Difference:
    """What a role lacks, and what it has beyond its work."""
    things = objects(conn, settings) if things is None else things
    expected = [Right(role, kind, o, p) for o in things for p in wanted(kind, o, settings.database.source_schema)]
    row = conn.execute(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = %s", (role,)
    ).fetchone()  # fmt: skip
    if row is None:
        return Difference(role, kind, False, tuple(expected))
    every = [Right(role, kind, o, p) for o in things for p in PRIVILEGES[o.kind]]
    held, everybodys = _held(conn, role, every), _everybodys(conn, things)
    missing = tuple(r for r in expected if (r.on.kind, r.on.oid, r.privilege) not in held)
    if kind is Kind.MIGRATOR or row[0]:
        return Difference(role, kind, True, missing, attributes=("superuser",) if row[0] else ())
    names = ("superuser", "bypassrls", "createrole", "createdb")
    wanted_of = {(r.on.kind, r.on.oid, r.privilege) for r in expected}
    excess = []
    for right in every:
        key = (right.on.kind, right.on.oid, right.privilege)
        if key in held and key not in wanted_of and not (_is_default(right) or right.on.owner == role):
            excess.append(Right(role, kind, right.on, right.privilege, key in everybodys))
    return Difference(role, kind, True, missing, tuple(excess), tuple(n for n, has in zip(names, row, strict=True) if has))


def _is_default(right: Right) -> bool:
    """Whether PostgreSQL gives it to everybody; the usage of a schema only where that schema is everybody's."""
    key = (right.on.kind, right.privilege)
    return key in _BY_DEFAULT and (key != ("schema", "usage") or right.on.name == "public")


def _held(conn: Session, role: str, rights: Iterable[Right]) -> set[tuple[str, int, str]]:
    keys = [(r.on.kind, r.on.oid, r.privilege) for r in rights]
    kinds, oids, privileges = ([*column] for column in zip(*keys, strict=True))
    rows = conn.execute(_HELD, {"role": role, "kinds": kinds, "oids": oids, "privileges": privileges}).fetchall()
    return {(kind, oid, privilege) for kind, oid, privilege, has in rows if has}


def _everybodys(conn: Session, things: Iterable[Object]) -> set[tuple[str, int, str]]:
    return {(k, oid, p) for k, oid, p in conn.execute(_EVERYBODY, {"oids": [o.oid for o in things]}).fetchall()}


def script(conn: Session, settings: Settings, roles: Sequence[tuple[str, Kind]]) -> Iterator[str]:
    """The grants as SQL, for psql and whoever may give them: each role made if it does not exist, all that its kind needs, the record."""
    things = objects(conn, settings)
    owners = ", ".join(sorted({o.owner for o in things if o.room not in ("database", "dagster")}))
    yield f"-- Grants of MEDIABASE in the database {conn.info.dbname}, live schema {settings.database.schema_name}; safe to run again."
    yield f"-- Run them with psql as the owner of what is granted ({owners}) or as an administrator; roles are made by an administrator."
    for role, kind in roles:
        yield f"\n-- {kind}: {role}"
        name = sql.Literal(role).as_string(conn)
        yield f"select format('create role %I nologin', {name})"
        yield f"  where not exists (select from pg_catalog.pg_roles where rolname = {name}) \\gexec"
        yield from statements(Right(role, kind, o, p) for o in things for p in wanted(kind, o, settings.database.source_schema))
        if kind is Kind.MIGRATOR:
            yield "-- for the weekly proof of the backup, and a database of its own for Dagster's storage, it needs createdb:"
            yield f"-- alter role {_quoted(role)} createdb;"
        elif is_there(conn, conn.workspace.operations, TABLE):
            yield f"insert into {_quoted(conn.workspace.operations)}.{TABLE} (role_name, kind)"
            yield f"  values ({name}, {sql.Literal(kind.value).as_string(conn)}) on conflict (role_name, kind) do nothing;"
        else:
            yield "-- there are no records of this version: give the grants again after mediabase migrate, or by --apply"


def statements(rights: Iterable[Right], *, takes: bool = False) -> Iterator[str]:
    """The fewest statements for rights of one role, in a fixed order."""
    order = list(PRIVILEGES)
    rights = sorted(rights, key=lambda r: (order.index(r.on.kind), r.privilege, r.is_everybodys, r.on.identity))
    for (kind, privilege, _), group in groupby(rights, lambda r: (r.on.kind, r.privilege, r.is_everybodys)):
        listed = list(group)
        first = listed[0]
        who = "public" if first.is_everybodys else _quoted(first.role)
        names = ",\n  ".join(r.on.identity for r in listed)
        yield f"{'revoke' if takes else 'grant'} {privilege} on {kind} {names} {'from' if takes else 'to'} {who};"


def apply(conn: Session, settings: Settings, role: str, kind: Kind) -> Difference:
    """Give a role what it lacks, and record a reader, so that releases give it what is new; returns what is still missing.

    Args:
        conn: A session outside a transaction.
        settings: Which target.
        role: The role, which exists.
        kind: What it is for.

    Raises:
        PrerequisiteError: There is no such role, or nothing was migrated yet, or this session may not record it; nothing is given.
    """
    if not compare(conn, settings, role, kind).exists:
        raise PrerequisiteError(
            f"There is no role {role[:63]!r}.",
            where=conn.info.dbname,
            next_step=f"As an administrator: create role {_quoted(role)} login;",
        )
    with conn.transaction():
        if kind in READERS:
            _record(conn, settings, role, kind)
        for statement in statements(compare(conn, settings, role, kind).missing):
            _tried(conn, statement)
    return compare(conn, settings, role, kind)


def take(conn: Session, settings: Settings, role: str, kind: Kind) -> None:
    """Take the grants of a kind from a role, but for those that another recorded kind of it needs; and forget the record."""
    things, operations = objects(conn, settings), conn.workspace.operations
    kept = {(o.identity, p) for other in recorded(conn) if other[0] == role and other[1] is not kind
            for o in things for p in wanted(other[1], o, settings.database.source_schema)}  # fmt: skip
    rights = [Right(role, kind, o, p) for o in things for p in wanted(kind, o, settings.database.source_schema)]
    with conn.transaction():
        if conn.value("select exists (select from pg_roles where rolname = %s)", role):
            for statement in statements((r for r in rights if (r.on.identity, r.privilege) not in kept), takes=True):
                _tried(conn, statement)
        if is_there(conn, operations, TABLE):
            query = sql.SQL("delete from {} where role_name = %s and kind = %s").format(sql.Identifier(operations, TABLE))
            conn.execute(query, (role, kind.value))


def recorded(conn: Session) -> list[tuple[str, Kind]]:
    """The roles whose grants are kept up, and what each is for."""
    if not is_there(conn, conn.workspace.operations, TABLE):
        return []
    query = sql.SQL("select role_name, kind from {} where kind = any(%s) order by 1, 2")
    rows = conn.execute(query.format(sql.Identifier(conn.workspace.operations, TABLE)), ([k.value for k in READERS],)).fetchall()
    return [(role, Kind(kind)) for role, kind in rows]


def keep_up(conn: Session, settings: Settings) -> list[str]:
    """Give every recorded role what it lacks, in the transaction that is open; returns what could not be given, in words.

    A role that was dropped meanwhile is left out; nothing here ends the transaction.
    """
    problems: list[str] = []
    try:
        with conn.transaction():
            roles = recorded(conn)
            things = objects(conn, settings) if roles else []
            for role, kind in roles:
                difference = compare(conn, settings, role, kind, things)
                if difference.exists:
                    problems += filter(None, (_tried(conn, s) for s in statements(difference.missing)))
    except psycopg.Error as error:
        problems.append(str(error.diag.message_primary or error))
    return problems


def _tried(conn: Session, statement: str) -> str:
    """Run a statement on its own; what the server said if it refused."""
    try:
        with conn.transaction():
            conn.execute(sql.SQL(statement))  # the names in it are quoted
    except psycopg.Error as error:
        return f"{error.diag.message_primary or error}: {statement}"
    return ""


def _record(conn: Session, settings: Settings, role: str, kind: Kind) -> None:
    if not has_operations(conn):
        raise PrerequisiteError(
            "Nothing was migrated here yet, so that there is nothing to read.",
            where=f"{conn.info.dbname}, schema {settings.database.schema_name}",
            next_step="Run mediabase migrate first.",
        )
    query = sql.SQL("insert into {} (role_name, kind) values (%s, %s) on conflict (role_name, kind) do nothing")
    try:
        if not is_there(conn, conn.workspace.operations, TABLE):  # the records are of an earlier version
            prepare_schemas(conn, settings.database.schema_name)
        conn.execute(query.format(sql.Identifier(conn.workspace.operations, TABLE)), (role, kind.value))
    except psycopg.errors.InsufficientPrivilege as error:
        raise PrerequisiteError(
            f"The role {conn.info.user} may not record the grants: {error.diag.message_primary}.",
            where=f"{conn.workspace.operations}.{TABLE}",
            next_step="Do it as the role that migrates.",
        ) from error


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)
