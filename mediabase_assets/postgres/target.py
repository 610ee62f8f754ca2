"""A target is a live schema of a database: whose records are where, and which target a migration belongs to.

The records of the schema `public` are in the workspace `mediabase`, those of another live schema in a workspace named after
it. Databases that were migrated before targets had workspaces of their own have all records in `mediabase`: whose they are
is recorded by the next migration, and until then seen from what is live. Contains finding and recording that, and finding
the records of other targets.
"""

import contextlib
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import ConfigurationError, PrerequisiteError
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.model.workspace import DEFAULT_SCHEMA, MIGRATIONS, Workspace, workspace_for
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets.settings.load import Settings

#: The relations that a release makes or writes to.
NAMES = frozenset({*(r.name for r in RELATIONS), *(t.name for t in TABLES), *(v.name for v in VIEWS), "schema_version"})
#: The table that names the target of a workspace, in one row.
TABLE = "target"
_DEFAULT = Workspace(MIGRATIONS)

# which of the two workspaces exist, and whether this role may read the tables that name their targets
_PRESENT: LiteralString = """
    select n.nspname::text, coalesce(c.relname, '')::text from pg_catalog.pg_namespace as n
    left join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = any(%s) and c.relkind = 'r'
      and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
    where n.nspname = any(%s)"""
# the schemas with most of the relations that the records call live, and with schema_version; a copy has tables for views
_CANDIDATES: LiteralString = """
    select schema from (
      select n.nspname::text as schema, rank() over (order by count(*) + count(*) filter (where c.relkind = 'm') desc) as place
      from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where c.relname = any(%s) and c.relkind in ('r', 'm', 'v') and n.nspname !~ '^pg_'
        and n.nspname !~ '^mediabase_(.+_)?(next|ops|patients|successors|rehearsal|source|legacy|live)$'
      group by 1) as s
    where place = 1 order by schema <> 'public', schema"""
# the live schema of the last rollback, where nothing is live
_ROLLED_BACK: LiteralString = """
    select left(relation, -length('.genes')) from {} where relation like '%.genes' order by rolled_back_at desc limit 1"""


@dataclass(frozen=True)
class Target:
    """Whose records are in a workspace; the schema is None where it is not known."""

    workspace: Workspace
    live_schema: str | None


def workspace_of(conn: Session, settings: Settings) -> Workspace:
    """The workspace in which a session with these settings works.

    Args:
        conn: A session in which each statement is its own transaction.
        settings: Which target.
    """
    if settings.workspace != MIGRATIONS:
        return Workspace(settings.workspace)
    live = settings.database.schema_name
    own = workspace_for(live)
    readable_tables = _tables_of(conn, (_DEFAULT, own))
    if own.operations in readable_tables or _DEFAULT.operations not in readable_tables:
        return own if own.operations in readable_tables or live != DEFAULT_SCHEMA else _DEFAULT
    if not readable_tables[_DEFAULT.operations]:  # another role's, which does not let this one read
        return _DEFAULT if live == DEFAULT_SCHEMA else own
    owner = _owner(conn, _DEFAULT, readable_tables[_DEFAULT.operations])
    return _DEFAULT if owner in (live, None) else own


def targets(conn: Session) -> tuple[Target, ...]:
    """The targets whose records are in this database, as far as this role may read them."""
    names = conn.values("select n.nspname::text from pg_catalog.pg_namespace as n where n.nspname ~ '^mediabase_(.+_)?ops$' order by 1")
    workspaces = [Workspace(name.removesuffix("_ops")) for name in names]
    readable_tables = _tables_of(conn, tuple(s for s in workspaces if not s.is_throwaway))
    return tuple(
        Target(s, _owner(conn, s, readable_tables[s.operations]))
        for s in workspaces
        if not s.is_throwaway and readable_tables.get(s.operations)
    )


def target_of_migration(conn: Session, migration_id: str, but: Workspace) -> Target | None:
    """The other target that a migration worked for; None if no target has it."""
    for target in targets(conn):
        if target.workspace == but:
            continue
        query = sql.SQL("select exists (select from {} where migration_id = %s)")
        runs = sql.Identifier(target.workspace.operations, "migration_runs")
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
            if conn.value(query.format(runs), migration_id):
                return target
    return None


def is_ours(conn: Session, settings: Settings, schema: str, name: str) -> bool:
    """Whether a name is that of a relation which a release of this target, or of another one in the database, makes or rewrites."""
    return name in NAMES and (schema == settings.database.schema_name or schema in {t.live_schema for t in targets(conn)})


def record_target(conn: Session, workspace: Workspace, live_schema: str) -> None:
    """Record whose the records of a workspace are; once.

    Raises:
        ConfigurationError: They are another target's.
    """
    name = sql.Identifier(workspace.operations, TABLE)
    conn.execute(sql.SQL("insert into {} (live_schema) values (%s) on conflict do nothing").format(name), (live_schema,))
    recorded = conn.value(sql.SQL("select live_schema from {}").format(name))
    if recorded != live_schema:
        raise ConfigurationError(
            f"The records in {workspace.operations} are those of the live schema {recorded}, not of {live_schema}.",
            where=f"schema {workspace.operations}",
            next_step="Run the command again: a migration into the other schema took them a moment ago.",
        )


def configuration_for(live_schema: str | None) -> str:
    """What to put into the configuration for a target, as a phrase."""
    return f"the configuration whose database.schema is {live_schema}" if live_schema else "the configuration that it was made with"


def _tables_of(conn: Session, workspaces: tuple[Workspace, ...]) -> dict[str, set[str]]:
    """The records' schemas that exist, each with those tables that this role may read."""
    names = [TABLE, "migration_runs", "built_relations", "rollbacks"]
    tables: dict[str, set[str]] = {}
    for schema, table in conn.execute(_PRESENT, (names, [s.operations for s in workspaces])).fetchall():
        tables.setdefault(str(schema), set()).update([str(table)] if table else [])
    return tables


def _owner(conn: Session, workspace: Workspace, readable: set[str]) -> str | None:
    """The live schema of a workspace's records; None where it is not known."""
    if TABLE in readable:
        recorded = conn.value(sql.SQL("select live_schema from {}").format(sql.Identifier(workspace.operations, TABLE)))
        if recorded:
            return str(recorded)
    if "built_relations" in readable and (schema := _recorded_schema(conn, workspace)):
        return schema
    if "rollbacks" in readable:
        last: str | None = conn.value(sql.SQL(_ROLLED_BACK).format(sql.Identifier(workspace.operations, "rollbacks")))
        return last
    return None


def _recorded_schema(conn: Session, workspace: Workspace) -> str | None:
    """The schema in which the relations are that the records of an earlier version call live."""
    query = sql.SQL("select relation, row_count, to_jsonb(b) ->> 'live_fingerprint' from {} as b where is_live order by 2, 1")
    built = conn.execute(query.format(sql.Identifier(workspace.operations, "built_relations"))).fetchall()
    if not built:
        return None
    candidates: list[str] = conn.values(_CANDIDATES, [*(name for name, *_ in built), "schema_version"])
    if len(candidates) > 1:  # a copy, or another target's: the smallest relation shows which one is recorded
        relation, _, fingerprint = next((b for b in built if b[2]), built[0])
        exact = [schema for schema in candidates if _fingerprint(conn, schema, relation) == fingerprint]
        candidates = exact or candidates
    return candidates[0] if candidates else None


def _fingerprint(conn: Session, schema: str, relation: str) -> str | None:
    try:
        return physical_fingerprint(conn, schema, relation)
    except (PrerequisiteError, psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
        return None
