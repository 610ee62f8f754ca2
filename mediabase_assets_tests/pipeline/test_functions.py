"""The readers of single values, against the same rules written in Python."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediabase_assets_tests.pipeline.rules import anything as text
from mediabase_assets_tests.pipeline.rules import call, session_with_rules

pytestmark = pytest.mark.pg
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def functions(pipeline_home):
    with session_with_rules(pipeline_home) as conn:
        yield conn


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ENSG00000141510", ["ENSG00000141510", None, None]),
        (" ENSG00000141510.17 ", ["ENSG00000141510", "17", None]),
        ("ENSG00000185960.15_PAR_Y", ["ENSG00000185960", "15", "par"]),
        ("ENSGR0000185960", ["ENSG00000185960", None, "par"]),
        ("ENSGR0000185960.9", ["ENSG00000185960", "9", "par"]),
        ("ENSG141510", None),
        ("ENST00000141510", None),
        ("ENSG00000141510x", None),
        ("", None),
        (None, None),
    ],
)
def test_ensembl_ids(functions, value, expected):
    assert call(functions, "ensembl_id(%s, 'ENSG')", value) == expected


@given(digits=st.from_regex(r"\A[0-9]{11}\Z"), version=st.none() | st.integers(1, 999999), par=st.booleans())
@slow
def test_every_ensembl_id_is_read_back(functions, digits, version, par):
    given_id = f"ENST{digits}" + (f".{version}" if version else "") + ("_PAR_Y" if par else "")
    expected = [f"ENST{digits}", str(version) if version else None, "par" if par else None]
    assert call(functions, "ensembl_id(%s, 'ENST')", given_id) == expected


@given(value=text)
@slow
def test_no_text_breaks_the_readers(functions, value):
    call(functions, "ensembl_id(%s, 'ENSG')", value)
    assert call(functions, "pubmed_id(%s)", value) is None or re.search(r"[1-9]\d{0,7}", value)
    cleaned = call(functions, "clean_text(%s)", value)
    assert cleaned is None or (cleaned and cleaned in value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12345678", "12345678"),
        ("PMID: 17", "17"),
        ("pmid:0017", "17"),
        ("17.0", "17"),
        ("123456789", None),
        ("0", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_pubmed_ids(functions, value, expected):
    assert call(functions, "pubmed_id(%s)", value) == expected


@given(value=json_values)
@slow
def test_no_json_breaks_the_readers(functions, value):
    raw = json.dumps(value)
    for expression in ("json_number(%s)", "json_text(%s)", "json_text_array(%s)", "json_members(%s)", "object_of(%s)", "named_drugs(%s)"):
        call(functions, expression.replace("%s", "%s::jsonb"), raw)
    for field in ("drugs", "go_terms", "source_references", "pharmgkb_variants", "features", "pathways"):
        assert call(functions, "count_facts(%s, %s::jsonb)", field, raw) >= 0


@given(value=st.lists(text, max_size=6))
@slow
def test_text_arrays_are_sorted_and_distinct(functions, value):
    found = call(functions, "json_text_array(%s::jsonb)", json.dumps(value)) or []
    assert found == sorted(set(found), key=lambda s: s.encode())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("codeine", ["codeine"]),
        ("berberine;coptisine", ["berberine", "coptisine"]),
        ("ethambutol,isoniazid", ["ethambutol", "isoniazid"]),
        ("Ace Inhibitors, Plain", ["Ace Inhibitors, Plain"]),
        ("3,4-methylenedioxymethamphetamine", ["3,4-methylenedioxymethamphetamine"]),
        ("folic acid;vitamin b-complex, plain", ["folic acid", "vitamin b-complex, plain"]),
        ('"codeine"', ["codeine"]),
        ("", [""]),
        (["tamoxifen", "tamoxifen"], ["tamoxifen"]),
        ([], [""]),
    ],
)
def test_drugs_that_an_annotation_names(functions, value, expected):
    assert call(functions, "named_drugs(%s::jsonb)", json.dumps(value)) == expected


@pytest.mark.parametrize(
    ("field", "value", "facts"),
    [
        ("pathways", ["a", "b", "a"], 3),
        ("go_terms", {"GO:1": {}, "molecular_function": ["GO:2", "GO:3"]}, 3),
        ("go_terms", "text", 1),
        ("source_references", {"drugs": [], "publications": [{}, {}]}, 2),
        ("drugs", {"1": {}, "pharmgkb_data": {"source": "x", "clinical_annotations": [{"drug": "a;b"}, {"drug": "c"}]}}, 5),
        ("drugs", {"chembl_data": {"compounds": [{}, {}]}}, 2),
        ("pharmgkb_variants", {"summary": {}, "high_impact_variants": [{"drugs": ["a", "b"]}]}, 3),
        ("features", {}, 0),
    ],
)
def test_facts_are_counted(functions, field, value, facts):
    assert call(functions, "count_facts(%s, %s::jsonb)", field, json.dumps(value)) == facts
