"""The spec of an asset with the policy that all assets share: group by layer, stage as a tag, kinds, owner, source code."""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from mediabase_assets.model.stages import STAGE_TAG, Stage
from mediabase_assets.runs import edges
from mediabase_assets.runs.column_lineage import column_lineage
from mediabase_assets.settings.load import load_settings

BACKUP_KEY = dg.AssetKey(["backup", "legacy_backup"])
#: Metadata entry of the backup asset that names the backup.
BACKUP_ID = "backup"


def asset_spec(
    key: dg.AssetKey,
    stage: Stage | None,
    *,
    description: str,
    code_version: str,
    deps: Iterable[dg.AssetKey] = (),
    sources: Sequence[Path],
    kinds: Iterable[str] = ("table",),
    group: str = "",
    relation: str = "",
    automation_condition: dg.AutomationCondition[Any] | None = None,
    freshness_policy: dg.FreshnessPolicy | None = None,
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    **metadata: Any,
) -> dg.AssetSpec:
    """The spec of an asset.

    Args:
        key: `[layer, relation]`; the layer is the group.
        stage: Stage of the owner's process; None for an asset that is no part of a migration.
        description: What one row is, for people.
        code_version: Changes when what builds the asset changes.
        deps: Assets that it is built from, or that come before; the definitions leave out implied ones (`edges`).
        sources: Files that define the asset: its SQL first, or its Python module.
        kinds: Its kinds beside `postgres`; Dagster has icons for some.
        group: Its group in the graph; by default its layer.
        relation: The relation with its schema, for an asset that is a relation.
        automation_condition: When Dagster materializes it without a person.
        freshness_policy: Until when it has to be checked again.
        partitions_def: Its partitions.
        metadata: Facts about the definition, such as `column_schema`.
    """
    deps = list(deps)
    edges.register(key, deps)
    stored_in: dict[str, Any] = {"table_name": relation, "storage_kind": "postgres"} if relation else {}
    metadata |= {"code_references": _code_references(sources), **stored_in}
    shown: dict[str, Any] = {f"dagster/{name}": value for name, value in metadata.items()} | column_lineage(key)
    return dg.AssetSpec(
        key, deps=deps, description=description, code_version=code_version, group_name=group or key.path[0],
        automation_condition=automation_condition, freshness_policy=freshness_policy, kinds={"postgres", *kinds},
        owners=load_settings().owners, tags={STAGE_TAG: str(int(stage))} if stage else {}, partitions_def=partitions_def,
        metadata=shown,
    )  # fmt: skip


def _code_references(sources: Sequence[Path]) -> dg.CodeReferencesMetadataValue:
    """The files as Dagster shows them under "Source code"; in Dagster 1.13 the class is in beta, and warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        references: list[Any] = [dg.LocalFileCodeReference(file_path=str(path), line_number=1, label=path.name) for path in sources]
        return dg.CodeReferencesMetadataValue(code_references=references)


def live_name(relation: str) -> str:
    """A relation with the schema in which people read it."""
    return f"{load_settings().database.schema_name}.{relation}"
