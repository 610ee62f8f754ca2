"""What Dagster gets to see: findings as check results, tables as metadata; and which assets a run was asked to build.

Contains translations into Dagster's terms only.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from mediabase_assets.audit.accounts import Account
from mediabase_assets.model.check_texts import CHECK_TEXTS
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.quantities import moment, size
from mediabase_assets.model.reasons import sentence
from mediabase_assets.model.tables.base import TableModel
from mediabase_assets.planning import registry
from mediabase_assets.runs.scope import run_of
from mediabase_assets.runs.step_keys import assets_of

#: Tag of a run: `unchanged` (the default) keeps what is up to date, `nothing` rebuilds everything that is selected.
KEEP_TAG, KEEP, REBUILD = "mediabase/keep", "unchanged", "nothing"


def legacy_seen(instance: dg.DagsterInstance) -> str | None:
    """Physical fingerprint of the legacy table when Dagster last recorded it; None if it never did."""
    event = instance.get_latest_materialization_event(dg.AssetKey(registry.LEGACY.split("/")))
    materialization = event.asset_materialization if event else None
    return (materialization.tags or {}).get("dagster/data_version") if materialization else None


def planned_assets(context: dg.AssetExecutionContext) -> frozenset[str]:
    """The assets that a run builds, as `layer/relation`; the snapshot of the legacy table is one step for two."""
    selected = context.run.asset_selection
    if selected:
        return frozenset(key.to_user_string() for key in selected)
    run = run_of(context.run.run_id)
    if run.planned is None:
        run.planned = _planned_steps(context)
    return run.planned


def will_release(context: dg.AssetExecutionContext) -> bool:
    """Whether the release is among the steps of a run."""
    return registry.RELEASE in planned_assets(context)


def _planned_steps(context: dg.AssetExecutionContext) -> frozenset[str]:
    """The same from the plan of a run, which is large, and therefore read once."""
    snapshot = context.run.execution_plan_snapshot_id
    assert snapshot is not None
    steps = context.instance.get_execution_plan_snapshot(snapshot).step_keys_to_execute
    return frozenset(asset for step in steps for asset in assets_of(step))


#: Beginning of the entry `how` of an asset that a run kept.
KEPT = "kept: "


def is_kept(metadata: Mapping[str, Any] | None) -> bool:
    """Whether a materialization is that of an asset that was kept, and not built.

    >>> is_kept({"how": f"{KEPT}it is up to date"}), is_kept({"how": dg.MetadataValue.text("created")}), is_kept(None)
    (True, False, False)
    """
    how = (metadata or {}).get("how", "")
    return str(getattr(how, "value", how)).startswith(KEPT)


#: Metadata of a finding that could not be checked: why.
UNCHECKED = "not looked at"
#: Metadata of a finding that failed: what is the case, a sentence.
PROBLEM = "problem"
#: What a failed check of something that was not released yet adds.
CANDIDATE = "The candidate was dropped; the live content is unchanged."


def check_result(
    asset_key: dg.AssetKey, finding: Finding, severity: dg.AssetCheckSeverity | None = None, *, note: str = ""
) -> dg.AssetCheckResult:  # fmt: skip
    """A finding as Dagster shows it: what was examined, and sample rows when it fails; a `note` follows the sentence of a failure."""
    metadata: dict[str, Any] = {k: _metadata(v) for k, v in finding.examined.items()}
    if not finding.passed:
        metadata["failures"] = finding.failures
        if finding.sample:
            metadata["sample"] = rows_table(finding.sample)
    text = described(finding, asset_key.path[-1])
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=finding.check,
        passed=finding.passed,
        severity=severity or dg.AssetCheckSeverity.ERROR,
        metadata=metadata,
        description=text if finding.passed or not note else f"{text} {note}",
    )


def described(finding: Finding, relation: str = "") -> str:
    """What a check found, as a sentence: what is true, what is wrong, or why it could not be checked.

    Args:
        finding: What was found.
        relation: The relation or asset that was checked.

    >>> described(Finding("every_key_is_unique", True, {}), "genes")
    'Every key of genes is unique.'
    >>> described(Finding("every_key_is_unique", False, {}, 3), "genes")
    '3 keys of genes are NULL or occur more than once.'
    >>> described(Finding("disk_has_room", False, {PROBLEM: "A migration needs 6.0 GB of disk; 1.0 GB is free."}, 1))
    'A migration needs 6.0 GB of disk; 1.0 GB is free.'
    >>> described(Finding("every_key_is_unique", False, {UNCHECKED: "There is no snapshot."}), "genes")
    'Not checked. There is no snapshot.'
    """
    text = CHECK_TEXTS[finding.check]
    if finding.passed:
        return text.passed.format(relation=relation)
    if UNCHECKED in finding.examined:
        return f"Not checked. {finding.examined[UNCHECKED]}"
    return str(finding.examined.get(PROBLEM) or text.failed(finding.failures, relation))


def _metadata(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
        return rows_table(value)
    if isinstance(value, (dict, list, tuple)):
        return dg.MetadataValue.json(json.loads(json.dumps(value, default=str)))
    return value


def sized(value: int) -> dict[str, str | int]:
    """A size as metadata: for people, and as the number that Dagster plots.

    >>> sized(1536)
    {'size': '1.5 kB', 'size (bytes)': 1536}
    """
    return {"size": size(value), "size (bytes)": value}


def stored(metadata: Mapping[str, Any]) -> str:
    """Metadata as a text that `restored` reads: the names in their order, which Dagster's own text sorts, and that text."""
    values: dict[str, Any] = {**normalized(metadata)}
    return json.dumps([list(values), dg.serialize_value(values)])


