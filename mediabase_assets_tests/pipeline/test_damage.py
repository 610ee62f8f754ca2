"""Every kind of damage: planted by the demonstration, found, repaired or quarantined with its reason, and accounted for."""

import pytest

from mediabase_assets.demo.damage import CODES, catalogue, planted_variants
from mediabase_assets.model.reasons import QUARANTINE_REASONS, REPAIR_REASONS
from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

#: What every gene of the demonstration carries, as the real table does; no sign of the planted damage.
NATURAL = {"refseq_protein_relabelled", "empty_evidence"}

_FOUND = """
    select reason, sum(fact_count)::bigint from (
      select reason, transcript_id, gene_id, fact_count from mediabase_ops.quarantine
      union all select reason, transcript_id, gene_id, fact_count from mediabase_ops.repairs) as found
    where transcript_id = any(%s) or gene_id = any(%s) group by 1
"""


def stable(gene_id):
    """The gene id as the migration resolves it."""
    text = gene_id.strip()
    return ("ENSG0" + text[5:15]) if text.startswith("ENSGR") else text[:15]


@pytest.mark.parametrize("key", [v.key for v in catalogue()])
def test_planted_damage_is_found_for_its_reason(migrated, key):
    planted = next(p for p in planted_variants() if p.variant.key == key)
    transcripts = [row.values["transcript_id"] for row in planted.rows]
    genes = sorted({stable(row.values["gene_id"]) for row in planted.rows if row.values["gene_id"]})
    found = {
        reason: facts for reason, facts in migrated.rows(_FOUND, transcripts, genes) if reason not in NATURAL - {planted.variant.reason}
    }
    if planted.variant.reason:
        damaged = sum(row.is_damaged and row.values["gene_id"] != planted.winner for row in planted.rows)
        assert found.get(planted.variant.reason, 0) >= damaged, (planted.variant.expected, found)
    else:
        assert not found, (planted.variant.expected, found)


@pytest.mark.parametrize("key", [p.variant.key for p in planted_variants() if p.winner])
def test_the_best_gene_keeps_the_symbol(migrated, key):
    planted = next(p for p in planted_variants() if p.variant.key == key)
    genes = sorted({stable(row.values["gene_id"]) for row in planted.rows})
    assert migrated.rows("select gene_id from genes where gene_id = any(%s)", genes) == [(planted.winner,)]
    losers = [g for g in genes if g != planted.winner]
    winners = migrated.rows(
        "select distinct winner from mediabase_ops.quarantine where gene_id = any(%s) and reason = 'symbol_conflict'", losers
    )
    assert winners == [(planted.winner,)]


def test_every_kind_of_damage_has_a_variant():
    assert {v.code for v in catalogue()} >= set(CODES)
    assert len(CODES) == 28


def test_every_variant_names_a_known_reason():
    known = {r.code for r in (*QUARANTINE_REASONS, *REPAIR_REASONS)}
    assert {v.reason for v in catalogue() if v.reason} <= known


def test_every_account_balances(migrated):
    wrong = migrated.rows("select * from mediabase_ops.row_account where facts_read <> kept + merged + repaired + quarantined + archived")
    assert wrong == []
    wrong = migrated.rows(
        "select * from mediabase_ops.column_account where facts_read <> kept + merged + repaired + quarantined + archived"
    )
    assert wrong == []


def test_legacy_rows_are_transcripts_copies_or_quarantined(migrated):
    kept = migrated.value("select count(*) from transcripts")
    quarantined = migrated.value("select count(*) from mediabase_ops.quarantine where legacy_column = 'transcript_id'")
    merged = migrated.value("select merged from mediabase_ops.row_account where fact_kind = 'transcript'")
    assert kept + quarantined + merged == harness.ROWS


def test_every_column_of_the_legacy_table_is_accounted_for(migrated):
    columns = migrated.rows(
        "select attname::text from pg_attribute where attrelid = 'cancer_transcript_base'::regclass and attnum > 0 and not attisdropped"
    )
    assert sorted(migrated.rows("select legacy_column from mediabase_ops.column_account")) == sorted(columns)


def test_all_fifteen_tables_are_filled(migrated):
    from mediabase_assets.model.tables import TABLES

    assert len(TABLES) == 15
    assert all(migrated.value(f"select count(*) from {t.name}") > 0 for t in TABLES)


@pytest.mark.parametrize("symbol", ["TP53", "EGFR", "ERBB2", "CLOCK", "BLOC1S1", "C1orf112", "HLA-DRB1", "NKX2-1"])
def test_real_genes_survive_with_their_official_symbol(migrated, symbol):
    assert migrated.value("select count(*) from genes where gene_symbol = %s", symbol) == 1


def test_no_drug_of_a_pharmgkb_reaction_becomes_an_interaction(migrated):
    reactions = migrated.value("select count(*) from pharmgkb_pathway_reactions where drugs <> '{}'")
    assert reactions > 0
    assert migrated.value("select count(*) from gene_drug_interactions where source = 'PharmGKB'") == 0


def test_go_terms_answer_for_every_transcript_as_the_legacy_table_does(migrated):
    differing = """
      with legacy as (
        select t.transcript_id, k as go_id
        from cancer_transcript_base as l join transcripts as t on t.transcript_id = l.transcript_id
        cross join jsonb_object_keys(case jsonb_typeof(l.go_terms) when 'object' then l.go_terms else '{}' end) as k
        where k ~ '^GO:[0-9]{7}$'),
      new as (
        select transcript_id, go_id from transcript_go_terms where transcript_id in (select transcript_id from cancer_transcript_base))
      select (select count(*) from (select * from legacy except select * from new) as lost),
        (select count(*) from new where transcript_id not in (
           select transcript_id from cancer_transcript_base where jsonb_typeof(go_terms) <> 'object' or go_terms ?| array[
             'molecular_function', 'biological_process', 'cellular_component'])
         and (transcript_id, go_id) not in (select * from legacy))
    """
    assert migrated.rows(differing) == [(0, 0)]


def test_what_cannot_be_known_stays_null(migrated):
    assert migrated.value("select count(*) from transcripts where transcript_type is not null") == 0
    assert migrated.value("select count(*) from genes where gene_name is not null") == 0
    assert migrated.value("select count(*) from gene_pathways where evidence_code is not null or confidence_score is not null") == 0


def test_qualify_keeps_every_gene_of_a_shared_symbol(pipeline_home):
    with harness.project(pipeline_home, symbol_conflicts="qualify") as this:
        assert this.migrate().success
        genes = this.rows("select gene_symbol, gene_id from genes where gene_symbol like 'Y\\_RNA%%' order by 1")
        planted = this.value("select count(distinct gene_id) from cancer_transcript_base where gene_symbol = 'Y_RNA'")
        assert len(genes) == planted > 1
        assert [symbol for symbol, _ in genes if "@" not in symbol] == ["Y_RNA"]
        assert all(symbol == f"Y_RNA@{gene_id}" for symbol, gene_id in genes if "@" in symbol)
        assert this.value("select count(*) from mediabase_ops.quarantine where reason = 'symbol_conflict'") == 0
        assert this.value("select count(*) from genes where gene_symbol = 'Metazoa_SRP'") == 0
