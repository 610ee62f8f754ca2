"""Drugs for a patient's up-regulated genes, questions over all patients, and the SOTA questions for one."""

import re

import pytest
from psycopg import sql

from mediabase_assets.model.patients import IdKind, Level, PatientError
from mediabase_assets.patients.questions import cohort
from mediabase_assets.patients.questions.deploy import deploy_questions
from mediabase_assets.patients.questions.enrich import enrich
from mediabase_assets.patients.questions.facts import facts_of, most_changed
from mediabase_assets.patients.questions.sota import NAMES, sota
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import looking_in, read
from mediabase_assets.settings.load import load_settings
from mediabase_assets.validation.benchmark.answers import normal_form
from mediabase_assets.validation.benchmark.questions import PAIRS
from mediabase_assets_tests.fixtures.environment import forget_environment
from mediabase_assets_tests.fixtures.patient_annotation import create_annotated
from mediabase_assets_tests.fixtures.patient_database import GENES, reading, transcript_of

pytestmark = pytest.mark.pg


@pytest.fixture(scope="module")
def settings(files_home):
    """Settings of a database that the tests of this module share, since they only read."""
    with pytest.MonkeyPatch.context() as patch:
        forget_environment(patch)
        yield load_settings(home=files_home, database={"name": "for_questions"})


@pytest.fixture(scope="module")
def live(settings):
    """Four patients: two of genes, two of transcripts."""
    with connect(settings, autocommit=True) as conn:
        create_annotated(conn)
        deploy_questions(conn, settings)
        import_patients(conn, settings)
        yield conn


def import_patients(conn, settings):
    significant = {"p_value": 0.001, "adjusted_p_value": 0.01}
    import_reading(
        conn, settings, "G-1", reading([("ERBB2", 3.0, significant), ("EGFR", 1.5), ("TP53", -2.0), ("MYC", 0.0), ("PTEN", None)])
    )
    import_reading(conn, settings, "G-2", reading([("ERBB2", 1.0), ("EGFR", 2.0), ("KRAS", -4.0), ("BRCA1", 2.5), ("MYC", 0.3)]))
    rows = [("ERBB2", 1, 1.5), ("ERBB2", 2, 4.0), ("EGFR", 1, -3.0), ("EGFR", 2, 0.5), ("MYC", 2, 2.5)]
    given = [(transcript_of(symbol, n), log2) for symbol, n, log2 in rows]
    import_reading(conn, settings, "T-1", reading(given, Level.TRANSCRIPT, kind=IdKind.ENSEMBL_TRANSCRIPT))
    given = [(transcript_of("TP53", n), log2) for n, log2 in ((1, 3.0), (2, -1.0))]
    import_reading(conn, settings, "T-2", reading(given, Level.TRANSCRIPT, kind=IdKind.ENSEMBL_TRANSCRIPT))


def candidates(conn, patient, columns="gene_symbol, drug_name"):
    query = f"select {columns} from mediabase_patients.patient_drug_candidates where patient_id = %s order by gene_symbol, lower(drug_name)"
    return conn.execute(query, (patient,)).fetchall()


def test_a_drug_is_a_candidate_where_a_source_calls_it_approved_or_none_names_a_phase(live):
    expected = [
        ("EGFR", "gefitinib", "not known"), ("EGFR", "growthin", "not known"), ("EGFR", "lapatinib", "approved"),
        ("ERBB2", "Lapatinib", "approved"), ("ERBB2", "oldib", "approved and withdrawn"),
    ]  # fmt: skip
    assert candidates(live, "G-1", "gene_symbol, drug_name, approval") == expected


def test_sources_of_a_drug_are_brought_together_with_their_evidence(live):
    columns = (
        "drug_name, acts_against, is_mechanism_target, interaction_types, sources, pmids, evidence_strength, is_significant, transcripts_up"
    )
    rows = {row[0]: row[1:] for row in candidates(live, "G-1", columns)}
    both = (True, True, ["EGFR inhibitor", "INHIBITOR"], ["DrugCentral", "Drug_Repurposing_Hub"], ["11", "12"], 5, True, 0)
    assert rows["Lapatinib"] == both
    assert rows["growthin"][:2] == (False, True)
    assert rows["lapatinib"] == (None, False, None, ["DrugCentral"], [], 2, None, 0)
    assert candidates(live, "T-2", "drug_name, acts_against, transcripts_up") == [("inversin", True, 1)]


def test_of_transcripts_the_highest_decides_whether_a_gene_is_up(live):
    columns = "gene_symbol, drug_name, expression_fold_change, transcripts_up"
    assert candidates(live, "T-1", columns) == [("ERBB2", "Lapatinib", 16.0, 2), ("ERBB2", "oldib", 16.0, 2)]


