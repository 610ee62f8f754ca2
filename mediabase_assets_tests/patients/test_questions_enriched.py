"""What is known about a patient's genes and transcripts: counts, status, the patient's own view, and who sees what."""

import psycopg
import pytest

from mediabase_assets.model.patients import IdKind, Level, PatientError
from mediabase_assets.patients.questions import deploy
from mediabase_assets.patients.questions.deploy import VIEWS, create_patient_view, deploy_questions, patient_view_name
from mediabase_assets.patients.questions.enrich import enrich
from mediabase_assets.patients.storing.access import grant
from mediabase_assets.patients.storing.deletion import delete
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets_tests.fixtures.patient_annotation import create_annotated
from mediabase_assets_tests.fixtures.patient_database import GENES, reading, transcript_of

pytestmark = pytest.mark.pg


@pytest.fixture
def live(conn, settings):
    """A session on a database with annotated genes and the views of questions."""
    create_annotated(conn)
    deploy_questions(conn, settings)
    return conn


def by_transcripts(settings, conn, patient, *rows):
    """Import (symbol, number of the transcript, log2 fold change, more values) as a file of transcripts."""
    given = [(transcript_of(symbol, number), log2, *more) for symbol, number, log2, *more in rows]
    import_reading(conn, settings, patient, reading(given, Level.TRANSCRIPT, kind=IdKind.ENSEMBL_TRANSCRIPT))


def row_of(conn, view, columns, patient, symbol):
    query = f"select {columns} from mediabase_patients.{view} where patient_id = %s and gene_symbol = %s order by transcript_id"
    return conn.execute(query, (patient, symbol)).fetchall()


def test_counts_are_those_of_each_table_and_no_products_of_a_join(live, settings):
    import_reading(live, settings, "P-1", reading([("ERBB2", 2.0), ("MYC", 1.0)]))
    columns = """level, transcript_id, has_drug_interactions, drug_interaction_count, drug_names, has_pathways, pathway_count,
      pathway_names, has_go_terms, go_term_count, has_publications, publication_count"""
    (erbb2,) = row_of(live, "patient_enriched_view", columns, "P-1", "ERBB2")
    names = ["Lapatinib", "goneib", "lapatinib", "oldib", "trialib"]
    assert erbb2 == ("gene", None, True, 6, names, True, 2, ["Signaling by ERBB2, <b>all</b>", "Small"], True, 3, True, 2)
    (myc,) = row_of(live, "patient_enriched_view", columns, "P-1", "MYC")
    assert myc == ("gene", None, False, 0, [], True, 1, ["Signaling by ERBB2, <b>all</b>"], False, 0, False, 0)
    (drugs,) = row_of(live, "patient_enriched_view", "drugs", "P-1", "ERBB2")[0]
    assert {(d["drug_name"], d["clinical_phase"]) for d in drugs} >= {
        ("trialib", "Phase II"),
        ("lapatinib", None),
        ("Lapatinib", "Approved"),
    }


def test_up_is_over_two_and_down_is_under_a_half_and_no_value_is_neither(live, settings):
    rows = [("ERBB2", 1.0), ("EGFR", 1.0000001), ("MYC", -1.0), ("TP53", -1.0000001), ("PTEN", None), ("KRAS", 0.0)]
    import_reading(live, settings, "P-1", reading(rows))
    found = dict(live.execute("select gene_symbol, expression_status from mediabase_patients.patient_enriched_view").fetchall())
    assert found == {"ERBB2": "unchanged", "EGFR": "up", "MYC": "unchanged", "TP53": "down", "PTEN": None, "KRAS": "unchanged"}


def test_a_transcript_has_its_own_go_terms_and_no_gene_is_repeated(live, settings):
    by_transcripts(settings, live, "P-1", ("ERBB2", 1, 2.0), ("ERBB2", 2, -2.0))
    columns = "level, transcript_id, expression_status, go_term_count, drug_interaction_count"
    expected = [("transcript", transcript_of("ERBB2", 1), "up", 2, 6), ("transcript", transcript_of("ERBB2", 2), "down", 2, 6)]
    assert row_of(live, "patient_enriched_view", columns, "P-1", "ERBB2") == expected
    assert row_of(live, "patient_transcript_enriched_view", columns, "P-1", "ERBB2") == expected


def test_the_view_of_one_patient_has_the_owners_columns_and_one_row_per_transcript(live, settings):
    import_reading(live, settings, "HER2-a", reading([("ERBB2", 2.0)]))
    import_reading(live, settings, "her2-A", reading([("ERBB2", 1.0), ("MYC", 1.0)]))
    assert create_patient_view(live, settings, "HER2-a") == "patient_HER2-a_enriched_view"
    assert create_patient_view(live, settings, "HER2-a") == "patient_HER2-a_enriched_view"
    cursor = live.execute('select * from mediabase_patients."patient_HER2-a_enriched_view" order by transcript_id')
    rows = cursor.fetchall()
    assert [(row[0], row[3]) for row in rows] == [(transcript_of("ERBB2", n), 4.0) for n in (1, 2)]
    assert [column.name for column in cursor.description][:17] == [
        "transcript_id", "gene_id", "gene_symbol", "expression_fold_change", "gene_name", "gene_type", "chromosome",
        "has_drug_interactions", "drug_interaction_count", "drug_names", "has_pathways", "pathway_count", "pathway_names",
        "has_go_terms", "go_term_count",
        "has_publications", "publication_count",
    ]  # fmt: skip


