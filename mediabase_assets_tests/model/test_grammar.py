"""The grammar of the legacy table: complete, documented, and true to the models of the tables that it names."""

from pathlib import Path

import pytest

from mediabase_assets.model import grammar
from mediabase_assets.model.grammar import GRAMMAR, Fate, Match
from mediabase_assets.model.grammar.document import document
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS
from mediabase_assets.model.legacy import Fate as ColumnFate
from mediabase_assets.model.reasons import QUARANTINE_REASONS, REFUSALS
from mediabase_assets.model.tables import RELATIONS

LEAVES = [(column, path, leaf) for column, place in GRAMMAR.items() for path, leaf in place.leaves()]


def test_every_carried_column_has_a_grammar_and_no_other():
    carried = {c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is ColumnFate.CARRIED}
    assert set(GRAMMAR) == carried


def test_every_place_goes_to_columns_that_exist():
    columns = {f"{r.name}.{c}" for r in RELATIONS for c in r.columns}
    assert {to for _, _, leaf in LEAVES for to in leaf.to} <= columns


def test_what_is_archived_says_why_and_what_is_read_says_where():
    for column, path, leaf in LEAVES:
        if leaf.fate is Fate.ARCHIVED:
            assert leaf.why, (column, path)
        else:
            assert leaf.to or leaf.match is Match.DERIVED, (column, path)


def test_every_refusal_is_a_reason_with_a_sentence():
    known = {r.code for r in QUARANTINE_REASONS}
    assert {leaf.reason for _, _, leaf in LEAVES} <= known
    assert known >= REFUSALS


def test_the_page_beside_the_grammar_is_up_to_date():
    page = Path(grammar.__file__).parent / "README.md"
    assert page.read_text(encoding="utf-8") == document(), (
        "python -m mediabase_assets.model.grammar > mediabase_assets/model/grammar/README.md"
    )


@pytest.mark.parametrize("column", sorted(GRAMMAR))
def test_the_page_shows_every_place(column):
    section = document().split(f"\n## {column}\n")[1].split("\n## ")[0]
    for path, _ in GRAMMAR[column].leaves():
        assert f"`{path}`" in section


def test_what_the_grammar_says_is_the_same_in_every_process():
    import subprocess
    import sys

    command = "from mediabase_assets.model.grammar import described; print(described())"
    texts = {
        subprocess.run([sys.executable, "-c", command], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
