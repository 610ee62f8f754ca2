"""What a backup has to hold, and whether it is still the same: the relations in reach of a migration.

Contains queries of the catalogue. Nothing is written, neither to the database nor to a folder.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import LiteralString, NamedTuple

from psycopg import sql

from mediabase_assets.backup.manifest import BackupManifest, RelationName
from mediabase_assets.backup.needed import digest_of, needed_objects
from mediabase_assets.backup.place import Place, is_verified, list_backups
from mediabase_assets.model.errors import BackupError
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.content_hash import physical_fingerprint

_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
}

# what was named, what is based on it (views, however deep), and the partitions below it
_RELATIONS: LiteralString = """
    with recursive named (schema, name) as (
        select * from unnest(%(schemas_of)s::text[], %(names)s::text[])
    ), reached (oid) as (
        select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where (n.nspname, c.relname) in (select schema, name from named) or n.nspname = any(%(schemas)s)
        union
        select s.oid from reached r cross join lateral (
            select w.ev_class from pg_catalog.pg_depend d join pg_catalog.pg_rewrite w on w.oid = d.objid
            where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
              and d.refobjid = r.oid
            union all
            select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = r.oid
        ) s(oid)
    )
    select n.nspname, c.relname, c.relkind::text, n.nspname = any(%(schemas)s),
           has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'),
           case when c.relkind in ('v', 'm') then pg_catalog.md5(pg_catalog.pg_get_viewdef(c.oid)) end
    from reached join pg_catalog.pg_class c using (oid) join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') order by 1, 2
"""


@dataclass(frozen=True)
class BackupScope:
    """What a migration could ever touch.

    Attributes:
        legacy: The legacy table.
        relations: Live tables and views; those that do not exist are skipped.
        schemas: Schemas that are backed up whole; those that do not exist are skipped.
        functions: Names of functions in the live schema whose definitions the manifest keeps.
        live_schema: Schema in which the released relations are; empty if it is not known.
    """

    legacy: RelationName
    relations: tuple[RelationName, ...] = ()
    schemas: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    live_schema: str = ""


class FoundRelation(NamedTuple):
    """A relation that exists: name, kind, whether its schema is backed up whole, what it is defined as."""

    relation: RelationName
    kind: str
    in_schema: bool
    definition: str | None

    @property
    def holds_rows(self) -> bool:
        """Whether it stores rows of its own."""
        return self.kind in ("table", "materialized view")


class BackupState(NamedTuple):
    """A database as far as a backup is concerned: its name, a fingerprint of every relation, and a digest of what they need."""

    database: str
    fingerprints: dict[RelationName, str]
    needed_digest: str = ""


def find_relations(conn: Session, scope: BackupScope) -> list[FoundRelation]:
    """The relations of a scope that exist, with the views that are based on them and their partitions.

    Raises:
        BackupError: The legacy table does not exist, or this role may not read everything.
    """
    named = (scope.legacy, *scope.relations)
    parameters = {
        "schemas_of": [relation.schema for relation in named],
        "names": [relation.name for relation in named],
        "schemas": list(scope.schemas),
    }
    rows = conn.execute(_RELATIONS, parameters).fetchall()
    relations = [FoundRelation(RelationName(s, n), _KINDS[k], whole, text) for s, n, k, whole, _, text in rows]
    if scope.legacy not in {relation.relation for relation in relations}:
        raise BackupError("There is no legacy table to back up.", where=str(scope.legacy), next_step="Load it, or name its schema.")
    refused = [f"{schema}.{name}" for schema, name, kind, _, is_readable, _ in rows if not is_readable and kind != "v"]
    if refused:
        raise BackupError(
            f"This role may not read what has to be backed up: {', '.join(refused)}.",
            where=conn.info.dbname,
            next_step=f"As its owner: GRANT SELECT ON {', '.join(refused)} TO {conn.info.user};",
        )
    return relations


def fingerprint_of(conn: Session, found_relation: FoundRelation) -> str:
    """What changes with every write to the relation and with its definition.

    The rows of a materialized view do not count: they follow from its tables, and no archive holds them.
    """
    parts = [found_relation.kind, found_relation.definition or ""]
    if found_relation.kind == "table":
        parts.append(physical_fingerprint(conn, *found_relation.relation))
    elif found_relation.kind == "sequence":
        query = sql.SQL("select last_value, is_called from {}").format(sql.Identifier(*found_relation.relation))
        parts.append(str(conn.execute(query).fetchone()))
    return hashlib.md5("\0".join(parts).encode(), usedforsecurity=False).hexdigest()


def current_state(conn: Session, scope: BackupScope) -> BackupState:
    """The state that a reusable backup would have to hold.

    Raises:
        BackupError: The legacy table does not exist, or this role may not read everything.
    """
    relations = find_relations(conn, scope)
    needed = needed_objects(conn, [f.relation for f in relations if not f.in_schema], scope.schemas)
    return BackupState(conn.info.dbname, {f.relation: fingerprint_of(conn, f) for f in relations}, digest_of(needed))


def find_reusable(
    directory: Place, state: BackupState, *, ignored_schemas: Collection[str] = (), live_schema: str = ""
) -> BackupManifest | None:  # fmt: skip
    """The newest verified backup of exactly this state, if there is one.

    Args:
        directory: The place of the backups.
        state: The present state.
        ignored_schemas: Schemas that may differ, such as one that every run writes its own history to.
        live_schema: Schema of the target: a backup of another target of the same database holds another state before the migration.
    """

    def compared(fingerprints: dict[RelationName, str]) -> dict[RelationName, str]:
        return {name: text for name, text in fingerprints.items() if name.schema not in ignored_schemas}

    wanted = compared(state.fingerprints)
    for manifest in list_backups(directory):
        backed_up = compared({r.relation: r.fingerprint for r in manifest.relations})
        is_same = (manifest.database, manifest.live_schema or "", manifest.needed_digest) == (
            state.database,
            live_schema,
            state.needed_digest,
        )
        if is_same and backed_up == wanted and is_verified(manifest):
            return manifest
    return None
