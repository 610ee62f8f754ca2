"""The tables as values: complete, described, in an order in which parents come before children."""

import pandas as pd
import pytest

from mediabase_assets.audit.checks import arrow_schema
from mediabase_assets.model.reasons import QUARANTINE_REASONS, REPAIR_REASONS, sentence
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.normalized.tables import NORMALIZED
from mediabase_assets.schema.tables import VERSION, definition_paths
from mediabase_assets_tests.model.frames import EMPTY


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_table_has_its_files_and_descriptions(table):
    assert table.description
    assert all(table.columns.values())
    assert all(path.exists() for path in definition_paths(table))
    own = NORMALIZED / "accounts" / f"{table.name}.sql"
    assert own.exists() or (NORMALIZED / "accounts" / "facts" / f"{table.name}.sql").exists()


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda r: r.name)
def test_every_model_accepts_an_empty_relation_and_refuses_another_column(relation):
    schema = relation.model.to_schema()
    frame = pd.DataFrame({n: pd.Series(dtype=EMPTY.get(str(c.dtype), "str")) for n, c in schema.columns.items()})
    assert schema.validate(frame).empty
    with pytest.raises(Exception, match="extra"):
        schema.validate(frame.assign(extra=1))
    assert set(relation.key) <= set(relation.columns)
    assert arrow_schema(relation).names == list(relation.columns)


def test_parents_come_before_children():
    position = {r.name: i for i, r in enumerate(RELATIONS)}
    for relation in RELATIONS:
        for reference in (*relation.references, *relation.later_references):
            assert position[reference.parent] < position[relation.name]


def test_no_sql_file_is_left_without_a_table():
    names = {t.name for t in TABLES}
    for folder in ("tables", "keys", "foreign_keys", "views"):
        assert {p.stem for p in (VERSION / folder).glob("*.sql")} <= names
    assert {p.stem for p in NORMALIZED.glob("*.sql")} == names


def test_every_reason_has_one_sentence():
    for outcome, reasons in (("quarantined", QUARANTINE_REASONS), ("repaired", REPAIR_REASONS)):
        codes = [r.code for r in reasons]
        assert len(codes) == len(set(codes))
        assert all(sentence(outcome, code).endswith(".") for code in codes)


def test_every_kind_of_damage_has_a_reason_or_is_kept():
    """C12 to C14, C18's spans, C21 and C23 are kept as they are, C20 is merged; all others have a code."""
    answered = {d for r in (*QUARANTINE_REASONS, *REPAIR_REASONS) for d in r.damage}
    kept = {"C12", "C13", "C14", "C21", "C23"}
    assert {f"C{i}" for i in range(1, 29)} - kept <= answered


def test_the_twelve_stages_have_the_owners_names():
    assert [s.value for s in Stage] == list(range(1, 13))
    assert Stage.PREREQUISITES.title == "Prerequisites Validation"
    assert Stage.PERFORMANCE.title == "Performance Testing"
