"""The views as values: complete, described, told apart by what matters and by nothing else."""

import dataclasses

import pandas as pd
import pytest

from mediabase_assets.audit.checks import arrow_schema
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import FUNCTIONS, MATERIALIZED, VIEWS, Index, View
from mediabase_assets.runs.factories.view import checks_of
from mediabase_assets.views import definition
from mediabase_assets.views.definition import QUERIES, Described, Difference, Recorded, definition_of, difference, view_named
from mediabase_assets.views.state import stored_relations, why_stale
from mediabase_assets_tests.model.frames import EMPTY

VIEW = view_named("gene_summary_view")
NAMES = tuple(i.name_on(VIEW.name) for i in VIEW.all_indexes)
INDEXES = dict.fromkeys(NAMES, "create index …")
RECORDED = Recorded(definition_of(VIEW), "as the server has it", NAMES, {"genes": "1"})
FOUND = Described("m", "as the server has it", INDEXES)


def test_the_owners_eleven_views_are_there():
    assert len(MATERIALIZED) == 11
    assert {v.name for v in VIEWS if not v.is_materialized} >= {"pathway_annotation_coverage", "drug_interaction_coverage"}
    assert len({v.name for v in VIEWS}) == len(VIEWS)


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_every_view_has_its_files_and_descriptions(view):
    assert view.description.startswith("One row")
    assert all(view.columns.values())
    assert definition.query_of(view).startswith("-- Grain: one row")
    assert (QUERIES / "checks" / f"{view.name}.sql").exists()
    assert len(checks_of(view)) >= 2


def test_no_file_is_left_without_a_view():
    names = {v.name for v in VIEWS}
    assert {p.stem for p in QUERIES.glob("*.sql")} == names
    assert {p.stem for p in (QUERIES / "checks").glob("*.sql")} == names
    assert {p.stem for p in (QUERIES / "functions").glob("*.sql")} == set(FUNCTIONS)


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_every_model_accepts_an_empty_view_and_keys_and_indexes_are_of_its_columns(view):
    schema = view.model.to_schema()
    frame = pd.DataFrame({n: pd.Series(dtype=EMPTY.get(str(c.dtype), "str")) for n, c in schema.columns.items()})
    assert schema.validate(frame).empty
    assert arrow_schema(view.relation).names == list(view.columns)
    for columns in (view.key, *(i.columns for i in view.all_indexes)):
        assert set(columns) <= set(view.columns)
    assert set(stored_relations(view)) <= {r.name for r in RELATIONS}


def test_a_materialized_view_without_a_key_is_no_value():
    with pytest.raises(ValueError, match="has no key"):
        View("nameless", VIEW.model, (), ("genes",))


def test_a_name_that_postgresql_would_cut_is_no_value():
    with pytest.raises(ValueError, match="longer than 63 bytes"):
        dataclasses.replace(VIEW, indexes=(Index(("has_drug_interactions", "has_pathways", "has_publications")),))


@pytest.mark.parametrize(
    "change",
    [
        {"indexes": (Index(("chromosome", "gene_symbol")),)},
        {"indexes": (Index(("gene_symbol", "chromosome")),)},
        {"indexes": (Index(("gene_symbol",), "hash"),)},
        {"model": view_named("pathway_gene_counts").model},
        {"is_materialized": False},
    ],
    ids=["columns", "their order", "method", "comments", "kind"],
)
def test_whatever_matters_changes_the_definition(change):
    base = dataclasses.replace(VIEW, indexes=(Index(("gene_symbol",)),))
    assert definition_of(dataclasses.replace(base, **change)) != definition_of(base)


def test_the_query_changes_the_definition_and_its_comments_do_not(tmp_path, monkeypatch):
    before = definition_of(VIEW)
    text = definition.query_of(VIEW)
    for folder, query in {"comment": f"-- another comment\n{text}", "query": text.replace("'[]'", "'[1]'", 1)}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{VIEW.name}.sql").write_text(query)
    monkeypatch.setattr(definition, "QUERIES", tmp_path / "comment")
    assert definition_of(VIEW) == before
    monkeypatch.setattr(definition, "QUERIES", tmp_path / "query")
    assert definition_of(VIEW) != before


@pytest.mark.parametrize(
    ("found", "recorded", "expected"),
    [
        (None, None, Difference.ABSENT),
        (None, RECORDED, Difference.ABSENT),
        (FOUND, RECORDED, Difference.NONE),
        (FOUND, None, Difference.QUERY),
        (FOUND, dataclasses.replace(RECORDED, definition="another"), Difference.QUERY),
        (dataclasses.replace(FOUND, catalogue="somebody changed it"), RECORDED, Difference.QUERY),
        (dataclasses.replace(FOUND, kind="v"), RECORDED, Difference.QUERY),
        (dataclasses.replace(FOUND, is_populated=False), RECORDED, Difference.QUERY),
        (dataclasses.replace(FOUND, indexes=dict(list(INDEXES.items())[1:])), RECORDED, Difference.INDEXES),
        (dataclasses.replace(FOUND, indexes=INDEXES | {"somebodys_own": "…"}), RECORDED, Difference.NONE),
        (
            dataclasses.replace(FOUND, indexes=INDEXES | {"ours_of_old": "…"}),
            dataclasses.replace(RECORDED, index_names=(*NAMES, "ours_of_old")),
            Difference.INDEXES,
        ),
    ],
)
def test_the_difference_is_told(found, recorded, expected):
    assert difference(VIEW, found, recorded) is expected


def test_why_a_view_is_stale_is_told_in_words():
    assert why_stale(VIEW, None, None, {}) == "it is not there"
    assert why_stale(VIEW, FOUND, None, {}) == "it is not ours"
    assert why_stale(VIEW, dataclasses.replace(FOUND, indexes={}), RECORDED, {}) == "its indexes changed"
    assert why_stale(VIEW, FOUND, RECORDED, {"genes": "1"}) == ""
    assert why_stale(VIEW, FOUND, RECORDED, {"genes": "2", "pathways": "1"}) == "genes, pathways changed"
