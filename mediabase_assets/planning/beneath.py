"""What is stale beneath the assets of a run and is not among them: it is rebuilt first, in the same run.

A re-execution from failure builds what failed and what depends on it. If the legacy table, the code or a setting changed since,
the inputs of those assets are out of date, too. Contains the decision only; `runs.parallel` builds.
"""

from collections.abc import Collection

from mediabase_assets.planning import registry
from mediabase_assets.planning.freshness import stale_assets
from mediabase_assets.planning.plan import legacy_content
from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.records.tables import has_operations
from mediabase_assets.settings.load import Settings

#: Never rebuilt for another asset; for the release a person asks.
_NEVER = {registry.RELEASE, *registry.AFTERWARDS}


def stale_beneath(conn: Connection, settings: Settings, planned: Collection[str], *, needs_backup: bool) -> dict[str, str]:
    """The assets that have to be rebuilt before those of a run, each after its inputs, with the reason.

    Args:
        conn: A session that may record the content hash of the legacy table.
        settings: The settings of today.
        planned: The assets of the run, as `layer/relation`.
        needs_backup: Whether the run does not make a backup, and no backup holds what is live now.
    """
    built = set(planned) & registry.definitions().keys() - set(registry.AFTERWARDS)
    wanted = set().union(*(registry.below(key) for key in built)) - built - _NEVER
    needs_backup = needs_backup and registry.RELEASE in planned
    if not (wanted - {registry.LEGACY}) and not needs_backup:
        return {}
    reasons = _stale(conn, settings)
    beneath = {key: reason for key, reason in reasons.items() if key in wanted or (key == registry.SCHEMA and key not in planned)}
    first: dict[str, str] = {}
    if registry.SNAPSHOT in beneath and registry.LEGACY not in planned:
        first[registry.LEGACY] = "the legacy table is read again"
    if needs_backup and registry.RELEASE in reasons:
        first[registry.BACKUP] = "no verified backup holds what is live now"
    return first | beneath


def _stale(conn: Connection, settings: Settings) -> dict[str, str]:
    """Everything that is stale; a legacy table that no longer exists counts as unchanged, since what was built from it still exists."""
    database = settings.database
    if not has_operations(conn):
        return dict.fromkeys(registry.built(), registry.NOT_BUILT)
    has_table = is_there(conn, database.source_schema, database.legacy_table)
    return stale_assets(conn, settings, legacy_content(conn, settings).digest if has_table else None)
