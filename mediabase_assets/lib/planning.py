"""What a migration has to do, and why: the assets to be made, each with its reason.

Here belongs the decision as a whole. Which assets are stale is told by `staleness`; the two that make nothing in the
database, the look at the legacy table and the backup, are decided here.
"""

import dagster as dg

from mediabase_assets.lib import catalogue
from mediabase_assets.lib.backup_choice import find_reusable_backup
from mediabase_assets.lib.content_hash import ContentHash, content_hash, physical_fingerprint
from mediabase_assets.lib.schema import has_operations
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.snapshot import known_content, note_content
from mediabase_assets.lib.staleness import stale_assets
from mediabase_assets.lib.statements import Connection, exists


def work_to_do(
    conn: Connection, settings: Settings, instance: dg.DagsterInstance | None, *, everything: bool = False
) -> dict[str, str]:  # fmt: skip
    """The assets that a migration has to make, each after its inputs, with the reason; empty if there is nothing to do.

    Args:
        conn: A session that may write the records.
        settings: The settings.
        instance: Where Dagster keeps its runs; it knows when the legacy table was last looked at. None to look without writing
            anything, not even what was seen.
        everything: Make everything again, whatever stands.
    """
    if everything:
        return dict.fromkeys(catalogue.definitions(), catalogue.EVERYTHING)
    if not has_operations(conn):
        reasons = dict.fromkeys(
            (k for k in catalogue.definitions() if k not in (catalogue.LEGACY, catalogue.BACKUP)), "it was not made yet"
        )
    else:
        reasons = stale_assets(conn, settings, legacy_content(conn, settings, notes=instance is not None).digest)
    if catalogue.RELEASE not in reasons:
        return reasons  # nothing that is live would change: it is measured at most
    first: dict[str, str] = {}
    if instance is not None and not _was_looked_at(conn, settings, instance):
        first[catalogue.LEGACY] = "somebody wrote to it, or nobody looked at it yet"
    if find_reusable_backup(conn, settings) is None:
        first[catalogue.BACKUP] = "no verified backup holds what is there now"
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


def _was_looked_at(conn: Connection, settings: Settings, instance: dg.DagsterInstance) -> bool:
    """Whether Dagster's last look at the legacy table saw it as it is now."""
    event = instance.get_latest_materialization_event(dg.AssetKey(catalogue.LEGACY.split("/")))
    materialization = event.asset_materialization if event else None
    seen = (materialization.tags or {}).get("dagster/data_version") if materialization else None
    return seen is not None and seen == physical_fingerprint(conn, settings.database.source_schema, settings.database.legacy_table)
