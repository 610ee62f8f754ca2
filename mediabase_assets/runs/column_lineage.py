"""The lineage of columns as Dagster's metadata, which its UI and GraphQL show with a materialization and with the definition."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from mediabase_assets.lineage.columns import lineage_of

#: Name of the entry.
ENTRY = "dagster/column_lineage"


def column_lineage(key: dg.AssetKey) -> dict[str, dg.TableColumnLineage]:
    """The entry for an asset; none where it has no columns."""
    columns: Mapping[str, Any] = lineage_of(key.to_user_string())
    deps = {
        column: [dg.TableColumnDep(asset_key=dg.AssetKey(asset.split("/")), column_name=name) for asset, name in made_of]
        for column, made_of in columns.items()
    }
    return {ENTRY: dg.TableColumnLineage(deps_by_column=deps)} if deps else {}


def with_lineage(event: dg.MaterializeResult[Any]) -> dg.MaterializeResult[Any]:
    """A materialization with the lineage of its columns, also where an earlier version recorded it without."""
    entry = column_lineage(event.asset_key) if event.asset_key is not None else {}
    return event._replace(metadata={**(event.metadata or {}), **entry}) if entry else event
