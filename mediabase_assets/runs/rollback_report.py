"""What Dagster's catalog shows after a rollback: what is live now, for the release and for every relation that was changed.

Contains the report only; a rollback does not depend on it.
"""

from typing import Any

import dagster as dg

from mediabase_assets.model.quantities import counted, moment
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.planning import registry
from mediabase_assets.postgres.connect import connect
from mediabase_assets.rollback.plan import KEEP
from mediabase_assets.rollback.records import Candidate, candidates
from mediabase_assets.rollback.roll_back import RollbackResult
from mediabase_assets.runs.results import rows_table
from mediabase_assets.settings.load import Settings

_ASSETS = {r.name: f"normalized/{t.name}" for t in TABLES for r in t.relations} | {v.name: f"views/{v.name}" for v in VIEWS}
_NOTHING = "nothing of a migration is live: everything is as it was before the first one"


def choices(settings: Settings) -> list[Candidate]:
    """The released migrations of the target, newest first, and whether each can be rolled back.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase rollback choices") as conn:
        return list(candidates(conn, settings))


def choices_table(migrations: list[Candidate]) -> dg.TableMetadataValue:
    """The same as Dagster's metadata."""
    rows = [
        {
            "migration_id": c.migration_id,
            "released": moment(c.released_at),
            "rows": c.rows,
            "backup": c.backup_id or "none",
            "can be rolled back": "yes" if not c.why_not else f"no: {c.why_not}",
        }
        for c in migrations
    ]
    return rows_table(rows or [{"migration_id": "none was released", "released": "", "rows": 0, "backup": "", "can be rolled back": ""}])


def report(instance: dg.DagsterInstance, settings: Settings, result: RollbackResult) -> None:
    """Report what is live as a materialization of the release, and an observation of each table and view that the rollback changed.

    Dagster's page of an asset shows its newest materialization, and only the benchmark depends on the release.

    Raises:
        ServerError: The server cannot be reached.
    """
    released = choices(settings)
    live = next((c.migration_id for c in released if c.rolled_back_at is None), "")
    common: dict[str, Any] = {
        "rolled back": ", ".join((result.migration_id, *result.later)),
        "live now": f"release {live}" if live else _NOTHING,
    }
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            dg.AssetKey(registry.RELEASE.split("/")),
            description=f"Rolled back; live now: {common['live now']}.",
            metadata={**common, "can be rolled back": choices_table(released)},
            tags={"dagster/data_version": live or "nothing"},
        )
    )
    changed: dict[str, list[str]] = {}
    for done in result.done:
        asset = _ASSETS.get(done.relation.rpartition(".")[2])
        if asset and done.what != KEEP:
            rows = "" if done.rows is None else f", {counted(done.rows, 'row')}"
            changed.setdefault(asset, []).append(f"{done.relation}: {done.what}{rows}")
    for asset, lines in changed.items():
        _observe(instance, asset, {**common, "what was done": "; ".join(lines)})


def _observe(instance: dg.DagsterInstance, asset: str, metadata: dict[str, Any]) -> None:
    instance.report_runless_asset_event(dg.AssetObservation(dg.AssetKey(asset.split("/")), metadata=metadata))
