"""What happens to stored patients later: listed, given to a role, matched again, deleted."""

import psycopg
import pytest

from mediabase_assets.model.patients import IdKind, Level, PatientError
from mediabase_assets.patients.storing.access import grant, revoke
from mediabase_assets.patients.storing.deletion import delete
from mediabase_assets.patients.storing.deploy import deploy
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets.patients.storing.listing import list_patients, report_of
from mediabase_assets.patients.storing.rematching import rematch
from mediabase_assets.postgres.connect import connect
from mediabase_assets_tests.fixtures.patient_database import GENES, create_live, insert_genes, reading, transcript_of

pytestmark = pytest.mark.pg
VIEWS = ("patients", "patient_gene_expression", "patient_transcript_expression", "patient_unmatched")


@pytest.fixture
def live(conn):
    """A session on a database with a few released genes."""
    create_live(conn)
    return conn


@pytest.fixture
def role(conn):
    """A role without any rights of its own; it is gone after the test."""
    conn.execute('create role "Reader 1" login; create role outsider login')
    yield "Reader 1"
    conn.execute('drop owned by "Reader 1", outsider; drop role "Reader 1", outsider')


def counts(conn, views=VIEWS):
    return {view: dict(conn.execute(f"select patient_id, count(*) from mediabase_patients.{view} group by 1").fetchall()) for view in views}


def rows_of(conn, patient):
    query = "select gene_id, log2_fold_change from mediabase_patients.patient_gene_expression where patient_id = %s order by 2"
    return conn.execute(query, (patient,)).fetchall()


def release(conn, number, hashes="abc"):
    """The record of a release whose genes, transcripts and cross references have these content hashes."""
    conn.execute(
        "insert into releases (release_id, migration_id, snapshot_id, schema_version, released_at) values (%s, %s, 'x', 'v1', now())",
        (f"r{number}", f"m{number}"),
    )
    for name, text in zip(("genes", "transcripts", "gene_cross_references"), hashes, strict=True):
        conn.execute("insert into release_relations values (%s, %s, 'moved', 1, %s, 0, 0, 0)", (f"r{number}", f"public.{name}", text))


def test_patients_are_listed_with_what_was_stored(patient_conn, patient_settings):
    assert list_patients(patient_conn) == ()
    import_reading(patient_conn, patient_settings, "B-2", reading([("TP53", 2), ("MYC", -2), ("EGFR", 0)]))
    report = import_reading(patient_conn, patient_settings, "A-1", reading([("TP53", 2), ("nobody", 1)]))
    first, second = list_patients(patient_conn)
    assert (first.patient_id, first.stored, first.match_rate, first.level) == ("A-1", 1, 0.5, Level.GENE)
    assert (second.patient_id, second.up, second.down, second.tool) == ("B-2", 1, 1, "DESeq2")
    assert report_of(patient_conn, "A-1") == report
    with pytest.raises(PatientError, match="no patient 'C-3'"):
        report_of(patient_conn, "C-3")


@pytest.fixture
def three(live, settings):
    """Three patients: two of genes, one of transcripts."""
    for patient in ("A-1", "B-2"):
        import_reading(live, settings, patient, reading([("TP53", 2), ("MYC", 1), ("nobody", 1)]))
    import_reading(live, settings, "C-3", reading([(transcript_of("MYC"), 1)], Level.TRANSCRIPT, kind=IdKind.ENSEMBL_TRANSCRIPT))
    return live


def as_role(conn, role, query):
    with conn.transaction(force_rollback=True):
        conn.execute("set local row_security = on")
        conn.execute(f'set local role "{role}"')
        return conn.execute(query).fetchall()


