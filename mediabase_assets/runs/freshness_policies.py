"""Until when an asset has to be checked again: freshness policies, and the report that an asset is up to date.

Dagster counts materializations only. An asset that a schedule checked and found up to date is therefore reported as kept, with the
metadata that it has, so that it is not overdue only because it did not have to be rebuilt. An asset is overdue when no schedule and no
run checked it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from mediabase_assets.model.quantities import moment
from mediabase_assets.runs.results import KEPT
from mediabase_assets.settings.cron import longest_pause

#: What a scheduled run may take before its assets are overdue, with the hour by which clocks are set back.
GRACE = timedelta(hours=2)


def checked_by(schedule: str) -> dg.FreshnessPolicy:
    """The policy of an asset that a schedule checks: the longest time between two of its ticks, and `GRACE`.

    >>> checked_by("0 3 * * *").fail_window.to_timedelta()
    datetime.timedelta(days=1, seconds=7200)
    """
    return dg.FreshnessPolicy.time_window(fail_window=longest_pause(schedule) + GRACE)


def report_kept(instance: dg.DagsterInstance, key: dg.AssetKey, why: str) -> None:
    """Report that an asset was checked and is up to date; nothing where Dagster does not know a materialization of it.

    Args:
        instance: Dagster's instance.
        key: The asset.
        why: Why it is up to date.
    """
    event = instance.get_latest_materialization_event(key)
    before = event.asset_materialization if event else None
    if before is None:
        return
    shown: dict[str, Any] = {**before.metadata, "how": f"{KEPT}{why}", "looked at": moment(datetime.now(UTC))}
    instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata=shown, tags=before.tags))
