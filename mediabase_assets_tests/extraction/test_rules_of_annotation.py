"""The rules about annotation that extraction and proof share (`extraction/sql/rules/annotation.sql`), by properties and by examples.

Sources: GAF 2.2 (references separated by `|`, qualifiers), GPAD 2.0 (negation), geneontology/go-site #791 #1063 #2566, helpdesk #2,
titipata/pubmed_parser #135, CSL-JSON, tidyverse/readr #265, OBO's id policy, Reactome's stable ids.
"""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mediabase_assets.extraction.rules import define_rules
from mediabase_assets.model.vocabulary import PRODUCT_TYPES

pytestmark = pytest.mark.pg

by_property = hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ID = st.integers(1, 99_999_999).map(str)
OTHER = st.sampled_from(["GO_REF:0000033", "WB_REF:WBPaper00001", "doi:10.1234/abc", "PMC1234567", "Reactome:R-HSA-1", "words only"])
PREFIX = st.sampled_from(["", "PMID:", "PMID: ", "pmid:", "PubMed ", "Pubmed:", "PMID:000"])
TEXT = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
KEY = st.sampled_from(["qualifier", "negated", "NOT", "pmid", "a"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(TEXT, max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=6,
)
#: Rules that take one JSON value.
READERS = (
    "pubmed_ids", "authors_in", "year_in", "citations_in", "go_keys_deny", "go_evidence", "go_evidence_denies", "scalar_texts",
    "says_other_reference", "says_other_references", "pubmed_value",
)  # fmt: skip


@pytest.fixture
def rules(conn):
    """A session in whose first schema the rules are."""
    define_rules(conn)
    return conn


def told(conn, function, *values):
    """What a rule says; a dict or list is given as JSON."""
    types = ", ".join("%s::jsonb" if isinstance(v, JsonOf) else "%s::boolean" if isinstance(v, bool) else "%s::text" for v in values)
    row = conn.execute(f"select {function}({types})", [v.text if isinstance(v, JsonOf) else v for v in values]).fetchone()
    return row[0]


class JsonOf:
    """A value that is given as JSON."""

    def __init__(self, value):
        self.text = json.dumps(value)


@by_property
@given(ids=st.lists(ID, min_size=1, max_size=4, unique=True), others=st.lists(OTHER, max_size=2), prefix=PREFIX, data=st.data())
def test_every_prefixed_pubmed_id_of_a_text_is_read_and_nothing_else(rules, ids, others, prefix, data):
    parts = data.draw(st.permutations([("PMID:" + i) for i in ids] + others))
    text = data.draw(st.sampled_from(["|", "; ", ", ", " | "])).join(parts)
    assert sorted(told(rules, "pubmed_ids", JsonOf(text))) == sorted(ids)
    assert told(rules, "says_other_reference", JsonOf(text)) == bool(others)
    assert told(rules, "pubmed_ids", JsonOf(prefix + ids[0])) == [ids[0]]
    assert told(rules, "pubmed_ids", JsonOf([prefix + i for i in ids])) == ids


@by_property
@given(number=st.integers(1_000, 99_999_999))
def test_a_number_is_one_id_in_any_form_that_loses_no_digit(rules, number):
    plain = str(number)
    for form in (plain, plain + ".0", "0" + plain, f"{number:.{len(plain) - 1}E}", f"https://pubmed.ncbi.nlm.nih.gov/{plain}/"):
        assert told(rules, "pubmed_ids", JsonOf(form)) == [plain], form
    assert told(rules, "pubmed_ids", JsonOf(float(number))) == [plain]
    assert told(rules, "pubmed_ids", JsonOf(f"{number:,}")) == []
    assert told(rules, "says_other_reference", JsonOf(f"{number:,}")) is True


@by_property
@given(value=JSON)
def test_no_rule_fails_on_any_json(rules, value):
    for function in READERS:
        found = told(rules, function, JsonOf(value))
        assert found is None or isinstance(found, str | list | int | bool | dict)
    if isinstance(value, dict):
        denied = told(rules, "go_keys_deny", JsonOf(value))
        qualifier = told(rules, "go_qualifier", JsonOf(value), denied)
        assert not denied or qualifier.split("|")[0] == "NOT"
        assert told(rules, "says_unread_number", JsonOf(value)) is False
    if told(rules, "authors_in", JsonOf(value)) == []:
        assert value == []


@by_property
@given(value=st.text(TEXT, max_size=30))
def test_no_rule_fails_on_any_text_and_what_it_yields_has_its_form(rules, value):
    go_id = told(rules, "go_id_in", value)
    assert go_id is None or (len(go_id) == 10 and go_id.startswith("GO:"))
    code = told(rules, "evidence_code_in", value)
    assert code is None or (code.isascii() and code.isupper() and code not in ("NOT", "NA"))
    assert told(rules, "product_type_in", value) in {None, *PRODUCT_TYPES}
    pathway = told(rules, "reactome_pathway", value)
    assert pathway is None or pathway[0].startswith("R-")
    assert told(rules, "doi_in", value) is None or "10." in value
    assert isinstance(told(rules, "says_not", value), bool)


@by_property
@given(
    relation=st.sampled_from(["enables", "involved_in", "contributes_to", "part_of", "colocalizes_with", "notifies", "knot_of"]),
    shape=st.sampled_from(["{}", "NOT|{}", "{}|NOT", "not {}", "NOT {}", "not_{}", ["NOT", "{}"], ["{}", "not"], ["NOT|{}"]]),
)
def test_a_qualifier_denies_if_and_only_if_it_says_not(rules, relation, shape):
    given_ = [s.format(relation) for s in shape] if isinstance(shape, list) else shape.format(relation)
    entry = JsonOf({"qualifier": given_})
    denies = shape != "{}"
    assert told(rules, "go_keys_deny", entry) is denies
    assert told(rules, "go_qualifier", entry, denies) == (f"NOT|{relation}" if denies else relation)


@by_property
@given(
    name=st.text("abc [](),.-:", min_size=1, max_size=30).map(str.strip).filter(bool),
    number=st.integers(1, 10**11),
    version=st.sampled_from(["", ".3"]),
)
def test_the_last_bracket_of_a_pathway_is_its_id_and_what_is_before_it_its_name(rules, name, number, version):
    assert told(rules, "reactome_pathway", f"{name} [Reactome:R-HSA-{number}{version}]") == [f"R-HSA-{number}", name, None]
    assert told(rules, "reactome_pathway", f"{name} [reactome:r-hsa-{number}{version}].") == [f"R-HSA-{number}", name, "other"]
    assert told(rules, "reactome_pathway", f"R-HSA-{number}{version}") == [f"R-HSA-{number}", None, None]


@by_property
@given(number=st.integers(-(10**10), 10**10))
def test_numbers_are_read_exactly_or_not_at_all(rules, number):
    year = number if 1500 <= number <= 2100 else None
    count = number if 0 <= number <= 10**9 else None
    for form in (number, str(number), f" {number}.0 "):
        assert (told(rules, "year_in", JsonOf(form)), told(rules, "citations_in", JsonOf(form))) == (year, count)
    for form in (f"{number}.5", number + 0.5, f"{number} citations", f"{abs(number) + 1000:,}"):
        assert (told(rules, "year_in", JsonOf(form)), told(rules, "citations_in", JsonOf(form))) == (None, None)


@pytest.mark.parametrize(
    "text", ["Nature 2004, 12", "doi:10.1234/x,12345", "GO_REF 0000033", "PMID 12 (page 45)", "8.2E+07", "PMID:0", "123456789", "|", "true"]
)
def test_no_pubmed_id_is_invented(rules, text):
    assert told(rules, "pubmed_ids", JsonOf(text)) == []


@pytest.mark.parametrize(
    "author",
    [
        {"LastName": "Odd", "ForeName": "Jane"}, {"family": "Odd", "given": "Jane"}, {"last": "Odd", "first": "Jane"},
        {"lastname": "Odd", "forename": "Jane"}, {"name": "Odd Jane"}, {"literal": " Odd Jane "}, "Odd Jane",
    ],
)  # fmt: skip
def test_the_usual_forms_of_an_author_give_one_name(rules, author):
    assert told(rules, "authors_in", JsonOf([author])) == ["Odd Jane"]


@pytest.mark.parametrize("product", PRODUCT_TYPES)
def test_the_vocabulary_of_the_rule_is_that_of_the_model(rules, product):
    assert told(rules, "product_type_in", product) == told(rules, "product_type_in", product.replace("_", " ")) == product


@by_property
@given(objects=st.lists(st.dictionaries(KEY, JSON, max_size=3), min_size=1, max_size=5), data=st.data())
def test_different_objects_come_in_one_order_whatever_the_order_of_the_list(rules, objects, data):
    def in_order(values):
        return rules.execute("select in_fixed_order(%s::jsonb[])", ([json.dumps(v) for v in values],)).fetchone()[0]

    found = in_order(objects)
    assert in_order(data.draw(st.permutations(objects * 2))) == found
    assert [len(o) for o in found] == sorted(len(o) for o in found)
    assert all(o in found for o in objects)
    assert (
        len(found)
        == rules.execute("select count(distinct o) from unnest(%s::jsonb[]) as o", ([json.dumps(o) for o in objects],)).fetchone()[0]
    )