@pytest.mark.parametrize("first_version", [150000, 999999], ids=["security_invoker", "as on PostgreSQL 14"])
def test_a_role_sees_the_patient_that_it_was_given_and_no_other(three, settings, role, monkeypatch, first_version):
    monkeypatch.setattr("mediabase_assets.patients.storing.deploy.SECURITY_INVOKER", first_version)
    deploy(three, settings)
    grant(three, settings, "A-1", role)
    for view, expected in zip(VIEWS, (1, 2, 4, 1), strict=True):
        assert as_role(three, role, f"select patient_id, count(*) from mediabase_patients.{view} group by 1") == [("A-1", expected)]
    for table in ("stored_patients", "stored_gene_values", "stored_transcript_values", "stored_unmatched", "patient_access"):
        patients = "join mediabase_patients.stored_patients as p using (patient_key)"
        seen = as_role(three, role, f"select distinct p.patient_id from mediabase_patients.{table} {patients}")
        assert seen == [("A-1",)] or (table, seen) == ("stored_transcript_values", [])
    for forbidden in ("gene_values_3", "unmatched_0"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_role(three, role, f"select * from mediabase_patients.{forbidden}")
    for change in (
        "delete from mediabase_patients.stored_patients",
        "insert into mediabase_patients.patient_access values (2, current_user)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_role(three, role, change)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role(three, "outsider", "select * from mediabase_patients.patients")
    grant(three, settings, "C-3", role)
    assert len(as_role(three, role, "select patient_id from mediabase_patients.patients")) == 2
    revoke(three, "A-1", role)
    assert as_role(three, role, "select patient_id from mediabase_patients.patients") == [("C-3",)]
    revoke(three, "C-3", role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role(three, role, "select patient_id from mediabase_patients.patients")


def test_a_role_that_does_not_exist_and_a_patient_that_does_not_exist_are_errors(three, settings):
    with pytest.raises(PatientError, match="no role 'nobody'"):
        grant(three, settings, "A-1", "nobody")
    assert three.execute("select count(*) from mediabase_patients.patient_access").fetchone() == (0,)
    with pytest.raises(PatientError, match="no patient"):
        grant(three, settings, "X-1", "nobody")


def test_deleting_removes_every_row_of_the_patient_and_no_other(three, settings, role):
    grant(three, settings, "A-1", role)
    three.execute('create view mediabase_patients."patient_A-1_enriched_view" as select 1 as x')
    key = three.execute("select patient_key from mediabase_patients.stored_patients where patient_id = 'A-1'").fetchone()[0]
    three.execute("insert into mediabase_patients.patient_views values (%s, 'mediabase_patients', 'patient_A-1_enriched_view')", (key,))
    three.execute("create table mediabase_patients.more (patient_key integer, x integer) partition by hash (patient_key)")
    three.execute("create table mediabase_patients.more_0 partition of mediabase_patients.more for values with (modulus 1, remainder 0)")
    three.execute("insert into mediabase_patients.more values (%s, 1), (%s, 2)", (key, key + 1))
    others = {view: {p: n for p, n in found.items() if p != "A-1"} for view, found in counts(three).items()}
    report = delete(three, settings, "A-1")
    assert report.rows == {
        "stored_gene_values": 2,
        "stored_unmatched": 1,
        "patient_access": 1,
        "patient_views": 1,
        "more": 1,
        "stored_patients": 1,
    }
    assert report.views == ("mediabase_patients.patient_A-1_enriched_view",)
    assert counts(three) == others
    assert three.execute("select x from mediabase_patients.more").fetchall() == [(2,)]
    with pytest.raises(PatientError, match="no patient"):
        delete(three, settings, "A-1")


def test_a_release_with_other_genes_moves_what_it_has_to_and_says_so(live, settings):
    release(live, 1)
    rows = [("TP53", 3), ("MYC", 2), ("EGFR", 1), ("NEW1", -1), ("2064", -2, {"id_kind": IdKind.ENTREZ})]
    import_reading(live, settings, "A-1", reading(rows))
    assert rematch(live, settings) == ()
    release(live, 2)
    (same,) = rematch(live, settings)
    assert (same.rows, same.has_changed) == (0, False)
    live.execute("delete from transcripts where gene_id = any(%s)", ([GENES["MYC"], GENES["EGFR"]],))
    live.execute("delete from genes where gene_symbol in ('MYC', 'EGFR')")
    insert_genes(live, {"EGFR": "ENSG00000777777", "NEW1": "ENSG00000888888"})
    release(live, 3, "xyz")
    (moved,) = rematch(live, settings)
    assert (moved.rows, moved.gained, moved.lost, moved.moved, moved.merged, moved.match_rate) == (5, 1, 1, 1, 0, 0.8)
    expected = [(GENES["ERBB2"], -2.0), ("ENSG00000888888", -1.0), ("ENSG00000777777", 1.0), (GENES["TP53"], 3.0)]
    assert rows_of(live, "A-1") == expected
    assert live.execute("select raw_id, log2_fold_change from mediabase_patients.patient_unmatched").fetchall() == [("MYC", 2.0)]
    assert list_patients(live)[0].matched_against == "r3"
    assert report_of(live, "A-1").matched == {"symbol": 3, "Entrez gene": 1}
    live.execute("update releases set rolled_back_at = now() where release_id = 'r3'")
    insert_genes(live, {"MYC": GENES["MYC"]})
    (back,) = rematch(live, settings)
    assert (back.gained, back.lost) == (1, 0)
    assert live.execute("select count(*) from mediabase_patients.patient_unmatched").fetchone() == (0,)


def test_ids_of_every_form_survive_a_rematch(live, settings):
    rows = [
        (f"{GENES['TP53']}.17", 1, {"id_kind": IdKind.ENSEMBL_GENE, "lookup_id": GENES["TP53"]}),
        (f"ENST1|{GENES['MYC']}|x", 2, {"id_kind": IdKind.ENSEMBL_GENE, "lookup_id": GENES["MYC"]}),
        (GENES["KRAS"], 2.5, {"id_kind": IdKind.ENSEMBL_GENE}),
        ("mtarc1", 5),
        ("2-Sep", 6, {"id_kind": IdKind.SPREADSHEET_DATE, "lookup_id": "SEPTIN2|SEPT2"}),
    ]  # fmt: skip
    import_reading(live, settings, "A-1", reading(rows))
    query = "select * from mediabase_patients.patient_gene_expression order by gene_id"
    before = live.execute(query).fetchall()
    (same,) = rematch(live, settings)
    assert (same.rows, same.has_changed) == (5, False)
    assert live.execute(query).fetchall() == before
    transcripts = [(f"{transcript_of('MYC')}.7", 1.0, {"lookup_id": transcript_of("MYC")})]
    import_reading(live, settings, "B-2", reading(transcripts, Level.TRANSCRIPT, kind=IdKind.ENSEMBL_TRANSCRIPT))
    live.execute("update transcripts set gene_id = %s where transcript_id = %s", (GENES["TP53"], transcript_of("MYC")))
    assert not any(one.has_changed for one in rematch(live, settings))
    query = "select gene_id, raw_id from mediabase_patients.patient_transcript_expression where patient_id = 'B-2'"
    assert live.execute(query).fetchall() == [(GENES["TP53"], f"{transcript_of('MYC')}.7")]


def test_quarantined_genes_are_named_with_their_winner(live, settings):
    release(live, 1)
    loser = '{"gene_id": "ENSG00000555555", "gene_symbol": "TP53"}'
    live.execute(
        """insert into quarantine (migration_id, asset, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count)
           values ('m1', 'gene_candidates', 'ENSG00000555555', 'gene_id', '$', 'symbol_conflict', %s, %s, 1)""",
        (loser, GENES["TP53"]),
    )
    live.execute(
        """insert into repairs (migration_id, asset, gene_id, legacy_column, json_path, reason, raw_value, repaired_value, fact_count)
           values ('m1', 'gene_candidates', %s, 'gene_symbol', '$', 'symbol_differs', '"P53OLD"', '"MYC"', 1)""",
        (GENES["MYC"],),
    )
    gone = ("ENSG00000555555", 2, {"id_kind": IdKind.ENSEMBL_GENE})
    report = import_reading(live, settings, "A-1", reading([("TP53", 1), gone, ("P53OLD", 3)]))
    assert report.matched == {"symbol, winner of a symbol conflict": 1, "symbol, previous or alias symbol": 1}
    assert [(u.reason, u.examples) for u in report.unmatched] == [
        ("quarantined", (f"ENSG00000555555 (kept instead: TP53 ({GENES['TP53']}))",))
    ]


def test_a_patient_reaches_one_partition_and_nothing_depends_on_released_tables(three, settings):
    for view in VIEWS[1:]:
        plan = three.execute(f"explain (format text) select * from mediabase_patients.{view} where patient_id = 'A-1'").fetchall()
        text = "\n".join(line for (line,) in plan)
        assert "Function Scan" not in text
        assert "Seq Scan on gene_values" not in text
    with three.transaction(force_rollback=True):
        three.execute("drop table public.transcripts; drop table public.gene_cross_references; drop table public.genes")


def test_two_sessions_import_the_same_patient_one_after_the_other(live, settings):
    with connect(settings, autocommit=True) as other:
        import_reading(live, settings, "A-1", reading([("TP53", 1)]))
        with live.transaction():
            import_reading(live, settings, "A-1", reading([("TP53", 2)]))
            other.execute("set lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                import_reading(other, settings, "A-1", reading([("TP53", 3)]))
        import_reading(other, settings, "A-1", reading([("TP53", 3)]))
        assert rows_of(live, "A-1") == [(GENES["TP53"], 3.0)]
