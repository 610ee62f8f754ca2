"""What comes before what: all edges of the graph, those that Dagster shows, and the order of the steps of a run.

An edge is implied where a longer path leads from one asset to the other. Dagster shows no implied edges, so that people can read
the graph from left to right; whether an asset is stale follows from all its inputs (`planning.registry`), not from these edges.
Assets with an automation condition (materialized views) keep theirs, since the condition checks direct dependencies. In a run of
selected assets, without those between them, Dagster does not know an implied edge; `in_order` and `require_before` ensure that what
comes before is built before, and has not failed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import dagster as dg

from mediabase_assets.model.errors import BuildError
from mediabase_assets.runs.results import planned_assets
from mediabase_assets.runs.step_keys import step_of

#: The groups of the graph from left to right.
GROUPS = ("legacy", "backup", "schema", "extraction", "normalized", "views", "validation", "release", "measurement", "patients")
_LARGEST_GROUP = 1000
_edges: dict[str, tuple[str, ...]] = {}
_counted: Counter[str] = Counter()


def register(key: dg.AssetKey, deps: Iterable[dg.AssetKey]) -> None:
    """Register the edges of an asset; its definition does so once."""
    _edges[key.to_user_string()] = tuple(dep.to_user_string() for dep in deps)


def all_edges() -> Mapping[str, tuple[str, ...]]:
    """Every asset with all that it depends on, implied or not."""
    return _edges


def before(key: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """All assets that an asset depends on, however indirectly.

    >>> sorted(before("c", {"c": ["b"], "b": ["a"], "a": []}))
    ['a', 'b']
    """
    earlier: set[str] = set()
    waiting = [*edges.get(key, ())]
    while waiting:
        asset = waiting.pop()
        if asset not in earlier:
            earlier.add(asset)
            waiting += edges.get(asset, ())
    return earlier


def implied(key: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """The assets that an asset depends on both directly and by a longer path.

    >>> implied("c", {"c": ["b", "a"], "b": ["a"], "a": []})
    {'a'}
    """
    direct = [*edges.get(key, ())]
    return {*direct} & set().union(*(before(dep, edges) for dep in direct))


def without_implied(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The spec of an asset with the edges that Dagster shows."""
    key = spec.key.to_user_string()
    left_out = set() if spec.automation_condition else implied(key, _edges)
    if not left_out:
        return spec
    return spec.replace_attributes(deps=[dep for dep in spec.deps if dep.asset_key.to_user_string() not in left_out])


def in_order(group: str) -> dict[str, str]:
    """Tags of the op of the next asset of a group: of the steps that may begin Dagster takes the leftmost of the graph.

    Assets of a group are defined after those that they depend on; a test sees that.
    """
    _counted[group] += 1
    return {"dagster/priority": str(-(GROUPS.index(group) * _LARGEST_GROUP + _counted[group]))}


def require_before(context: dg.AssetExecutionContext, asset: str) -> None:
    """In a run of selected assets, check that no asset failed that comes before this one by an edge that Dagster does not know.

    Raises:
        BuildError: One failed, or was skipped.
    """
    if not context.run.asset_selection:
        return
    steps = {step_of(key): key for key in planned_assets(context) & before(asset, _edges)}
    if not steps:
        return
    ended = context.instance.get_run_step_stats(context.run.run_id, [*steps])
    failed = sorted(steps[s.step_key] for s in ended if s.status is not None and s.status.value in ("FAILURE", "SKIPPED"))
    if failed:
        what = f"{', '.join(failed)} failed or {'was' if len(failed) == 1 else 'were'} skipped in this run, and {asset} is built from it."
        raise BuildError(what, where=asset, next_step="See in the log of this run why; correct that, and run both again.")
