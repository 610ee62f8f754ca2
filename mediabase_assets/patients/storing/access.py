"""Which role may read which patient.

Contains giving and taking; the policies that enforce it are in `sql/security.sql`. A role reads the released tables beside: they hold no
patient's data, and every view of a patient needs them.
"""

import psycopg
from psycopg import sql

from mediabase_assets.model.patients import PatientError
from mediabase_assets.patients.storing.deploy import has_invoker
from mediabase_assets.patients.storing.listing import key_of
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.postgres.target import NAMES
from mediabase_assets.settings.load import Settings

# views made with `view_options`, tables with row-level security, and those without a patient's data
_SHARED = ("gene_ids", "transcript_ids")
_PROTECTED = """
    select c.relname::text from pg_catalog.pg_class as c
    where c.relnamespace = to_regnamespace(quote_ident(%s)) and (
      c.relkind = 'v' and coalesce(c.reloptions, '{}') && array[%s || '=true', %s || '=on']
      or c.relkind in ('r', 'p') and not c.relispartition and (c.relrowsecurity or c.relname = any(%s)))
    order by 1"""
_RELEASED = """
    select relname::text from pg_catalog.pg_class
    where relnamespace = to_regnamespace(quote_ident(%s)) and relname = any(%s) and relkind in ('r', 'm', 'v') order by 1"""


def grant(conn: Connection, settings: Settings, patient_id: str, role: str) -> None:
    """Let a role read one patient's data, and the released tables; it sees no other patient's.

    Args:
        conn: A session of the owner of the tables.
        settings: Which live schema.
        patient_id: Whose data.
        role: The role.

    Raises:
        PatientError: There is no such patient or role, or this session may not give rights.
    """
    with conn.transaction():
        key = key_of(conn, patient_id)
        access = sql.Identifier(conn.workspace.patients, "patient_access")
        query = sql.SQL("insert into {} (patient_key, role_name) values (%s, %s) on conflict do nothing").format(access)
        try:
            conn.execute(query, (key, role))
            for schema, names in _readable(conn, settings):
                conn.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), sql.Identifier(role)))
                listed = sql.SQL(", ").join(sql.Identifier(schema, name) for name in names)
                conn.execute(sql.SQL("grant select on {} to {}").format(listed, sql.Identifier(role)))
        except psycopg.errors.UndefinedObject as error:
            step = "Create it first: create role … login"
            raise PatientError(f"There is no role {role[:63]!r}.", where=conn.info.dbname, next_step=step) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise PatientError(
                f"The role {conn.info.user} may not give rights: {error.diag.message_primary}.",
                where=conn.info.dbname,
                next_step="Do it as the owner of the tables.",
            ) from error


def revoke(conn: Connection, patient_id: str, role: str) -> None:
    """Take one patient's data from a role again; with the last patient, the tables of patients' data too.

    Raises:
        PatientError: There is no such patient.
    """
    schema = conn.workspace.patients
    with conn.transaction():
        access = sql.Identifier(schema, "patient_access")
        key = key_of(conn, patient_id)
        conn.execute(sql.SQL("delete from {} where patient_key = %s and role_name = %s").format(access), (key, role))
        row = conn.execute(
            sql.SQL("select exists (select from {} where role_name = %s), exists (select from pg_roles where rolname = %s)").format(access),
            (role, role),
        ).fetchone()
        if row == (False, True):
            names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
            conn.execute(sql.SQL("revoke select on all tables in schema {schema} from {role}").format(**names))
            conn.execute(sql.SQL("revoke usage on schema {schema} from {role}").format(**names))


def _readable(conn: Connection, settings: Settings) -> list[tuple[str, list[str]]]:
    """The schemas and relations that a role may read who may read a patient."""
    live, option = settings.database.schema_name, "security_invoker" if has_invoker(conn) else "security_barrier"
    found = []
    for schema, query, values in (
        (conn.workspace.patients, _PROTECTED, (conn.workspace.patients, option, option, list(_SHARED))),
        (live, _RELEASED, (live, list(NAMES))),
    ):
        names = [str(name) for (name,) in conn.execute(query, values).fetchall()]
        found += [(schema, names)] if names else []
    return found
