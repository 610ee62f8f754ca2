"""Everything below `defs` is loaded, wherever the package lies."""

import functools
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

import mediabase_assets.defs
from mediabase_assets.definitions import defs
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.planning import registry
from mediabase_assets.runs import check_overview, migration_metrics
from mediabase_assets.runs.patients import partitions
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment

FOLDER = Path(mediabase_assets.defs.__file__).parent
LOADED = """
import sys
from mediabase_assets.definitions import defs
from mediabase_assets.model.errors import ConfigurationError
defs()
print("\\n".join(name for name in sys.modules if name.startswith("mediabase_assets.defs")))
"""


def test_every_module_below_defs_is_loaded_and_nothing_warns():
    # Dagster 1.13's own look at a resource's fields warns, see pyproject.toml
    command = [sys.executable, "-W", "error", "-W", "ignore:The `__fields__` attribute", "-c", LOADED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    files = [f.relative_to(FOLDER).with_suffix("") for f in FOLDER.rglob("*.py")]
    names = {".".join(("mediabase_assets.defs", *(p for p in f.parts if p != "__init__"))) for f in files}
    assert len(names) > 10
    assert set(done.stdout.split()) == names


@functools.cache
def specs():
    return {spec.key.to_user_string(): spec for spec in defs().resolve_all_asset_specs()}


@pytest.mark.parametrize("name", sorted(specs()))
def test_every_asset_says_what_it_is(name):
    spec = specs()[name]
    layer = spec.key.path[0]
    assert spec.description
    assert spec.owners == ["team:mediabase"]
    assert spec.kinds
    assert spec.group_name
    if spec.key in (check_overview.KEY, migration_metrics.KEY):
        return  # made of Dagster's own records
    references = spec.metadata["dagster/code_references"].code_references
    assert references
    assert all(Path(r.file_path).is_file() for r in references)
    # of the extraction the schema is known once it is built
    is_relation = layer in ("normalized", "views", "legacy")
    assert is_relation == ("dagster/table_name" in spec.metadata) == ("dagster/storage_kind" in spec.metadata)
    if is_relation or layer == "extraction":
        columns = spec.metadata["dagster/column_schema"].columns
        assert columns
        assert all(c.description and c.type for c in columns)


def test_the_owners_of_all_assets_are_configured(tmp_path, monkeypatch):
    forget_environment(monkeypatch)
    config = tmp_path / "settings.yaml"
    config.write_text("owners: [ops@example.org, team:lab]")
    monkeypatch.setenv("MEDIABASE_CONFIG", str(config))
    command = [sys.executable, "-c", "from mediabase_assets.definitions import defs;"
               "print({tuple(s.owners) for s in defs().resolve_all_asset_specs()})"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{('ops@example.org', 'team:lab')}"
    config.write_text("owners: [lab]")
    with pytest.raises(ConfigurationError, match="'lab' is neither an address"):
        load_settings()


def test_what_comes_after_the_release_is_in_groups_of_their_own():
    released = dg.AssetKey(["release", "current_release"])
    after = {name for name, spec in specs().items() if released in {d.asset_key for d in spec.deps}}
    assert after
    behind = {name for name, spec in specs().items() if spec.group_name in ("measurement", partitions.GROUP)}
    later = {partitions.ENRICHED.to_user_string(), registry.VERDICT, registry.REPORT}  # they come after the measurement
    assert after == behind - later


def test_columns_say_what_may_be_null_and_what_is_unique():
    genes = specs()["normalized/genes"]
    columns = {c.name: c for c in genes.metadata["dagster/column_schema"].columns}
    assert [c.name for c in columns.values() if c.constraints.unique] == ["gene_id", "gene_symbol"]
    assert (columns["gene_id"].constraints.nullable, columns["chromosome"].constraints.nullable) == (False, True)
    assert (columns["start_position"].type, columns["gene_name"].type) == ("bigint", "text")


def test_what_a_schedule_looks_at_is_overdue_two_hours_after_it_should_have():
    windows = {name: s.freshness_policy.fail_window.to_timedelta() for name, s in specs().items() if s.freshness_policy}
    assert windows.pop("backup/legacy_backup") == timedelta(days=7, hours=2)
    assert windows == {f"views/{view.name}": timedelta(days=1, hours=2) for view in MATERIALIZED}


def test_automation_conditions_read_in_words():
    labels = {s.automation_condition.get_label() for s in specs().values() if s.automation_condition}
    assert labels == {"refresh after its tables changed and passed"}
