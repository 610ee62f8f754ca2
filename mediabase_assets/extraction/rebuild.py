"""Rebuilding what a crash of the server emptied: the unlogged relations of the extraction.

A crash of PostgreSQL leaves them empty, so that a run which goes on after it would find nothing to build from. They are
rebuilt from the legacy table, in one transaction, if that still holds what the migration was begun with.
"""

from collections.abc import Iterable

from mediabase_assets.extraction.relations import build
from mediabase_assets.extraction.rules import EXTRACTION, define_rules
from mediabase_assets.extraction.snapshot import SNAPSHOT_RELATIONS, take_snapshot
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.errors import BuildError
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import Connection, exists, has_rows, run
from mediabase_assets.settings.load import Settings


def restore_emptied(settings: Settings, *, migration_id: str, asset: str, order: Iterable[str]) -> list[str]:
    """Rebuild the extraction relations that have rows by the records and are empty; returns their names.

    Args:
        settings: The settings.
        migration_id: The migration that goes on.
        asset: The asset whose step asks for it.
        order: All assets as `layer/relation`, each after its inputs.

    Raises:
        BuildError: The legacy table has changed since.
    """
    with build_session(settings, migration_id=migration_id, asset=asset) as conn:
        conn.execute("set transaction isolation level repeatable read")
        emptied = _emptied(conn)
        if emptied & {*SNAPSHOT_RELATIONS}:
            _retake(conn, settings, asset)
        for name in _in_order(emptied - {*SNAPSHOT_RELATIONS}, order):
            build(conn, name)
    return sorted(emptied)


def _emptied(conn: Connection) -> set[str]:
    if not (exists(conn, "built_relations") and exists(conn, "legacy_snapshot")):
        return set()
    recorded = conn.values("select relation from built_relations where asset like 'extraction/%' and row_count > 0")
    return {name for name in recorded if exists(conn, name) and not has_rows(conn, name)}


def _retake(conn: Connection, settings: Settings, asset: str) -> None:
    """Read the legacy table again; it must hold what it held."""
    recorded = conn.value("select content_hash from legacy_snapshot")
    legacy = describe_legacy_table(conn, settings.database.source_schema, settings.database.legacy_table)
    define_rules(conn)
    run(conn, EXTRACTION / "functions.sql")
    taken = take_snapshot(conn, settings, legacy)
    if recorded != taken.content_hash:
        raise BuildError(
            "A crash of the server emptied the snapshot of the legacy table, and the table has changed since.",
            where=asset,
            next_step="Run `mediabase migrate`: it takes a new snapshot.",
        )


def _in_order(names: set[str], order: Iterable[str]) -> list[str]:
    """Relations after those that they are made from."""
    return [name for key in order if (name := key.rpartition("/")[2]) in names and key == f"extraction/{name}"]
