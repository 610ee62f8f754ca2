import re

import pytest
from psycopg import sql

from mediabase_assets.demo.damage import CODES, ODD, catalogue, planted_variants
from mediabase_assets.model.reasons import QUARANTINE_REASONS, REPAIR_REASONS
from mediabase_assets_tests.demo.probes import PROBES

KEYS = [variant.key for variant in catalogue()]


def test_every_kind_of_the_contract_has_a_variant():
    assert {variant.code for variant in catalogue()} == {*CODES, ODD}


def test_every_variant_has_one_probe_and_a_name_of_its_own():
    assert len(set(KEYS)) == len(KEYS)
    assert set(KEYS) == set(PROBES)


def test_every_variant_says_what_it_looks_like_and_what_must_become_of_it():
    for variant in catalogue():
        assert variant.looks_like.endswith("."), variant.key
        assert variant.expected.endswith("."), variant.key


def test_expected_reasons_are_known_to_the_migration():
    known = {reason.code for reason in (*QUARANTINE_REASONS, *REPAIR_REASONS)} | {""}
    assert {variant.reason for variant in catalogue()} <= known


def test_planted_transcripts_belong_to_one_variant_each():
    ids = [row.values["transcript_id"] for planted in planted_variants() for row in planted.rows]
    assert len(set(ids)) == len(ids)
    assert all(re.match("ENST(99|R9|09)", transcript_id) for transcript_id in ids)


@pytest.mark.pg
@pytest.mark.parametrize("key", KEYS)
def test_a_variant_is_found_by_its_content_on_the_reported_rows(conn, demo, key):
    query = sql.SQL(
        "select transcript_id from (select * from demo.cancer_transcript_base where transcript_id ~ '^ENST(99|R9|09)') as t where {}"
    ).format(sql.SQL(PROBES[key]))
    found = {row[0] for row in conn.execute(query)}
    assert found == set(demo.planted_rows[key])
    assert len(found) == demo.planted[key] > 0


@pytest.mark.pg
def test_planted_numbers_do_not_depend_on_the_size(conn, demo):
    from mediabase_assets.demo.build import build_demo

    assert build_demo(conn, schema="larger", transcripts=7_000).planted == demo.planted


@pytest.mark.pg
@pytest.mark.parametrize("key", [v.key for v in catalogue() if v.winner])
def test_a_contested_symbol_is_held_by_several_genes_one_of_them_the_winner(conn, demo, key):
    genes = demo.planted_genes[key]
    assert len(genes) > 1
    assert demo.winners[key] in genes
    symbols = conn.execute(
        "select count(distinct gene_symbol) from demo.cancer_transcript_base where gene_id = any(%s)", ([*genes],)
    ).fetchone()
    assert symbols == (1,)
