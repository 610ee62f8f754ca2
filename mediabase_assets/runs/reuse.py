"""What a step does about an asset that may stand as it is, and how it notes one that it made.

In a run that keeps what is unchanged, an asset whose input was made again with equal content is not made again: it tells
the outcome of its checks when it was made, for they look at the same content. Which rules decide is in `planning.freshness`.
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from mediabase_assets.model.quantities import moment
from mediabase_assets.planning import freshness, registry
from mediabase_assets.planning import state as asset_state
from mediabase_assets.planning.carry_over import carry
from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.results import KEPT, restored

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult


def kept(this: AssetRun, key: dg.AssetKey, wanted: Iterable[str], *, legacy_version: str | None = None) -> list[Event] | None:
    """What a step tells of an asset that stands as it is; None if it has to be made.

    Args:
        this: The step.
        key: Its asset.
        wanted: Checks whose outcome is asked for.
        legacy_version: Content hash of the legacy table; None to take the one that was last read.
    """
    if not this.keeps:
        return None
    with connect(this.settings, autocommit=True, application_name=f"mediabase {this.asset}") as conn:
        known = asset_state.states(conn)
        definition = registry.definition(key.to_user_string())
        this.why = freshness.why_stale(conn, this.settings, definition, known, legacy_version)
        if this.why:
            return None
        with conn.transaction():
            carry(conn, this.migration_id, [definition.key])
    state = known[definition.key]
    when = moment(state.finished_at)
    found = {f["check"]: f for f in state.findings}
    checks = [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=bool(found[name]["passed"]),
            severity=dg.AssetCheckSeverity.WARN if found[name]["is_warning"] else dg.AssetCheckSeverity.ERROR,
            metadata={**restored(found[name].get("shown", "")), "checked at": when, "migration": state.migration_id},
            description=f"{found[name].get('description') or name.replace('_', ' ')} Checked at {when}; the content is the same.",
        )
        for name in wanted
        if name in found
    ]
    how = {"how": f"{KEPT}what it is made from has the content of {when}", "migration": state.migration_id}
    metadata: dict[str, Any] = restored(state.shown) | how
    if state.rows is not None:
        metadata["dagster/row_count"] = state.rows
    return [*checks, dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=dg.DataVersion(state.data_version))]
