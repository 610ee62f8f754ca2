"""Runs of the project's own assets that leave no trace in Dagster's storage: for dry runs and self-tests.

Contains jobs of some of the assets, and a temporary instance.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg

from mediabase_assets.runs.resource import MEDIABASE, Mediabase
from mediabase_assets.settings.load import Settings

#: The job of `some_of`.
JOB = "trial"


@contextmanager
def temporary_instance() -> Iterator[dg.DagsterInstance]:
    """An empty Dagster instance in memory: files would cost a run 3 s and are not needed."""
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def bound_to(definitions: dg.Definitions, settings: Settings) -> dg.Definitions:
    """The same assets and jobs, with settings of their own instead of those of the process."""
    return dg.Definitions(
        assets=definitions.assets,
        asset_checks=definitions.asset_checks,
        jobs=definitions.jobs,
        resources={**(definitions.resources or {}), MEDIABASE: Mediabase.bound_to(settings)},
        executor=definitions.executor,
    )


def some_of(
    definitions: dg.Definitions, layers: Collection[str], *, but: Collection[str] = (), but_checks: Collection[str] = ()
) -> dg.Definitions:
    """The definitions of some assets, with one job of all of them.

    An asset that depends on one that is left out uses its existing state.

    Args:
        definitions: All of the project's.
        layers: First parts of the keys of the assets.
        but: Assets that are left out, `layer/relation`.
        but_checks: Checks that are left out, `layer/relation:check`.
    """
    chosen = [
        asset
        for asset in definitions.assets or ()
        if isinstance(asset, dg.AssetsDefinition) and any(key.path[0] in layers and key.to_user_string() not in but for key in asset.keys)
    ]
    selection: dg.AssetSelection = dg.AssetSelection.all()
    for name in but_checks:
        asset, _, check = name.partition(":")
        selection = selection - dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey(asset.split("/")), check))
    return dg.Definitions(
        assets=chosen,
        jobs=[dg.define_asset_job(JOB, selection=selection, tags={"dagster/max_retries": "0"})],
        resources=definitions.resources,
        executor=dg.in_process_executor,
    )


@dataclass
class Made:
    """What a run did to one asset.

    Attributes:
        is_reached: Whether its step began.
        is_done: Whether its step succeeded.
        rows: Rows that it reported; None if it reported none.
        checks: How many of its checks were evaluated.
        seconds: How long its step took.
    """

    is_reached: bool = False
    is_done: bool = False
    rows: int | None = None
    checks: int = 0
    seconds: float = 0.0


def made_by(instance: dg.DagsterInstance, run_id: str) -> dict[str, Made]:
    """What a run did to every asset that it was to build, in the order of its plan."""
    made: dict[str, Made] = {}
    steps: dict[str, list[str]] = {}
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is None or event.step_key is None:
            continue
        if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED:
            name = event.asset_key.to_user_string() if event.asset_key else event.step_key
            made[name] = Made()
            steps.setdefault(event.step_key, []).append(name)
        elif event.is_step_materialization:
            materialization = event.step_materialization_data.materialization
            rows: Any = materialization.metadata.get("dagster/row_count")
            made[materialization.asset_key.to_user_string()].rows = int(getattr(rows, "value", rows)) if rows is not None else None
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            made[event.asset_check_evaluation_data.asset_key.to_user_string()].checks += 1
        elif event.event_type in (dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS):
            for name in steps.get(event.step_key, ()):
                made[name].is_reached = True
                made[name].is_done = event.event_type is dg.DagsterEventType.STEP_SUCCESS
    for stats in instance.get_run_step_stats(run_id):
        for name in steps.get(stats.step_key, ()):
            made[name].seconds = max((stats.end_time or 0) - (stats.start_time or 0), 0) if stats.start_time else 0.0
    return made
