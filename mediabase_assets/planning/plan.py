"""What a migration has to do, and why: the assets to be built, each with its reason.

Contains the decision as a whole. `freshness` says which assets are stale; the two that build nothing in the database, the
legacy table and the backup, are decided here.
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
    """The assets that a migration has to build, each after its inputs, with the reason; empty if there is nothing to do.

    Args:
        conn: A session that may write the records.
        settings: The settings.
        seen: Physical fingerprint of the legacy table when Dagster last recorded it; None if it never did.
        reads_only: Write nothing, not even the content hash of the legacy table, and leave the asset of the legacy table out.
        everything: Rebuild everything, also what is up to date.
    """
    unwanted = set() if settings.testing.generate_report else {registry.REPORT}
    if everything:
        return {key: registry.EVERYTHING for key in registry.definitions() if key not in unwanted}
    if not has_operations(conn):
        reasons = dict.fromkeys(registry.built(), registry.NOT_BUILT)
    else:
        reasons = stale_assets(conn, settings, legacy_content(conn, settings, records=not reads_only).digest)
    reasons = {key: reason for key, reason in reasons.items() if key not in unwanted}
    if registry.RELEASE not in reasons:
        return reasons  # nothing that is live would change; at most the benchmark runs, and the report is written
    first: dict[str, str] = {}
    if not reads_only and not _is_as_seen(conn, settings, seen):
        first[registry.LEGACY] = "it changed, or no run has checked it yet"
    if find_reusable_backup(conn, settings) is None:
        first[registry.BACKUP] = "no verified backup holds what is live now"
    return first | reasons


def legacy_content(conn: Connection, settings: Settings, *, records: bool = True) -> ContentHash:
    """The content of the legacy table now; it is read only if it changed since it was last read. With `records` the hash is recorded."""
    schema, table = settings.database.source_schema, settings.database.legacy_table
    with conn.transaction():
        fingerprint = physical_fingerprint(conn, schema, table)
        if not exists(conn, "legacy_contents"):
            return content_hash(conn, schema, table, include_timestamps=True)
        known = known_content(conn, fingerprint)
        if known is not None:
            return known
        content = content_hash(conn, schema, table, include_timestamps=True)
        if records and physical_fingerprint(conn, schema, table) == fingerprint:  # no session wrote meanwhile
            note_content(conn, fingerprint, content)
    return content


def _is_as_seen(conn: Connection, settings: Settings, seen: str | None) -> bool:
    """Whether the legacy table is as it was when Dagster last recorded it."""
    return seen is not None and seen == physical_fingerprint(conn, settings.database.source_schema, settings.database.legacy_table)
