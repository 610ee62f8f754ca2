"""The rooms of the house: what may import what, and how large a room is."""

import ast
from pathlib import Path

import pytest

import mediabase_assets

PACKAGE = Path(mediabase_assets.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
#: A layer may import itself and those before it.
LAYERS = ["model", "lib", "demo", "defs", "definitions", "cli"]
#: The only modules of `lib` that know Dagster.
KNOW_DAGSTER = {
    "ahead", "backup_choice", "check_overview", "checks_view", "conduct", "crew", "dagster_storage", "dry_run",
    "dry_run_reading", "edges", "event_reader", "extraction_asset", "freshness", "migrate", "named_runs", "opening",
    "orphans", "planning", "recovery",
    "rehearsal", "resources", "rollback_report", "rollback_view", "run_failures", "runner", "running_work", "schedules",
    "specs", "stale_view", "standing", "status", "step", "table_asset", "telling", "thread_executor", "trial_run", "view_asset", "watch",
    "web",
}  # fmt: skip


def layer_of(path):
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return LAYERS.index(first) if first in LAYERS else -1


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_layer_imports_itself_and_those_before_it(path):
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "mediabase_assets" and len(parts) > 1 and parts[1] in LAYERS:
            assert LAYERS.index(parts[1]) <= layer_of(path), name
        assert not name.startswith("dagster._"), name
        if layer_of(path) == 0:
            assert parts[0] not in ("dagster", "psycopg"), name


@pytest.mark.parametrize("path", [p for p in MODULES if layer_of(p) == 1], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_asset_machinery_knows_dagster(path):
    if any(n == "dagster" or n.startswith("dagster.") for n in imports(path)):
        assert path.stem in KNOW_DAGSTER


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_is_small_and_says_what_belongs_in_it(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 330
    assert ast.get_docstring(ast.parse(text))
