"""What in the live schema would stop a release, found before anything is built: index names of others, a foreign `schema_version`.

Names of tables and views are checked as a prerequisite of the legacy layer; indexes and constraints have names in the same schema, and
keep them when their table is renamed.
"""

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import SchemaError
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.schema import versions


def require_free_index_names(conn: Connection, deployed: str, live: str) -> None:
    """Raise if an index of another relation in the live schema has the name of one that a release brings.

    Args:
        conn: A session.
        deployed: A schema into which everything was just deployed.
        live: The schema of the release.

    Raises:
        SchemaError: There is such an index, with the statements that rename them.
    """
    taken = conn.execute(
        """with indexes as (
             select i.relname as name, t.relname as of_table, n.nspname as schema
             from pg_index as x join pg_class as i on i.oid = x.indexrelid join pg_class as t on t.oid = x.indrelid
             join pg_namespace as n on n.oid = i.relnamespace where n.nspname in (%(deployed)s, %(live)s))
           select theirs.name, theirs.of_table from indexes as theirs join indexes as ours using (name)
           where theirs.schema = %(live)s and ours.schema = %(deployed)s and theirs.of_table <> ours.of_table order by 2, 1""",
        {"deployed": deployed, "live": live},
    ).fetchall()
    if not taken:
        return
    named = ", ".join(f"{name} of {table}" for name, table in taken[:10])
    renames = [
        sql.SQL("alter index {} rename to {};")
        .format(sql.Identifier(live, name), sql.Identifier(f"{name[:50]}_{number}_old"))
        .as_string(conn)
        for number, (name, _) in enumerate(taken, 1)
    ]
    raise SchemaError(
        f"{counted(len(taken), 'index', 'indexes')} of other tables in {live} {'has the name' if len(taken) == 1 else 'have names'} that a "
        f"release needs: {named}{' …' if len(taken) > 10 else ''}. An index keeps its name when its table is renamed.",
        where=f"schema {live}",
        next_step=f"Rename them: {' '.join(renames)}",
    )


def require_recordable(conn: Connection, live: str) -> None:
    """Raise if the version cannot be recorded in the `schema_version` that is there; nothing is changed.

    Raises:
        SchemaError: It has another layout, asks for values that are not known, or this role may not write to it.
    """
    if not is_there(conn, live, "schema_version"):
        return
    try:
        with conn.transaction(force_rollback=True):
            versions.record_version(conn, live)
    except (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, psycopg.errors.ObjectNotInPrerequisiteState) as error:
        raise SchemaError(
            f"The version cannot be recorded in {live}.schema_version: {error.diag.message_primary}.",
            where=f"{live}.schema_version",
            next_step=f"If it is another program's, rename it: alter table {live}.schema_version rename to schema_version_old; "
            "otherwise grant insert and select on it to this role.",
        ) from error
