"""Runs of the project's own assets that leave no trace in Dagster's storage: for dry runs and self-tests.

Here belong the jobs of some of the assets, and the instance that is gone afterwards.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

#: The job of `some_of`.
JOB = "trial"


@contextmanager
def temporary_instance(folder: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance that knows of no run, in a folder that somebody removes afterwards."""
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    folder.mkdir(parents=True, exist_ok=True)
    with dg.DagsterInstance.local_temp(str(folder), overrides={"telemetry": {"enabled": False}}) as instance:
        yield instance


def some_of(
    definitions: dg.Definitions, layers: Collection[str], *, but: Collection[str] = (), but_checks: Collection[str] = ()
) -> dg.Definitions:
    """The definitions of some assets, with one job of all of them.

    What depends on an asset that is left out finds it as it is.

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