def test_a_view_of_nobody_or_of_too_long_a_name_is_refused(live, settings):
    with pytest.raises(PatientError, match="There is no patient 'P-9'"):
        create_patient_view(live, settings, "P-9")
    with pytest.raises(PatientError, match="name of 64 characters"):
        patient_view_name("P" * 42)
    with pytest.raises(PatientError, match="is no patient id"):
        create_patient_view(live, settings, "P';--")


def test_with_a_patient_go_the_view_and_the_pathways(live, settings):
    import_reading(live, settings, "P-1", reading([(symbol, 1.5) for symbol in GENES]))
    create_patient_view(live, settings, "P-1")
    enrich(live, settings, "P-1")
    report = delete(live, settings, "P-1")
    assert report.rows["stored_pathway_hits"] == 2
    left = live.execute(
        "select relname from pg_class where relname like 'patient_P%' union all select 'x' from mediabase_patients.stored_enrichments"
    )
    assert left.fetchall() == []


def test_released_tables_can_be_replaced_and_dropped(live, settings):
    import_reading(live, settings, "P-1", reading([("ERBB2", 2.0)]))
    create_patient_view(live, settings, "P-1")
    live.execute("drop view public.patient_query_optimized_view")
    for table in ("genes", "transcripts", "gene_pathways", "gene_drug_interactions", "drug_interactions"):
        live.execute(f"create table public.new as select * from public.{table}; drop table public.{table}")
        live.execute(f"alter table public.new rename to {table}")
    assert row_of(live, "patient_enriched_view", "expression_status", "P-1", "ERBB2") == [("up",)]
    live.execute("drop table public.drug_interactions")
    with pytest.raises(psycopg.errors.UndefinedTable):
        live.execute("select * from mediabase_patients.patient_drug_candidates")


def test_deploying_again_changes_nothing_and_another_version_keeps_rights_and_foreign_views(live, settings, monkeypatch):
    state = "select relname, xmin::text from pg_class where relnamespace = 'mediabase_patients'::regnamespace order by 1"
    before = live.execute(state).fetchall()
    deploy_questions(live, settings)
    assert live.execute(state).fetchall() == before
    live.execute("create role clerk")
    try:
        live.execute("grant select on mediabase_patients.patient_enriched_view to clerk")
        live.execute("create view theirs as select gene_symbol from mediabase_patients.patient_enriched_view")
        live.execute(  # as an older version had it: a column less
            """create or replace view mediabase_patients.patient_drug_candidates as select * from mediabase_patients.drug_candidates();
            drop view mediabase_patients.patient_drug_candidates; drop function mediabase_patients.drug_candidates();
            create function mediabase_patients.drug_candidates() returns table (patient_id text) language sql as $$ select 'x' $$;
            create view mediabase_patients.patient_drug_candidates as select * from mediabase_patients.drug_candidates();
            comment on view mediabase_patients.patient_enriched_view is 'older'"""
        )
        deploy_questions(live, settings)
        assert live.execute("select count(*) from theirs").fetchone() == (0,)
        assert live.execute("select has_table_privilege('clerk', 'mediabase_patients.patient_enriched_view', 'select')").fetchone() == (
            True,
        )
        assert live.execute("select count(drug_name) from mediabase_patients.patient_drug_candidates").fetchone() == (0,)
    finally:
        live.execute("drop owned by clerk; drop role clerk")


def test_a_question_about_one_patient_reads_one_partition(live, settings):
    import_reading(live, settings, "P-1", reading([("ERBB2", 2.0)]))
    live.execute(
        """set search_path = mediabase_patients;
        insert into gene_ids (gene_id) select 'G' || n from generate_series(1, 2000) as n;
        insert into stored_patients (patient_id, level, file_name, file_sha256, content_hash, tool, scale, columns, options, rows_read,
          stored, match_rate, report)
        select 'Q-' || n, 'gene', '', '', '', '', '', '{}', '{}', 0, 0, 0, '{}' from generate_series(1, 30) as n;
        insert into stored_gene_values (patient_key, gene_key, row_number, fold_change, id_kind, matched_by)
        select p.patient_key, g.gene_key, g.gene_key, 1 + 2 * (g.gene_key % 5), 's', 'e' from stored_patients as p cross join gene_ids as g
        where p.patient_id like 'Q%';
        analyze"""
    )
    for view in ("patient_enriched_view", "patient_drug_candidates"):
        query = f"explain (analyze, timing off) select gene_id from mediabase_patients.{view} where patient_id = 'Q-1'"
        lines = [line for (line,) in live.execute(query)]
        read = [line for line in lines if " on gene_values_" in line and "never executed" not in line]
        assert len(read) == 1, lines
        assert not any("Function Scan" in line for line in lines)


def test_a_role_sees_the_patients_that_it_was_given_and_no_other_in_any_view(live, settings):
    for patient in ("P-1", "P-2"):
        import_reading(live, settings, patient, reading([(symbol, 2.0) for symbol in GENES]))
        enrich(live, settings, patient)
    live.execute("create role reader")
    try:
        grant(live, settings, "P-1", "reader")
        own, other = (create_patient_view(live, settings, patient) for patient in ("P-1", "P-2"))
        live.execute("set row_security = on; set role reader")
        for view in VIEWS:
            found = live.execute(f"select distinct patient_id from mediabase_patients.{view}").fetchall()
            assert found == [("P-1",)], view
        counts = [live.execute(f'select count(*) from mediabase_patients."{view}"').fetchone()[0] for view in (own, other)]
        assert counts == [2 * len(GENES), 0]
        for table in deploy.PROTECTED:
            assert live.execute(f"select count(distinct patient_key) from mediabase_patients.{table}").fetchone() == (1,)
    finally:
        live.execute("reset role; drop owned by reader; drop role reader")
