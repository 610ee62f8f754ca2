"""The edges that Dagster shows: as much can be reached as by all edges, none is implied, and steps run from left to right."""

import pytest

from mediabase_assets.definitions import defs
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.planning import registry
from mediabase_assets.runs import check_overview, edges, migration_metrics, parallel

FOUND = defs()
SHOWN = {s.key.to_user_string(): {d.asset_key.to_user_string() for d in s.deps} for s in FOUND.resolve_all_asset_specs()}
#: Their automation condition looks at the tables that they depend on directly.
WHOLE = {f"views/{view.name}" for view in MATERIALIZED}
PRIORITIES = {
    key.to_user_string(): int(asset.op.tags["dagster/priority"])
    for asset in FOUND.resolve_asset_graph().assets_defs
    if asset.keys and asset.is_executable
    for key in asset.keys
}


@pytest.mark.parametrize("key", sorted(SHOWN))
def test_what_is_shown_reaches_what_all_edges_reach(key):
    assert edges.before(key, SHOWN) == edges.before(key, edges.all_edges())


@pytest.mark.parametrize("key", sorted(SHOWN))
def test_no_edge_is_implied_but_those_of_materialized_views(key):
    if key in WHOLE:
        assert SHOWN[key] == {*edges.all_edges()[key]}
    else:
        assert edges.implied(key, SHOWN) == set()


def test_a_step_that_may_begin_comes_after_all_that_it_is_made_from():
    assert PRIORITIES.keys() == SHOWN.keys() - {key.to_user_string() for key in (check_overview.KEY, migration_metrics.KEY)}
    for key, direct in edges.all_edges().items():
        for dep in direct:
            assert PRIORITIES[dep] > PRIORITIES[key], f"{dep} before {key}"


def test_groups_are_in_the_order_of_the_graph():
    group = {s.key.to_user_string(): s.group_name for s in FOUND.resolve_all_asset_specs()}
    for key, direct in edges.all_edges().items():
        for dep in direct:
            assert edges.GROUPS.index(group[dep]) <= edges.GROUPS.index(group[key])


def test_what_is_built_ahead_needs_nothing_that_only_its_own_step_builds():
    """A builder does not wait for such a step: of these only the legacy table and the backup come first in every run."""
    first = {registry.LEGACY, registry.BACKUP}
    by_its_step = {key for key, work in parallel._works.items() if work.by_its_step} - first
    assert registry.COLUMN_ACCOUNT in by_its_step
    for key, work in parallel._works.items():
        assert work.by_its_step or not work.needs & by_its_step, key
