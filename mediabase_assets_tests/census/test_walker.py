"""The walker without a database: every scalar of any JSON value is counted at a place or reported, exactly once."""

import json
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediabase_assets.model.grammar import GRAMMAR, Match
from mediabase_assets.model.grammar.base import Leaf, Place, archived, either, items, number, text
from mediabase_assets.validation.census import regular
from mediabase_assets.validation.census.found import forms
from mediabase_assets.validation.census.walker import Number, Spot, parse, walk

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
KEYS = st.sampled_from(["term", "evidence", "GO:0005515", "pmid", "references", "2701", "pharmgkb_data", "reactions", "", "TSL"]) | st.text(
    max_size=8
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25)


def scalars(value) -> int:
    """Scalars of a value but null."""
    if isinstance(value, dict):
        return sum(map(scalars, value.values()))
    if isinstance(value, list):
        return sum(map(scalars, value))
    return value is not None


def census(value, place: Place) -> tuple[Spot, list[tuple[str, str, object]]]:
    """A place after the walk of one value, and what was open."""
    spot, opened = Spot("$", place, 100), []
    walk(parse(json.dumps(value)), spot, "$", lambda *leaf: opened.append(leaf))
    return spot, opened


def counts(spot: Spot) -> dict[str, int]:
    """Scalars by place."""
    return {s.path: s.scalars for s in spot.spots() if s.scalars}


@given(st.sampled_from(sorted(GRAMMAR)), VALUES)
def test_every_scalar_is_counted_once_or_reported_once(column, value):
    spot, opened = census(value, GRAMMAR[column])
    assert sum(counts(spot).values()) + len(opened) == scalars(value)
    assert all(path.startswith("$") and reason for path, reason, _ in opened)


@given(st.sampled_from(sorted(GRAMMAR)), st.lists(VALUES, max_size=6))
@example("publications", [[None, None]])
def test_batches_and_the_walk_agree(column, values):
    values = [v for v in values if v is not None]
    walked, opened = Spot("$", GRAMMAR[column], 100), []
    for value in values:
        walk(parse(json.dumps(value)), walked, "$", lambda *leaf: opened.append(leaf))
    batched, left = Spot("$", GRAMMAR[column], 100), []
    batch = b"".join(json.dumps({column: value, "digest": "d"}).encode() + b"\n" for value in values)
    for line in regular.irregular_lines(batch, {column: batched}) if values else []:
        walk(parse(json.dumps(json.loads(line)[column])), batched, "$", lambda *leaf: left.append(leaf))
    assert counts(batched) == counts(walked)
    assert Counter(map(str, left)) == Counter(map(str, opened))


@given(VALUES, st.sampled_from(["planted by nobody", "ZZ"]), st.data())
def test_an_unknown_key_at_any_depth_is_open_or_kept_whole(value, name, data):
    column = data.draw(st.sampled_from(["go_terms", "coordinates", "alt_gene_ids", "pharmgkb_variants", "features"]))
    _, opened = census({**(value if isinstance(value, dict) else {}), name: {"deep": [{"er": "lost?"}]}}, GRAMMAR[column])
    assert [raw for path, _, raw in opened if path == f"$.{name}.deep[0].er"] == ["lost?"]


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (text(), ["a"], "unexpected_kind"),
        (text(), {"a": "b"}, "unexpected_kind"),
        (text(longest=3), "abcd", "value_too_long"),
        (text(longest=3), "äö", "value_too_long"),
        (text(pattern="[0-9]+"), "x", "bad_identifier"),
        (text(pattern="[0-9]+", reason="unreadable_value"), "１２", "unreadable_value"),  # noqa: RUF001  # full-width digits
        (number(low=0, high=10), 11, "number_out_of_range"),
        (number(low=0, high=10), "-1", "number_out_of_range"),
        (number(), "1,234", "unreadable_value"),
        (number(), "1e400 ", ""),
        (number(high=1e300), "1e400", "number_out_of_range"),
        (number(), True, "unreadable_value"),
        (text(pattern="[0-9]+"), " \u200b ", ""),
        (text(pattern="[0-9]+"), " 12 ", ""),
        (text(pattern="[0-9]+"), 12, ""),
        (items(text()), ["a", 1, True, None, ""], ""),
        (items(text()), {"a": "b"}, "unexpected_kind"),
        (either(text(), items(text())), "a", ""),
        (archived("why"), {"a": [{"b": 1}], "c": "d"}, ""),
        (Place(keys={"a": text()}, rest=Leaf()), {"a": "x", "b": {"c": [1]}}, ""),
        (Place(keys={"a": text()}, rest=Leaf()), {"a": ["x"]}, "unexpected_kind"),
    ],
)  # fmt: skip
def test_verdicts(place, value, reason):
    _, opened = census(value, place)
    assert [r for _, r, _ in opened] == ([reason] * max(len(opened), 1) if reason else [])


def test_numbers_keep_every_digit():
    value = parse('{"a": 0.00014000000000000000000001, "b": 12345678901234567890123, "c": 1E-5}')
    assert value == {"a": "0.00014000000000000000000001", "b": "12345678901234567890123", "c": "1E-5"}
    assert all(isinstance(v, Number) for v in value.values())


@given(st.lists(st.text(alphabet="abcdef", min_size=1, max_size=3), min_size=1))
def test_the_sample_does_not_depend_on_the_order(texts):
    samples = []
    for order in (texts, texts[::-1]):
        spot = Spot("$", items(text("t.c")), 5)
        walk(list(order), spot, "$", lambda *_: None)
        samples.append(spot.members.sample)
    assert samples[0] == samples[1]
    assert len(samples[0]) == min(5, len(set(texts)))


@pytest.mark.parametrize(
    ("value", "match", "accepted"),
    [
        (" TP53 ", Match.TEXT, [{"TP53"}]),
        ("ENST00000456328.2_1_PAR_Y", Match.STEM, [{"ENST00000456328.2_1_PAR_Y", "ENST00000456328"}]),
        ("ENSGR0000182378", Match.STEM, [{"ENSGR0000182378", "ENSG00000182378"}]),
        ("PMID:0123.0", Match.DIGITS, [{"123"}]),
        ("1.50", Match.NUMBER, [{"1.5"}]),
        ("1e3", Match.NUMBER, [{"1000"}]),
        ("basic, CCDS,", Match.MEMBERS, [{"basic"}, {"CCDS"}]),
    ],
)
def test_forms_in_which_a_value_is_kept(value, match, accepted):
    assert forms(value, match) == accepted