def test_patients_with_a_gene_up_down_or_measured_come_with_the_most_changed_first(live, settings):
    up = cohort.patients_with_gene(live, settings, "erbb2")
    assert [(row["patient_id"], row["level"], row["expression_fold_change"], row["transcripts"]) for row in up] == [
        ("T-1", "transcript", 16.0, 2), ("G-1", "gene", 8.0, 0),
    ]  # fmt: skip
    assert [row["patient_id"] for row in cohort.patients_with_gene(live, settings, GENES["EGFR"], "down")] == ["T-1"]
    assert [row["patient_id"] for row in cohort.patients_with_gene(live, settings, "MYC", "measured")] == ["T-1", "G-2", "G-1"]
    assert len(cohort.patients_with_gene(live, settings, "PTEN", "measured")) == 0
    with pytest.raises(PatientError, match="no gene 'ERBB9'") as error:
        cohort.patients_with_gene(live, settings, "ERBB9")
    assert "ERBB2" in error.value.next_step


def test_drugs_count_the_patients_in_whom_a_target_is_up(live, settings):
    found = {row["drug_name"]: (row["patients"], row["gene_symbols"]) for row in cohort.drugs_for_cohort(live, settings)}
    assert found == {"Lapatinib": (2, ["ERBB2"]), "oldib": (2, ["ERBB2"]), "gefitinib": (2, ["EGFR"]), "inversin": (1, ["TP53"])}
    approved = {row["drug_name"] for row in cohort.drugs_for_cohort(live, settings, any_approval=False)}
    assert approved == {"Lapatinib", "oldib"}
    any_target = {row["drug_name"]: row["patients"] for row in cohort.drugs_for_cohort(live, settings, any_target=True)}
    assert any_target["lapatinib"] == 2
    assert len(cohort.drugs_for_cohort(live, settings, limit=1)) == 1


def test_pathways_count_the_patients_in_whom_they_are_hit(live, settings):
    in_pathway = ("TP53", "ERBB2", "EGFR", "MYC", "BRCA1", "PTEN")
    with live.transaction(force_rollback=True):
        for n in (1, 2):
            rows = [(symbol, 2.0 if symbol in in_pathway else -0.1 * n) for symbol in GENES]
            import_reading(live, settings, f"E-{n}", reading(rows))
        for patient in ("E-1", "E-2", "G-1"):
            enrich(live, settings, patient)
        (row,) = cohort.pathways_of_cohort(live, settings, limit=1)
        assert (row["pathway_id"], row["patients"], row["up"], row["down"], row["ranked_higher"]) == ("R-HSA-1", 2, 2, 0, 2)
        assert {row["patient_id"] for row in cohort.patients_with_pathway(live, settings, "R-HSA-1")} == {"E-1", "E-2"}


def test_sota_questions_give_what_the_benchmarks_queries_give_over_the_patients_transcripts(live, settings):
    for patient in ("G-1", "G-2", "T-1", "T-2"):
        for name, answer in zip(NAMES, sota(live, settings, patient), strict=True):
            found, expected = (
                without_empty_lists(normal_form(answer.columns, answer.rows)),
                without_empty_lists(by_transcripts(live, name, patient)),
            )
            assert sorted(found, key=str) == sorted(expected, key=str), (name, patient)
    with pytest.raises(PatientError, match="no patient 'X-1'"):
        sota(live, settings, "X-1")


def by_transcripts(conn, name, patient):
    """The answer of a benchmark's query where the patient's transcripts take the place of all."""
    transcripts = """(select v.transcript_id, v.gene_id, v.gene_symbol, v.has_drug_interactions, e.fold_change as expression_fold_change
      from mediabase_patients.patient_transcript_expression as e join patient_query_optimized_view as v using (transcript_id)
      where e.patient_id = {}) as t"""
    subquery = sql.SQL(transcripts).format(sql.Literal(patient)).as_string(conn)
    text = re.sub(r"\bpatient_query_optimized_view\b(?: as t\b)?", lambda _: subquery, read(PAIRS / f"{name}.views.sql"))
    with conn.transaction(), looking_in(conn, "public"):
        cursor = conn.execute(text)
        return normal_form([c.name for c in cursor.description], cursor.fetchall())


def without_empty_lists(rows):
    return [tuple((name, value or None if name == "product_types" else value) for name, value in row) for row in rows]


def test_the_facts_of_a_patient_say_what_is_up_and_which_genes_have_drugs(live, settings):
    facts = facts_of(live, settings, "G-1")
    counts = {name: facts.counts[name] for name in ("measured", "up", "down", "unchanged", "without_value", "up_significant")}
    assert counts == {"measured": 4, "up": 2, "down": 1, "unchanged": 1, "without_value": 1, "up_significant": 1}
    assert (facts.druggable_genes, facts.candidate_drugs, facts.pathways_hit, facts.enrichment) == (2, 5, 0, {})
    first, second = facts.candidates
    assert (first["gene_symbol"], first["drugs"], first["approved_drugs"], first["mechanism_drugs"]) == ("ERBB2", 2, 2, 2)
    assert (second["gene_symbol"], second["drug_names"]) == ("EGFR", ["gefitinib", "growthin", "lapatinib"])
    assert facts_of(live, settings, "G-2").counts["up_significant"] is None
    changed = [(row["expression_status"], row["gene_symbol"]) for row in most_changed(live, settings, "G-1")]
    assert changed == [("up", "ERBB2"), ("up", "EGFR"), ("down", "TP53")]
    with pytest.raises(PatientError, match="no patient 'X-1'"):
        facts_of(live, settings, "X-1")
