"""What a relation is beside its rows: columns, indexes, constraints, definition, comments, privileges.

Contains reading it from the catalogue as lines that people can read and programs can compare. A backup keeps the
lines in its manifest, a restore has to give them back, and a rollback sees from them whether a relation has its old shape.
"""

import hashlib
from collections.abc import Iterator
from typing import LiteralString

import psycopg
from psycopg import sql
from pydantic import BaseModel, ConfigDict

from mediabase_assets.postgres.connection import Session

#: One query per kind of lines; each gets the relation's oid; names have their schema.
_QUERIES: dict[str, LiteralString] = {
    "columns": """
        select quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
          || case when a.attcollation <> t.typcollation and a.attcollation <> 0 then ' collate ' || a.attcollation::regcollation else '' end
          || case when a.attnotnull then ' not null' else '' end
          || case when a.attidentity <> '' then ' identity ' || a.attidentity::text else '' end
          || case when d.adbin is null then '' when a.attgenerated <> '' then ' generated ' || pg_get_expr(d.adbin, d.adrelid)
                  else ' default ' || pg_get_expr(d.adbin, d.adrelid) end
        from pg_attribute as a join pg_type as t on t.oid = a.atttypid
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = %s and a.attnum > 0 and not a.attisdropped order by a.attname""",
    "indexes": "select pg_get_indexdef(indexrelid) from pg_index where indrelid = %s order by 1",
    "constraints": """
        select quote_ident(conname) || ' ' || pg_get_constraintdef(oid) from pg_constraint
        where conrelid = %s and contype in ('p', 'u', 'f', 'c', 'x') order by 1""",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where tgrelid = %s and not tgisinternal order by 1",
    "definition": "select pg_get_viewdef(oid) from pg_class where oid = %s and relkind in ('v', 'm')",
    "comments": """
        select coalesce(quote_ident(a.attname) || ': ', '') || d.description from pg_description as d
        left join pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
        where d.classoid = 'pg_class'::regclass and d.objoid = %s order by 1""",
    "privileges": """
        select case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end || ': ' || a.privilege_type
          || case when a.is_grantable then ' with grant option' else '' end
        from pg_class as c cross join aclexplode(c.relacl) as a where c.oid = %s and a.grantee <> c.relowner order by 1""",
}
#: The kinds of lines, in their order.
KINDS = tuple(_QUERIES)


class Catalogue(BaseModel):
    """What a relation is beside its rows, as lines in a fixed order; privileges are those of others than the owner."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    definition: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    privileges: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes with any line.

        >>> Catalogue(columns=("a text",)).digest == Catalogue(columns=("a text",)).digest != Catalogue().digest
        True
        """
        text = "\0\0".join(kind + "\0" + "\0".join(getattr(self, kind)) for kind in KINDS)
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def differences(self, other: "Catalogue") -> Iterator[tuple[str, str, str]]:
        """How another one differs: kind, line that is missing there, line that is there instead; one of them empty."""
        for kind in KINDS:
            mine, theirs = set(getattr(self, kind)), set(getattr(other, kind))
            yield from ((kind, line, "") for line in sorted(mine - theirs))
            yield from ((kind, "", line) for line in sorted(theirs - mine))


def catalogue_of(conn: Session, schema: str, name: str) -> Catalogue | None:
    """What the catalogue holds about a relation; None if the relation does not exist."""
    with conn.transaction():
        regclass = conn.value("select to_regclass(format('%%I.%%I', %s::text, %s::text))::oid", schema, name)
        if regclass is None:
            return None
        before = conn.value("select current_setting('search_path')")
        conn.execute("select set_config('search_path', '', true)")
        lines = {kind: tuple(map(str, conn.values(query, regclass))) for kind, query in _QUERIES.items()}
        conn.execute("select set_config('search_path', %s, true)", (before,))
    return Catalogue(**lines)


def defined_again(conn: Session, catalogue: Catalogue) -> Catalogue:
    """The same with the definition as PostgreSQL prints it after the view was created from it.

    It prints some expressions otherwise then (casts of varchar, names of hidden columns). A definition that cannot be
    created here stays as it is.
    """
    if not catalogue.definition:
        return catalogue
    try:
        with conn.transaction(force_rollback=True):
            conn.execute("select set_config('search_path', '', true)")
            conn.execute(sql.SQL("create temporary view defined_again as {}").format(sql.SQL(catalogue.definition[0])))
            definition = conn.value("select pg_get_viewdef('pg_temp.defined_again'::regclass)")
    except psycopg.Error:
        return catalogue
    return catalogue.model_copy(update={"definition": (definition,)})


class FunctionRecord(BaseModel):
    """A function of ours as it was: signature, what creates it, its comment, who may execute it beside its owner (None: everybody)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    signature: str
    definition: str
    comment: str | None = None
    grants: tuple[str, ...] | None = None


def functions_named(conn: Session, schema: str, names: tuple[str, ...]) -> tuple[FunctionRecord, ...]:
    """The functions of those names in a schema."""
    functions = conn.rows(
        FunctionRecord,
        """select p.proname as name, format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as signature,
             pg_get_functiondef(p.oid) as definition, obj_description(p.oid, 'pg_proc') as comment,
             case when p.proacl is not null then
               array(select case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
                     from aclexplode(p.proacl) as a where a.grantee <> p.proowner order by 1) end as grants
           from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
           where n.nspname = %s and p.proname = any(%s) and p.prokind in ('f', 'p') order by 1, 2""",
        schema, list(names),
    )  # fmt: skip
    return tuple(functions)
