"""Keeps an asset whose inputs, code and settings are unchanged, instead of building it.

In a run that keeps what is up to date, an asset whose input was rebuilt with equal content is kept: its checks have the outcome
that they had when it was built, since they check the same content. The rules are in `planning.freshness`.
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
    """The events of an asset that is up to date, with the outcome of its checks; None if it has to be built.

    Args:
        this: The step.
        key: Its asset.
        wanted: Checks that are selected.
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
    findings = {f["check"]: f for f in state.findings}
    checks = [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=bool(findings[name]["passed"]),
            severity=dg.AssetCheckSeverity.WARN if findings[name]["is_warning"] else dg.AssetCheckSeverity.ERROR,
            metadata={**restored(findings[name].get("shown", "")), "checked at": when, "migration": state.migration_id},
            description=f"{findings[name].get('description') or name.replace('_', ' ')} Checked at {when}; the content is the same.",
        )
        for name in wanted
        if name in findings
    ]
    this.is_kept = True
    how = {"how": f"{KEPT}its inputs have the content of {when}", "migration": state.migration_id}
    metadata: dict[str, Any] = restored(state.shown) | how
    if state.rows is not None:
        metadata["dagster/row_count"] = state.rows
    return [*checks, dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=dg.DataVersion(state.data_version))]
