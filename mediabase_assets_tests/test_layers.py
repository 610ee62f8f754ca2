"""The packages and their order: what may import what, who knows Dagster and pandas, whose SQL is whose, how large a module is."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import mediabase_assets

PACKAGE = Path(mediabase_assets.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
#: A package may import itself and those before it.
ORDER = [
    "model", "settings", "postgres", "backup", "records", "audit", "legacy", "demo", "curation", "extraction", "normalized", "views",
    "schema", "release", "rollback", "roles", "validation", "patients", "monitoring", "alerts", "lineage", "planning", "report", "runs",
    "rehearsal", "defs", "cli",
]  # fmt: skip
#: Packages that know Dagster.
CONDUCT = {"runs", "rehearsal", "defs", "cli"}
#: Packages that know pandas and Pandera.
FRAMES = {"model", "audit"}
LINES, LINES_OF_A_FUNCTION = 320, 45


def name_of(path):
    return str(path.relative_to(PACKAGE))


def package_of(path):
    """The package of a module; None for those of the top level, which put everything together."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


@cache
def tree_of(path):
    return ast.parse(path.read_text())


@cache
def imports(path):
    """Full names of what a module imports, also within functions."""
    names = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(names)


def every(paths=MODULES):
    return pytest.mark.parametrize("path", paths, ids=name_of)


def test_every_package_has_its_place_in_the_order():
    assert {package_of(path) for path in MODULES} - {None} == set(ORDER)


@every([path for path in MODULES if package_of(path)])
def test_a_package_imports_itself_and_those_before_it(path):
    for name in imports(path):
        parts = name.split(".")
        assert not name.startswith("dagster._"), name
        if parts[0] == "mediabase_assets" and len(parts) > 1:
            allowed = ORDER[: ORDER.index(package_of(path)) + 1]
            assert parts[1] in (*allowed, *(("definitions", "__main__") if package_of(path) == "cli" else ())), name


def test_no_module_imports_itself_by_way_of_others():
    names = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    graph = {}
    for module, path in names.items():
        found = {name if name in names else name.rpartition(".")[0] for name in imports(path)}
        graph[module] = {name for name in found & names.keys() if name != module and not module.startswith(f"{name}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@every([path for path in MODULES if package_of(path)])
def test_only_what_conducts_a_migration_knows_dagster_and_only_models_and_audits_know_pandas(path):
    roots = {name.split(".")[0] for name in imports(path)}
    assert package_of(path) in CONDUCT or "dagster" not in roots
    assert package_of(path) in FRAMES or not roots & {"pandas", "pandera"}
    assert package_of(path) != "model" or "psycopg" not in roots


@every()
def test_a_module_opens_only_files_below_its_package(path):
    up = len(path.relative_to(PACKAGE).parts) - 1  # how many steps lead from the module's folder to the package
    for found in re.finditer(r"Path\(__file__\)((?:\.parent\b)*)(?:\.parents\[(\d)\])?(.*)", path.read_text()):
        steps = found[1].count(".parent") + (int(found[2]) + 1 if found[2] else 0)
        assert package_of(path) is None or steps <= up or not found[3].startswith(" /"), found[0]


@every()
def test_modules_of_the_project_are_imported_and_not_named_in_strings(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            assert not any("mediabase_assets" in ast.unparse(argument) for argument in node.args), ast.unparse(node)


@every()
def test_a_module_is_small_and_says_what_it_contains(path):
    tree = tree_of(path)
    assert len(path.read_text().splitlines()) <= LINES
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= LINES_OF_A_FUNCTION, f"{node.name}: {lines} lines"


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.rglob("*.py")), ids=lambda path: str(path.relative_to(Path(__file__).parent)))
def test_nothing_is_imported_from_a_test_module(path):
    assert [name for name in imports(path) if name.startswith("mediabase_assets_tests.") and ".test_" in name] == []
