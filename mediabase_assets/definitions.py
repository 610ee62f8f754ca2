"""All of MEDIABASE's definitions: what is under `defs`, with the policy that all assets share."""

from pathlib import Path

import dagster as dg


def _with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Group by layer, PostgreSQL as kind, one owner."""
    return spec.replace_attributes(group_name=spec.key.path[0], kinds={"postgres"}, owners=["team:mediabase"])


@dg.definitions
def defs() -> dg.Definitions:
    """Load the layers."""
    loaded = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    return loaded.map_asset_specs(func=_with_policy)
