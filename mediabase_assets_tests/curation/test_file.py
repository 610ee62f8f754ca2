"""A file of rules: what it may say, and how each mistake is reported, with its line and what is right."""

import contextlib
import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mediabase_assets.curation.concern import concerned, concerns, digest_of
from mediabase_assets.curation.decisions import rules_from
from mediabase_assets.curation.file import read_rules, rules_of
from mediabase_assets.curation.offers import offers
from mediabase_assets.curation.rule import CARRIED, Decision, PathError, parse_path, path_text
from mediabase_assets.curation.ways_out import next_step, rules_for
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.reasons import QUARANTINE_REASONS
from mediabase_assets.settings.load import load_settings

HEAD = {"id": "a", "who": "A. Curator", "when": "2026-11-29", "why": "Because."}
CHROMOSOME = {"match": {"column": "chromosome", "value": "chr99"}, "map to": "chrM"}


def written(tmp_path, *rules, text=None):
    path = tmp_path / "rules.yaml"
    path.write_text(
        text if text is not None else yaml.safe_dump({"rules": list(rules)}, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    return path


def read(tmp_path, *rules, text=None):
    return read_rules(written(tmp_path, *rules, text=text))


def refusal(tmp_path, *rules, text=None):
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, *rules, text=text)
    assert raised.value.where == str(tmp_path / "rules.yaml")
    return raised.value.what


def test_a_rule_says_who_decided_what_when_and_why(tmp_path):
    (rule,) = read(tmp_path, HEAD | CHROMOSOME)
    assert (rule.id, rule.who, str(rule.when), rule.why) == ("a", "A. Curator", "2026-11-29", "Because.")
    assert (rule.decision, rule.value, rule.match) == (Decision.MAP_TO, "chrM", {"column": "chromosome", "value": "chr99"})
    assert rule.line == 2


def test_every_decision_is_read(tmp_path):
    decisions = [
        {"match": {"column": "drugs", "gene": "EGFR", "path": "$.DRUG_1"}, "map key to": "CHEMBL553"},
        {"match": {"column": "coordinates", "transcript": "ENST1"}, "keep as": {"start": 1, "end": 2}},
        {"match": {"gene": "ENSG00000000001"}, "drop": True},
        {"match": {"column": "go_terms", "pattern": "^GO:bad.*$"}, "drop": "No term of GO."},
        {"match": {"reason": "bad_pmid"}, "accept": "all"},
        {"match": {"reason": "bad_pmid", "column": "publications"}, "accept": 3} | {"match": {"reason": "unknown_key"}},
    ]
    rules = read(tmp_path, *(HEAD | {"id": str(i)} | each for i, each in enumerate(decisions))).rules
    assert [r.decision for r in rules] == ["map to", "keep as", "drop", "drop", "accept", "accept"]
    assert (rules[0].is_key, rules[2].drops_rows, rules[3].sentence, rules[4].value, rules[5].value) == (
        True,
        True,
        "No term of GO.",
        None,
        3,
    )
    assert [r.changes_values for r in rules] == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (CHROMOSOME | {"why": ""}, "line 5: a rule needs `why`, a text"),
        ({"match": {"column": "chromosome", "value": "x"}}, "a rule needs one of `keep as`, `map to`"),
        (CHROMOSOME | {"drop": True}, "it has map to and drop"),
        (CHROMOSOME | {"wyh": "x"}, "a rule has no key 'wyh'; did you mean why?"),
        (CHROMOSOME | {"when": "yesterday"}, "a rule needs `when`, a day such as 2026-11-29"),
        ({"match": {"colum": "chromosome"}, "drop": True}, "`match` has no key 'colum'; did you mean column?"),
        ({"match": {"column": "chromosom", "value": "x"}, "drop": True}, "there is no column 'chromosom'; did you mean chromosome?"),
        ({"match": {"column": "drug_scores", "value": "x"}, "drop": True}, "the column 'drug_scores' is archived"),
        ({"match": {"reason": "bad_pmids"}, "accept": "all"}, "there is no reason 'bad_pmids'; did you mean bad_pmid?"),
        ({"match": {"column": "chromosome", "pattern": "chr99"}, "drop": True}, "should begin with ^ or (?i)^ and end with $"),
        ({"match": {"column": "chromosome", "pattern": "^(chr$"}, "drop": True}, "is not a regular expression"),
        ({"match": {"column": "drugs", "path": "DRUG"}, "drop": True}, "the path 'DRUG' is wrong: a path begins with $"),
        ({"match": {"column": "chromosome", "value": "a", "pattern": "^a$"}, "drop": True}, "has both `value` and `pattern`"),
        (
            {"match": {"reason": "bad_pmid", "column": "publications"}, "keep as": "1"},
            "changes a value where it enters, before it has a reason",
        ),
        ({"match": {"gene": "EGFR"}, "accept": "all"}, "accepts too much"),
        ({"match": {"gene": "EGFR"}, "keep as": "x"}, "needs `column`"),
        ({"match": {"value": "x"}, "drop": True}, "needs the `column` that path, value or pattern are in"),
        ({"match": {"column": "chromosome", "path": "$.a", "value": "x"}, "drop": True}, "holds a single value; leave the path out"),
        ({"match": {"column": "drugs", "gene": "EGFR"}, "map key to": "CHEMBL1"}, "needs the `path` that ends with it"),
        ({"match": {"column": "chromosome"}, "keep as": "chr1"}, "would change every value of chromosome"),
        ({"match": {"column": "expression_fold_change", "value": 0}, "keep as": "many"}, "should keep a number"),
        ({"match": {"column": "gene_type", "value": "x"}, "keep as": 7}, "should keep a text"),
        ({"match": {"column": "gene_type", "value": "x"}, "keep as": None}, "`keep as` needs the value to keep"),
        ({"match": {"reason": "bad_pmid"}, "accept": "some"}, "`accept` should be `all`, or the number"),
        ({"match": {"column": "chromosome", "value": "x"}, "drop": 1}, "`drop` should be `true`, or the sentence"),
        ({"drop": True}, "a rule needs `match`"),
        ({"match": {}, "drop": True}, "`match` needs at least one of"),
        ({"match": [], "drop": True}, "`match` should be a mapping"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:30],
)
def test_a_mistake_is_told_with_its_line_and_what_is_right(tmp_path, rule, said):
    what = refusal(tmp_path, HEAD | rule)
    assert said in what
    assert "line " in what


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path):
    what = refusal(tmp_path, HEAD | CHROMOSOME | {"who": ""}, HEAD | {"id": "b", "match": {"column": "x"}, "drop": True})
    assert what.startswith("The file of rules has 2 mistakes:\n  - line 3: a rule needs `who`")
    assert "there is no column 'x'" in what


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "it is not valid YAML"),
        ("- a", "the file should be a mapping with the keys rules"),
        ("rules: 7", "rules should be a list of rules"),
        ("rule: []", "the file has no key 'rule'; did you mean rules?"),
        ("rules: []\nrules: []", "line 2: the key 'rules' is there twice"),
        ("rules: [7]", "a rule should be a mapping"),
        ("rules: &a [*a]", "a rule should be a mapping"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path, text, said):
    assert said in refusal(tmp_path, text=text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_rules(tmp_path / "missing.yaml")
    (tmp_path / "latin").write_bytes(b"rules: \xff")
    with pytest.raises(ConfigurationError, match="not text in UTF-8"):
        read_rules(tmp_path / "latin")


def test_rules_that_match_the_same_values_are_refused_with_both_ids(tmp_path):
    what = refusal(tmp_path, HEAD | CHROMOSOME, HEAD | CHROMOSOME | {"id": "b", "map to": "chr1"})
    assert "the rules 'a' (line 2) and 'b' match the same values" in what
    narrower = {"match": CHROMOSOME["match"] | {"transcript": "ENST1"}, "drop": True}
    assert "match the same values" in refusal(tmp_path, HEAD | CHROMOSOME, HEAD | narrower | {"id": "b"})
    other = {"match": {"column": "chromosome", "value": "chr98"}, "drop": True}
    assert len(read(tmp_path, HEAD | CHROMOSOME, HEAD | other | {"id": "b"})) == 2
    assert "the id 'a' is there twice" in refusal(tmp_path, HEAD | CHROMOSOME, HEAD | other)


def test_settings_name_the_file_and_without_one_there_are_no_rules(tmp_path, monkeypatch):
    monkeypatch.delenv("MEDIABASE_RULES", raising=False)
    monkeypatch.delenv("MEDIABASE_CONFIG", raising=False)
    assert len(rules_of(load_settings())) == 0
    path = written(tmp_path, HEAD | CHROMOSOME)
    monkeypatch.setenv("MEDIABASE_RULES", str(path))
    assert [rule.id for rule in rules_of(load_settings())] == ["a"]
    assert load_settings(curation={"rules_file": str(tmp_path / "b")}).curation.rules_file == tmp_path / "b"


def test_a_rule_concerns_the_assets_that_read_its_column(tmp_path):
    drugs = {"match": {"column": "drugs", "value": "x"}, "drop": True}
    row = {"match": {"transcript": "ENST1"}, "drop": True}
    rules = read(tmp_path, HEAD | drugs, HEAD | row | {"id": "b"}, HEAD | {"id": "c", "match": {"reason": "bad_pmid"}, "accept": "all"})
    of_drugs, of_row, of_quarantine = rules.rules
    assert "extraction/drug_facts" in concerned(of_drugs)
    assert not concerns(of_drugs, "extraction/go_facts")
    assert concerned(of_row) == ["extraction/legacy_rows and what is made from it"]
    assert concerned(of_quarantine) == ["validation/leaf_census"]
    assert digest_of(rules, "extraction/go_facts") == ""
    assert digest_of(rules, "extraction/drug_facts") != digest_of(rules, "extraction/legacy_rows") != ""


STEPS = st.one_of(
    st.just("*"), st.from_regex(r"[0-9]{1,2}", fullmatch=True), st.text(st.characters(codec="utf-8"), min_size=1)
)  # fmt: skip


@given(st.lists(STEPS).map(tuple))
def test_a_path_is_read_as_it_is_written(path):
    assert parse_path(path_text(path)) == path


@given(st.text())
def test_any_text_is_a_path_or_refused(text):
    path = None
    with contextlib.suppress(PathError):
        path = parse_path(text)
    assert path is None or text.startswith("$")


YAML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(string.printable) | st.sampled_from([*CARRIED, "accept", "all", "2026-11-29"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["rules", "id", "who", "when", "why", "match", "drop", "keep as", "accept", "column", "path", "value", "gene"]),
        inner, max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip


@given(YAML_VALUES)
def test_any_yaml_is_rules_or_refused(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("any") / "rules.yaml"
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    rules = None
    with contextlib.suppress(ConfigurationError):
        rules = read_rules(path)
    assert rules is None or all(rule.who and rule.why for rule in rules)


@pytest.mark.parametrize("reason", [r.code for r in QUARANTINE_REASONS if r.code != "curator_dropped"])
@pytest.mark.parametrize("column", ["drugs", "chromosome", "features", "gene_id"])
def test_what_is_offered_for_an_entry_is_a_rule(tmp_path, reason, column):
    path = "$" if column in ("chromosome", "gene_id") else "$.note"
    for text in offers("0123456789ab", reason=reason, column=column, path=path, gene="ENSG1", transcript="ENST1", value="odd: value"):
        (rule,) = read(tmp_path, text=f"rules:\n{text}\n")
        assert rule.match
    assert offers("0", reason="curator_dropped", column=column) == []


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (
            {"gene_id": "ENSG1", "transcript_id": "ENST1", "legacy_column": "drugs", "path": "$.X1"},
            {"column": "drugs", "gene": "ENSG1", "path": "$.X1"},
        ),
        (
            {"gene_id": "ENSG1", "transcript_id": "ENST1", "legacy_column": "chromosome", "path": "$"},
            {"column": "chromosome", "transcript": "ENST1"},
        ),
        ({"transcript_id": "ENST1"}, {"transcript": "ENST1"}),
        ({"transcript_id": "ENST1", "legacy_column": "transcript_id"}, {"transcript": "ENST1"}),
        ({"relation": "genes", "gene_id": "ENSG1", "column": "gene_type", "value": "x"}, {"column": "gene_type", "gene": "ENSG1"}),
        ({"relation": "genes", "gene_id": "ENSG1", "column": "quality_score"}, {"gene": "ENSG1"}),
        ({"relation": "gene_publications", "key": "ENSG1 | 7 | pubmed"}, {"column": "source_references", "gene": "ENSG1"}),
        ({"legacy_column": "ncbi_ids", "path": "$[*]", "value": "x7"}, {"column": "ncbi_ids", "value": "x7"}),
        ({"legacy_column": "drugs", "reason": "unknown_drug_key", "refused": 9}, {"reason": "unknown_drug_key", "column": "drugs"}),
    ],
)  # fmt: skip
def test_a_row_that_shows_a_failure_has_a_rule_that_gets_past_it(tmp_path, row, match):
    (text,) = rules_for([Finding("a_check", False, {}, 1, (row,))])
    (rule,) = read(tmp_path, text=f"rules:\n{text}\n")
    assert rule.match == match


def test_a_failure_that_names_no_value_has_no_rule():
    assert next_step("run again.", [Finding("a_check", False, {}, 1, ({"rows": 7},))]) == "run again."


def test_decisions_of_a_spreadsheet_become_rules(tmp_path):
    head = "id,reason,gene_id,transcript_id,legacy_column,json_path,raw_value,decision,value,why,who,when\n"
    path = tmp_path / "decisions.csv"
    path.write_text(
        head + 'aa,unknown_chromosome,ENSG1,ENST1,chromosome,$,"""chr99""",Map to,chrM,A misprint.,Me,2026-11-29\n'
        'bb,bad_pmid,ENSG1,ENST1,source_references,$.publications[0],"{""pmid"": ""x""}",drop,,,,\n'
        "cc,unknown_drug_key,ENSG2,,drugs,$.DRUG_1,{},map key to,CHEMBL1,,,\n"
        "dd,bad_fold_change,ENSG2,ENST2,expression_fold_change,$,\"\"\"0\"\"\",keep as,1.5,,,\n"
        'ee,bad_go_id,ENSG2,,go_terms,"$.\'=1",7,accept,,,,\nff,bad_go_id,,,go_terms,$,7,,,,,\n'
    )  # fmt: skip
    text, number = rules_from(path, who="Curators", why="Seen in October.")
    rules = {rule.id: rule for rule in read(tmp_path, text=text.replace("'=1", "'=1"))}
    assert number == len(rules) == 5
    assert rules["q-aa"].match == {"column": "chromosome", "transcript": "ENST1", "value": "chr99"}
    assert (rules["q-aa"].who, rules["q-bb"].who, rules["q-bb"].why) == ("Me", "Curators", "Seen in October.")
    assert rules["q-bb"].match == {"reason": "bad_pmid", "column": "source_references", "gene": "ENSG1", "path": "$.publications[0]"}
    assert (rules["q-cc"].is_key, rules["q-dd"].value, rules["q-ee"].decision) == (True, 1.5, "accept")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("aa,r,chromosome,$,perhaps,,w,y", "Row 2: 'perhaps' is no decision"),
        ("aa,r,chromosome,$,keep as,,w,y", "Row 2: keep as needs value"),
        ("aa,r,chromosome,$,drop,,,", "Row 2: drop needs who and why"),
        ("aa,r,nowhere,$,drop,,w,y", "there is no column 'nowhere'"),
        ("aa,r,chromosome,$,,,w,y", "The file has 1 row and no decision"),
    ],
)
def test_a_decision_that_is_none_is_refused(tmp_path, line, said):
    path = tmp_path / "decisions.csv"
    path.write_text(f"id,reason,legacy_column,json_path,decision,value,who,why\n{line}\n")
    with pytest.raises(ConfigurationError, match=said):
        rules_from(path)


def test_a_file_without_the_columns_is_refused(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ConfigurationError, match="The file lacks id, reason"):
        rules_from(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        rules_from(tmp_path / "missing.csv")
