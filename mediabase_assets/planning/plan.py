"""What a migration has to do, and why: the assets to be made, each with its reason.

Here belongs the decision as a whole. Which assets are stale is told by `freshness`; the two that make nothing in the
database, the look at the legacy table and the backup, are decided here.
"""

from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.extraction.snapshot import known_content, note_content
from mediabase_assets.planning import registry
from mediabase_assets.planning.freshness import stale_assets
from mediabase_assets.postgres.content_hash import ContentHash, content_hash, physical_fingerprint
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.records.tables import has_operations
from mediabase_assets.settings.load import Settings


def work_to_do(
    conn: Connection, settings: Settings, *, seen: str | None = None, reads_only: bool = False, everything: bool = False
) -> dict[str, str]:  # fmt: skip
    """The assets that a migration has to make, each after its inputs, with the reason; empty if there is nothing to do.

    Args:
        conn: A session that may write the records.
        settings: The settings.
        seen: Physical fingerprint of the legacy table when Dagster last recorded it; None if it never did.
        reads_only: Write nothing, not even what was seen of the legacy table, and leave the asset of the legacy table out.
        everything: Make everything again, whatever stands.
    """
    if everything:
        return dict.fromkeys(registry.definitions(), registry.EVERYTHING)
    if not has_operations(conn):
        reasons = dict.fromkeys((k for k in registry.definitions() if k not in (registry.LEGACY, registry.BACKUP)), "it was not made yet")
    else:
        reasons = stale_assets(conn, settings, legacy_content(conn, settings, notes=not reads_only).digest)
    if registry.RELEASE not in reasons:
        return reasons  # nothing that is live would change: it is measured at most
    first: dict[str, str] = {}
    if not reads_only and not _is_as_seen(conn, settings, seen):
        first[registry.LEGACY] = "somebody wrote to it, or nobody looked at it yet"
    if find_reusable_backup(conn, settings) is None:
        first[registry.BACKUP] = "no verified backup holds what is there now"
    return first | reasons


def legacy_content(conn: Connection, settings: Settings, *, notes: bool = True) -> ContentHash:
    """What the legacy table holds now; read only if anybody wrote to it since it was last read; `notes` what was seen."""
    schema, table = settings.database.source_schema, settings.database.legacy_table
    with conn.transaction():
        fingerprint = physical_fingerprint(conn, schema, table)
        if not exists(conn, "legacy_contents"):
            return content_hash(conn, schema, table, include_timestamps=True)
        known = known_content(conn, fingerprint)
        if known is not None:
            return known
        found = content_hash(conn, schema, table, include_timestamps=True)
        if notes and physical_fingerprint(conn, schema, table) == fingerprint:  # nobody wrote meanwhile
            note_content(conn, fingerprint, found)
    return found


def _is_as_seen(conn: Connection, settings: Settings, seen: str | None) -> bool:
    """Whether the legacy table is as it was when Dagster last recorded it."""
    return seen is not None and seen == physical_fingerprint(conn, settings.database.source_schema, settings.database.legacy_table)
