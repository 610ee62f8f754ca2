"""A sample of real data, migrated, against figures computed from the file in plain Python."""

import json
import re
from collections import defaultdict

import pyarrow.parquet as pq
import pytest

from mediabase_assets.model.grammar import GRAMMAR
from mediabase_assets_tests.fixtures.real_data import SAMPLE, needs_sample
from mediabase_assets_tests.pipeline import witness

pytestmark = [
    pytest.mark.pg,
    pytest.mark.end_to_end,
    pytest.mark.real_data,
    needs_sample,
]


@pytest.fixture(scope="module")
def rows():
    """The sample's rows, JSON columns read."""
    read = pq.read_table(SAMPLE).to_pylist()
    for row in read:
        for column in ("go_terms", "drugs", "alt_gene_ids", "alt_transcript_ids", "source_references", "pharmgkb_pathways"):
            row[column] = json.loads(row[column]) if row[column] else {}
    return read


@pytest.fixture(scope="module")
def kept(sample, rows):
    """The rows whose gene is kept: one gene per symbol, no Metazoa_SRP."""
    genes = defaultdict(set)
    for row in rows:
        if row["gene_symbol"] != "Metazoa_SRP":
            genes[row["gene_symbol"]].add(row["gene_id"])
    live = dict(sample.rows("select gene_symbol, gene_id from genes"))
    assert live.keys() == genes.keys()
    assert all(live[symbol] in ids for symbol, ids in genes.items())
    return [row for row in rows if live.get(row["gene_symbol"]) == row["gene_id"]]


def test_transcripts_are_those_of_the_kept_genes(sample, kept):
    found = sample.rows("select transcript_id, gene_id from transcripts")
    assert sorted(found) == sorted((row["transcript_id"], row["gene_id"]) for row in kept)


def test_go_terms_are_exactly_those_of_the_file(sample, kept):
    expected = {(r["transcript_id"], k, v["term"], v["evidence"] or None) for r in kept for k, v in r["go_terms"].items()}
    found = sample.rows("select transcript_id, go_id, go_term, evidence_code from transcript_go_terms")
    assert len(found) == len(expected)
    assert {(t, g, e) for t, g, _, e in found} == {(t, g, e) for t, g, _, e in expected}


def test_pathways_are_exactly_those_of_the_file(sample, kept):
    reactome = {(r["gene_id"], re.search(r"\[Reactome:(R-[A-Z]+-\d+)\]$", p)[1]) for r in kept for p in r["pathways"]}
    pharmgkb = {(r["gene_id"], k) for r in kept for k in r["pharmgkb_pathways"]}
    pharmgkb |= {(r["gene_id"], k) for r in kept for k in r["drugs"].get("pharmgkb_data", {}).get("pathway_data", {})}
    assert set(sample.rows("select gene_id, pathway_id from gene_pathways where pathway_source = 'Reactome'")) == reactome
    assert set(sample.rows("select gene_id, pathway_id from gene_pathways where pathway_source = 'PharmGKB'")) == pharmgkb


def test_drugs_are_exactly_those_of_the_file(sample, kept):
    expected = {(r["gene_id"], k, v["name"]) for r in kept for k, v in r["drugs"].items() if k != "pharmgkb_data"}
    found = sample.rows("select gene_id, drug_id, coalesce(reported_name, drug_name) from gene_drug_interactions")
    assert sorted(found) == sorted(expected)


def test_activities_are_ten_to_the_minus_score(sample, kept):
    scores = {(r["gene_id"], k): v["evidence"]["score"] for r in kept for k, v in r["drugs"].items() if k != "pharmgkb_data"}
    units = {"nM": 9, "uM": 6, "pM": 12}
    found = sample.rows("select gene_id, drug_id, activity_value::float8, activity_unit from gene_drug_interactions")
    for gene_id, drug_id, value, unit in found:
        score = scores[gene_id, drug_id]
        if score == 1.0:
            assert value is None
        else:
            assert value == pytest.approx(10 ** (units[unit] - score), rel=1e-3, abs=1e-4)


def test_publications_are_exactly_those_of_the_file(sample, kept):
    expected = {(r["gene_id"], p["pmid"], p["source_db"]) for r in kept for s in r["source_references"].values() for p in s}
    found = set(sample.rows("select gene_id, pmid, source_db from gene_publications where source_db <> 'PharmGKB'"))
    assert found == expected


def test_identifiers_are_exactly_those_of_the_file(sample, kept):
    expected = {(r["gene_id"], "UniProt", u) for r in kept for u in r["uniprot_ids"]}
    expected |= {(r["gene_id"], "NCBI", n) for r in kept for n in r["ncbi_ids"]}
    expected |= {(r["gene_id"], "HGNC", r["alt_gene_ids"]["HGNC"]) for r in kept if "HGNC" in r["alt_gene_ids"]}
    found = sample.rows(
        "select gene_id, external_db, external_id from gene_cross_references where external_db in ('UniProt', 'NCBI', 'HGNC')"
    )
    assert sorted(found) == sorted(expected)


def test_gene_spans_reach_from_the_first_to_the_last_base(sample, kept):
    spans = defaultdict(list)
    for row in kept:
        place = json.loads(row["coordinates"])
        spans[row["gene_id"], row["chromosome"], place["strand"]].append((place["start"], place["end"]))
    for gene_id, chromosome, strand, start, end in sample.rows(
        "select gene_id, chromosome, strand, start_position, end_position from genes where start_position is not null"
    ):
        found = spans[gene_id, chromosome, strand]
        assert (start, end) == (min(s for s, _ in found), max(e for _, e in found))


def test_legacy_queries_for_well_known_genes_mean_something(sample):
    drugs = sample.rows("select drug_name from gene_drug_interactions join genes using (gene_id) where gene_symbol = 'ERBB2'")
    assert ("gefitinib",) in drugs
    assert sample.value("select count(*) from pharmacogenomic_annotations join genes using (gene_id) where gene_symbol = 'CYP2D6'") > 100


def test_every_account_balances(sample):
    query = "select * from mediabase_ops.{} where facts_read <> kept + merged + repaired + quarantined + archived"
    assert sample.rows(query.format("row_account")) == []
    assert sample.rows(query.format("column_account")) == []


def test_a_witness_finds_what_it_takes_from_the_sample(sample):
    with sample.connect() as conn:
        taken = witness.sample(conn, [c for c in GRAMMAR if c != "publications"], leaves=10_000, seed=7)
        lost = witness.not_found(conn, taken)
    assert len(taken) > 2_000
    assert lost == []
