"""What is stale beneath the assets that a run makes, and is not among them: it is rebuilt first, in the same run.

A re-execution from failure makes what failed and what depends on it. If the legacy table, the code or a setting changed since,
what those assets are made from is out of date too. Here belongs the decision only; `ahead` builds.
"""

from collections.abc import Collection

from mediabase_assets.lib import catalogue
from mediabase_assets.lib.planning import legacy_content
from mediabase_assets.lib.schema import has_operations
from mediabase_assets.lib.settings import Settings
from mediabase_assets.lib.staleness import stale_assets
from mediabase_assets.lib.statements import Connection, is_there

#: Never rebuilt for the sake of another asset: the release is what a person asks for, the benchmark measures it.
_NEVER = {catalogue.RELEASE, catalogue.BENCHMARK}


def stale_beneath(conn: Connection, settings: Settings, planned: Collection[str], *, needs_backup: bool) -> dict[str, str]:
    """The assets that have to be rebuilt before those of a run, each after its inputs, with the reason.

    Args:
        conn: A session that may write what was seen of the legacy table.
        settings: The settings of today.
        planned: The assets of the run, as `layer/relation`.
        needs_backup: Whether the run makes no backup and none holds what is there now.
    """
    built = set(planned) & catalogue.definitions().keys() - {catalogue.BENCHMARK}
    wanted = set().union(*(catalogue.below(key) for key in built)) - built - _NEVER
    needs_backup = needs_backup and catalogue.RELEASE in planned
    if not (wanted - {catalogue.LEGACY}) and not needs_backup:
        return {}
    reasons = _stale(conn, settings)
    found = {key: reason for key, reason in reasons.items() if key in wanted or (key == catalogue.SCHEMA and key not in planned)}
    first: dict[str, str] = {}
    if catalogue.SNAPSHOT in found and catalogue.LEGACY not in planned:
        first[catalogue.LEGACY] = "the legacy table is read again"
    if needs_backup and catalogue.RELEASE in reasons:
        first[catalogue.BACKUP] = "no verified backup holds what is there now"
    return first | found


def _stale(conn: Connection, settings: Settings) -> dict[str, str]:
    """Everything that is stale; a legacy table that is gone counts as unchanged, for what was made from it is still there."""
    database = settings.database
    if not has_operations(conn):
        return {key: "it was not made yet" for key in catalogue.definitions() if key not in (catalogue.LEGACY, catalogue.BACKUP)}
    has_table = is_there(conn, database.source_schema, database.legacy_table)
    return stale_assets(conn, settings, legacy_content(conn, settings).digest if has_table else None)
