"""The spec of an asset with the policy that all assets share: group by layer, stage as a tag, kind and owner."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from mediabase_assets.model.stages import STAGE_TAG, Stage


def asset_spec(
    key: dg.AssetKey,
    stage: Stage,
    *,
    description: str,
    code_version: str,
    deps: Iterable[dg.AssetKey] = (),
    automation_condition: dg.AutomationCondition[Any] | None = None,
    **metadata: Any,
) -> dg.AssetSpec:
    """The spec of an asset.

    Args:
        key: `[layer, relation]`; the layer is the group.
        stage: Stage of the owner's process.
        description: What one row is, for people.
        code_version: Changes when what builds the asset changes.
        deps: Assets that it is made from.
        automation_condition: When Dagster materializes it by itself.
        metadata: Facts about the definition, such as `column_schema`.
    """
    return dg.AssetSpec(
        key,
        deps=list(deps),
        description=description,
        code_version=code_version,
        group_name=key.path[0],
        automation_condition=automation_condition,
        kinds={"postgres"},
        owners=["team:mediabase"],
        tags={STAGE_TAG: str(int(stage))},
        metadata={f"dagster/{name}": value for name, value in metadata.items()},
    )
