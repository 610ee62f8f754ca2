"""The rules about drugs that the extraction and its proof share, for any value: against arithmetic and against themselves."""

import json
from decimal import Decimal, localcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediabase_assets_tests.pipeline.rules import anything as text
from mediabase_assets_tests.pipeline.rules import call, session_with_rules

pytestmark = pytest.mark.pg
slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
POWER = {"uM": 6, "nM": 9, "pM": 12}
listed = st.text(st.sampled_from("abNRS12 ,;()[]\"'-\u03b1I"), max_size=25)
name = st.text(st.sampled_from("abcdefghijk"), min_size=4, max_size=8)
locant = st.sampled_from(["N", "O", "R", "S", "E", "Z", "D", "L", "N'", "RS", "alpha", "beta", "cis", "trans", "p", "o"])
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e40"), max_value=Decimal("1e40"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def rules(pipeline_home):
    """A session that has the rules and the readers of values."""
    with session_with_rules(pipeline_home) as conn:
        yield conn


@given(places=st.integers(0, 14), data=st.data())
@slow
def test_a_score_can_be_computed_back_from_its_potency(rules, places, data):
    score = Decimal(data.draw(st.integers(10**places + 1, 15 * 10**places))).scaleb(-places)
    places = max(0, -score.normalize().as_tuple().exponent)  # zeros at the end are no decimals: 2.50 is 2.5
    value, unit = rules.execute("select potency(%s), potency_unit(%s)", (score, score)).fetchone()
    with localcontext(prec=50):
        back = Decimal(POWER[unit]) - value.log10()
        assert back.quantize(Decimal(1).scaleb(-places)) == score
        assert abs(value / Decimal(10) ** (POWER[unit] - score) - 1) < Decimal("0.06")
    assert -value.as_tuple().exponent >= 4


@pytest.mark.parametrize(("score", "same"), [("2.7779342944100", "2.77793429441"), ("7.00", "7"), ("12.50", "12.5")])
def test_zeros_at_the_end_of_a_score_change_no_potency(rules, score, same):
    assert call(rules, "potency(%s)::text", Decimal(score)) == call(rules, "potency(%s)::text", Decimal(same))


@given(score=numbers)
@slow
def test_a_score_is_read_only_on_its_scale(rules, score):
    assert (call(rules, "p_activity_of(%s)", score) is not None) == (1 < score <= 15)


@given(score=numbers, unit=st.sampled_from(["nM", "NM", "uM", "M", "%", "ug.mL-1"]))
@slow
def test_a_measurement_is_exact_or_unknown(rules, score, unit):
    value, shown = rules.execute("select reported_activity(%s, %s), reported_unit(%s, %s)", (score, unit, score, unit)).fetchone()
    assert (value is None) == (shown is None)
    with localcontext(prec=100):
        if value is None:
            assert score < Decimal("1e-30") or score >= Decimal("1e30") or -score.normalize().as_tuple().exponent > 60
        else:
            assert value * (1000 if shown != unit else 1) == score
    assert call(rules, "reported_activity(%s, null)", score) is None


@given(names=st.lists(name, min_size=1, max_size=4), separator=st.sampled_from(",;"))
@slow
def test_a_list_of_names_is_split(rules, names, separator):
    assert call(rules, "drug_name_parts(%s)", separator.join(names)) == names


@given(left=locant, right=locant, rest=name, before=st.sampled_from(["", "3-", "(", "abcde "]))
@slow
def test_locants_with_a_comma_split_no_name(rules, left, right, rest, before):
    whole = f"{before}{left},{right}-{rest}"
    assert call(rules, "drug_name_parts(%s)", whole) == [whole]
    assert call(rules, "drug_name_parts(%s)", f"demofarin;{whole}") == ["demofarin", whole]


@given(value=listed)
@slow
def test_splitting_keeps_every_character(rules, value):
    parts = call(rules, "drug_name_parts(%s)", value)
    assert "".join(parts) == value or "".join(parts) in (value.replace(",", ""), value.replace(";", "")) or _kept(parts, value)


def _kept(parts, value):
    """Whether the parts are the text without some of its separators."""
    position = 0
    for part in parts:
        position = value.index(part, position) + len(part)
    return "".join(parts).replace(",", "").replace(";", "") == value.replace(",", "").replace(";", "")


@given(value=listed)
@slow
def test_a_name_that_was_split_off_is_split_no_further(rules, value):
    for found in call(rules, "named_drugs(to_jsonb(%s::text))", value):
        assert call(rules, "named_drugs(to_jsonb(%s || ' ;'))", found) == [found]


@given(value=json_values)
@slow
def test_no_json_breaks_the_names_and_the_counts(rules, value):
    given_value = json.dumps(value)
    names = call(rules, "named_drugs(%s)", given_value)
    assert names == sorted(set(names), key=lambda n: n.encode())
    assert names
    assert call(rules, "count_annotations(jsonb_build_array(jsonb_build_object('drug', %s::jsonb)), 'drug')", given_value) == len(names)


@given(key=st.from_regex(r"\A(0{0,3}[0-9]{1,12}|(?i:chembl)[0-9]{1,9}|repurposing_[0-9]{1,3})\Z"))
@slow
def test_a_key_is_spelt_once(rules, key):
    spelt = call(rules, "spelt_drug_key(%s)", key)
    assert call(rules, "spelt_drug_key(%s)", spelt) == spelt
    assert call(rules, "source_of_drug_key(%s)", spelt) == call(rules, "source_of_drug_key(%s)", key) is not None


@given(value=text)
@slow
def test_no_text_breaks_the_rules(rules, value):
    source = call(rules, "source_of_drug_key(%s)", value)
    assert source is None or value.isascii()
    assert call(rules, "phase_of(%s)", value) in (None, "Preclinical", "Phase I", "Phase II", "Phase III", "Approved", "Withdrawn")
    assert call(rules, "mechanism_flag(%s)", value) is None or value[0] in "01"
    assert "  " not in call(rules, "one_spaced(%s)", value)


@given(entry=st.dictionaries(st.sampled_from(["name", "score", "phase", "other"]), json_values))
@slow
def test_nothing_that_is_not_told_is_left_out(rules, entry):
    left = call(rules, "unread(%s, drug_entry_keys(), array['name', null])", json.dumps(entry))
    for key, value in entry.items():
        says_nothing = value is None or (isinstance(value, str) and not value.strip(" \t\n\r\x0b\x0c\x85\xa0\u200b\ufeff"))
        if key != "name" and not says_nothing:
            assert left[key] == value
    assert "name" not in left


@pytest.mark.parametrize(
    ("value", "expected"),
    [('"a"', True), ("5", True), ("null", True), ('["a", 5]', True), ("{}", False), ('["a", {}]', False), ("[[1]]", False)],
)
def test_flat_values(rules, value, expected):
    assert call(rules, "is_flat(%s)", value) is expected
