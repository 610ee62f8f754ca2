"""The overview of all checks as an asset: reported by a sensor, never materialized by a run."""

import dagster as dg

from mediabase_assets.runs.check_overview import KEY
from mediabase_assets.settings.load import load_settings


@dg.definitions
def check_overview() -> dg.Definitions:
    """The asset."""
    return dg.Definitions(
        assets=[
            dg.AssetSpec(
                KEY,
                group_name=KEY.path[0],
                kinds={"dagster"},
                owners=load_settings().owners,
                description="One row per check of any asset: how it ended last (failed, warned, skipped, passed), since when, how much it "
                "examined, how many failed, and rows that show it; with counts by layer, plotted over time. Brought up to date within half "
                "a minute after any run. `mediabase checks` shows the same in a terminal.",
            )
        ]
    )