def restored(text: str) -> dict[str, Any]:
    """Metadata from the text of `stored`, also that of earlier versions, which is Dagster's alone; none from an empty one.

    >>> restored(stored({"rows": 3, "bytes": 12})), restored("")
    ({'rows': IntMetadataValue(value=3), 'bytes': IntMetadataValue(value=12)}, {})
    >>> list(restored(dg.serialize_value(dict(normalized({"rows": 3, "bytes": 12})))))
    ['bytes', 'rows']
    """
    names, text = json.loads(text) if text.startswith("[") else (None, text)
    values = dg.deserialize_value(text) if text else {}
    if not isinstance(values, Mapping):
        return {}
    return {name: values[name] for name in names or values}


def normalized(metadata: Mapping[str, Any] | None) -> Mapping[str, dg.MetadataValue[Any]]:
    """Values as Dagster's metadata; only its constructors convert them in public."""
    return dg.AssetObservation("any", metadata=metadata).metadata


def rows_table(rows: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows as a table in Dagster's UI; nested values as JSON text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in names}) for row in rows]
    columns = [dg.TableColumn(name, "string") for name in names]
    return dg.MetadataValue.table(records=records, schema=dg.TableSchema(columns=columns))


def _cell(value: Any) -> str | int | float | bool:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return moment(value)
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def column_schema(
    columns: Mapping[str, str], types: Mapping[str, str], *, model: type[TableModel] | None = None, keys: Iterable[Sequence[str]] = ()
) -> dg.TableSchema:  # fmt: skip
    """The columns of a table for the UI: names, types and what they mean, which are NOT NULL, and which are unique by themselves.

    Args:
        columns: Descriptions by name.
        types: PostgreSQL's types by name; where one is not known yet, the type that the model says.
        model: The Pandera model of the table.
        keys: Sets of columns whose values are unique together.
    """
    described = model.to_schema().columns if model else {}
    alone = {key[0] for key in keys if len(key) == 1}
    inside = {name for key in keys for name in key}
    shown = []
    for name, text in columns.items():
        nullable = name not in inside and (name not in described or bool(described[name].nullable))
        kind = types.get(name) or _KINDS.get(str(described[name].dtype) if name in described else "", "text")
        constraints = dg.TableColumnConstraints(nullable=nullable, unique=name in alone)
        shown.append(dg.TableColumn(name, kind, description=text, constraints=constraints))
    return dg.TableSchema(columns=shown)


#: Kinds of values of a model as PostgreSQL's types, for columns whose relation was not built yet.
_KINDS = {"Int64": "bigint", "Float64": "double precision", "boolean": "boolean", "int64": "bigint", "float64": "double precision"}


def account_table(accounts: Iterable[Account]) -> dg.TableMetadataValue:
    """An account as a table."""
    return rows_table([a.as_row() for a in accounts])


def reasons_table(reasons: Mapping[str, Mapping[str, int]]) -> dg.TableMetadataValue:
    """Reasons with the sentence that a curator reads, and how many facts."""
    rows = [
        {"outcome": outcome, "reason": code, "facts": facts, "what it means": sentence(outcome, code)}
        for outcome, codes in reasons.items()
        for code, facts in codes.items()
    ]
    return rows_table(rows or [{"outcome": "", "reason": "nothing quarantined or repaired", "facts": 0, "what it means": ""}])
