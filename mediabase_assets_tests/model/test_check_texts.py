"""What checks say: every check of the project has a sentence for passing and one for failing, in whole and plain sentences."""

import dagster as dg
import pytest

from mediabase_assets.backup.restore_proof import FINDINGS
from mediabase_assets.definitions import defs
from mediabase_assets.model.check_texts import CHECK_TEXTS
from mediabase_assets.model.finding import Finding
from mediabase_assets.runs.results import CANDIDATE, PROBLEM, UNCHECKED, check_result, described


def test_every_check_and_every_finding_of_a_restore_has_a_text_and_no_text_is_left_over():
    keys = defs().resolve_asset_graph().asset_check_keys
    assert {key.name for key in keys} | {*FINDINGS} == CHECK_TEXTS.keys()


@pytest.mark.parametrize("check", CHECK_TEXTS)
def test_a_text_is_a_sentence_with_its_number(check):
    text = CHECK_TEXTS[check]
    sentences = [text.passed.format(relation="genes"), text.failed(1, "genes"), text.failed(1234, "genes")]
    for sentence in sentences:
        assert sentence[0] == sentence[0].upper()
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert "_" not in sentence.replace("transcript_id", "").replace("pg_restore", "").replace("default_tablespace", "")
    assert len({*sentences}) == (3 if text.many else 2)
    assert ("1 " in text.one) == ("{count}" in text.many) == bool(text.many)
    if text.many:
        assert "1,234 " in sentences[2]


def test_a_failure_says_what_is_wrong_and_not_what_is_not_true():
    assert described(Finding("every_row_fits_its_model", False, {}, 3), "genes") == "3 values do not fit the model of genes."
    assert described(Finding("every_row_fits_its_model", False, {}, 1), "genes") == "1 value does not fit the model of genes."
    problem = Finding("disk_has_room", False, {PROBLEM: "A migration needs 6.0 GB of disk; 1.0 GB is free."}, 1)
    assert described(problem) == "A migration needs 6.0 GB of disk; 1.0 GB is free."
    assert described(Finding("every_key_is_unique", False, {UNCHECKED: "There is no snapshot."}), "genes") == (
        "Not checked. There is no snapshot."
    )


def test_the_check_of_a_candidate_names_its_relation_and_what_became_of_it():
    key = dg.AssetKey(["normalized", "genes"])
    failed = check_result(key, Finding("every_key_is_unique", False, {}, 2), note=CANDIDATE)
    assert failed.description == f"2 keys of genes are NULL or occur more than once. {CANDIDATE}"
    passed = check_result(key, Finding("every_key_is_unique", True, {}), note=CANDIDATE)
    assert passed.description == "Every key of genes is unique."
