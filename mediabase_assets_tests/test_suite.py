"""The list of tests that `pytest` leaves out names tests that exist."""

import ast
from pathlib import Path

import pytest

from mediabase_assets_tests.fixtures.thorough import LONG


@pytest.mark.parametrize(("module", "pattern"), [(module, pattern) for module, patterns in LONG.items() for pattern in patterns])
def test_a_long_test_is_there(module, pattern):
    tree = ast.parse((Path(__file__).parent / module).read_text())
    name = pattern.partition("[")[0].removesuffix("*")
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    assert bool(function.decorator_list) or "[" not in pattern
