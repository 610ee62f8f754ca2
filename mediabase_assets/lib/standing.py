"""What a step does about an asset that may stand as it is, and how it notes one that it made.

In a run that keeps what is unchanged, an asset whose input was made again with equal content is not made again: it tells
the outcome of its checks when it was made, for they look at the same content. Which rules decide is in `staleness`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg

from mediabase_assets.lib import asset_state, catalogue, staleness
from mediabase_assets.lib.carrying import carry
from mediabase_assets.lib.database import connect
from mediabase_assets.lib.statements import Connection
from mediabase_assets.lib.step import Step
from mediabase_assets.model.errors import BuildError

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult


def kept(this: Step, key: dg.AssetKey, wanted: Iterable[str]) -> list[Event] | None:
    """What a step tells of an asset that stands as it is; None if it has to be made.

    Args:
        this: The step.
        key: Its asset.
        wanted: Checks whose outcome is asked for.
    """
    if not this.keeps:
        return None
    with connect(this.settings, autocommit=True, application_name=f"mediabase {this.asset}") as conn:
        known = asset_state.states(conn)
        if staleness.why_stale(conn, this.settings, catalogue.definition(this.asset), known):
            return None
        with conn.transaction():
            carry(conn, this.migration_id, [this.asset])
    state = known[this.asset]
    when = f"{state.finished_at:%Y-%m-%d %H:%M} UTC"
    found = {f["check"]: f for f in state.findings}
    checks = [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=bool(found[name]["passed"]),
            severity=dg.AssetCheckSeverity.WARN if found[name]["is_warning"] else dg.AssetCheckSeverity.ERROR,
            metadata={"looked at": when, "migration": state.migration_id},
            description="The content is the one that was looked at then.",
        )
        for name in wanted
        if name in found
    ]
    metadata: dict[str, Any] = {"how": f"kept: what it is made from has the content of {when}", "migration": state.migration_id}
    if state.rows is not None:
        metadata["dagster/row_count"] = state.rows
    return [*checks, dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=dg.DataVersion(state.data_version))]


def require_same_settings(conn: Connection, this: Step) -> None:
    """See that what an asset is made from was made with the settings of today.

    Raises:
        BuildError: A setting changed since; says which asset to materialize.
    """
    known, below = asset_state.states(conn), catalogue.below(this.asset)
    for key in sorted(known.keys() & below):
        definition = catalogue.definition(key)
        wanted = definition.configuration(this.settings)
        changed = [name for name in wanted if known[key].configuration.get(name) != wanted[name]]
        if changed:
            raise BuildError(
                f"The settings have changed since {key} was made: {', '.join(changed)}.",
                where=this.asset,
                next_step=f"Materialize {key} and what depends on it, or run `mediabase migrate`.",
            )


def note_made(
    conn: Connection, this: Step, *, data_version: str, rows: int | None = None, results: Sequence[dg.AssetCheckResult] = (),
    inputs: dict[str, str] | None = None, asset: str | None = None,
) -> None:  # fmt: skip
    """Note what a step made, in the transaction that makes it.

    Args:
        conn: The session of that transaction.
        this: The step.
        data_version: Names the content.
        rows: Rows.
        results: Outcome of all checks.
        inputs: Data versions of the inputs; by default those that are recorded.
        asset: Which asset, where a step makes more than one.
    """
    definition = catalogue.definition(asset or this.asset)
    asset_state.record(
        conn, this.settings, definition, migration_id=this.migration_id, run_id=this.run_id, data_version=data_version, rows=rows,
        inputs=asset_state.input_versions(asset_state.states(conn), definition) if inputs is None else inputs, seconds=this.seconds,
        findings=[
            {"check": r.check_name, "passed": r.passed, "is_warning": r.severity is dg.AssetCheckSeverity.WARN} for r in results
        ],
    )  # fmt: skip
