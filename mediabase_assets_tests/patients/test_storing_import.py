"""What becomes of a file's rows in the database: matched, merged, stored, replaced; and what is refused with nothing stored."""

import pytest

from mediabase_assets.model.errors import AuditError
from mediabase_assets.model.patients import Duplicates, IdKind, Level, MatchRateError, PatientError, PatientFileError, Scale
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets_tests.fixtures.patient_database import GENES, reading, transcript_of

pytestmark = pytest.mark.pg
ALL = {"minimum_match_rate": 0}


@pytest.fixture
def live(patient_conn):
    """A session on a database with a few released genes, which the tests only read."""
    return patient_conn


@pytest.fixture
def settings(patient_settings):
    """Its settings."""
    return patient_settings


def rows_of(conn, view="patient_gene_expression", columns="gene_id, round(log2_fold_change::numeric, 3)::float", patient="P-1"):
    return conn.execute(f"select {columns} from mediabase_patients.{view} where patient_id = %s order by 1, 2", (patient,)).fetchall()


def unmatched(report):
    return {u.reason: u for u in report.unmatched}


def test_symbols_are_stored_as_genes_with_both_scales_and_all_values(live, settings):
    values = {"p_value": 1e-300, "adjusted_p_value": 0.25, "base_mean": 17.5, "standard_error": 0.125, "average_expression": -3.5}
    report = import_reading(live, settings, "P-1", reading([("TP53", 1.5, values), ("ERBB2", -2.0), ("MYC", None)]))
    assert (report.stored, report.inserted, report.match_rate, report.is_unchanged) == (3, 3, 1.0, False)
    assert report.matched == {"symbol": 3}
    assert report.na == {"no effect given": 1}
    assert (report.smallest, report.largest, report.up, report.down) == (0.25, 2**1.5, 1, 1)
    columns = """gene_id, raw_id, id_kind, matched_by, fold_change, log2_fold_change, p_value, adjusted_p_value, base_mean,
      average_expression, standard_error, na_reason, level"""
    found = {row[0]: row[1:] for row in rows_of(live, columns=columns)}
    assert found[GENES["TP53"]] == ("TP53", "symbol", "exact", 2**1.5, 1.5, 1e-300, 0.25, 17.5, -3.5, 0.125, None, "gene")
    assert found[GENES["MYC"]][3:] == (None, None, None, None, None, None, None, "no effect given", "gene")


def test_genes_are_shown_by_transcript_with_their_level(live, settings):
    import_reading(live, settings, "P-1", reading([("TP53", 1.5)]))
    expected = [(transcript_of("TP53", n), GENES["TP53"], "TP53", 1.5, "gene") for n in (1, 2)]
    columns = "transcript_id, gene_id, raw_id, log2_fold_change, level"
    assert rows_of(live, "patient_transcript_expression", columns) == expected
    rows = [(f"{transcript_of('MYC')}.7", 1.0, {"lookup_id": transcript_of("MYC")})]
    report = import_reading(live, settings, "P-2", reading(rows, Level.TRANSCRIPT, kind=IdKind.ENSEMBL_TRANSCRIPT))
    assert report.matched == {"Ensembl transcript, without version": 1}
    assert rows_of(live, "patient_transcript_expression", columns, "P-2") == [
        (transcript_of("MYC"), GENES["MYC"], f"{transcript_of('MYC')}.7", 1.0, "transcript")
    ]
    assert rows_of(live, patient="P-2") == []


def test_every_kind_of_id_finds_its_gene(live, settings):
    rows = [
        (f"{GENES['TP53']}.17", 1, {"id_kind": IdKind.ENSEMBL_GENE, "lookup_id": GENES["TP53"]}),
        (f"ENST1|{GENES['MYC']}|x", 2, {"id_kind": IdKind.ENSEMBL_GENE, "lookup_id": GENES["MYC"]}),
        ("2064", 3, {"id_kind": IdKind.ENTREZ}),
        ("C1ORF185", 4),
        ("mtarc1", 5),
    ]  # fmt: skip
    report = import_reading(live, settings, "P-1", reading(rows))
    assert report.matched == {
        "symbol, other case": 2, "Ensembl gene, part of the id": 1, "Ensembl gene, without version": 1, "Entrez gene": 1
    }  # fmt: skip
    assert rows_of(live, columns="raw_id, gene_id") == sorted(
        [(rows[0][0], GENES["TP53"]), (rows[1][0], GENES["MYC"]), ("2064", GENES["ERBB2"]), ("C1ORF185", GENES["C1orf185"]),
         ("mtarc1", GENES["MTARC1"])]
    )  # fmt: skip
    refseq = [("NM_000546.6", 1, {"id_kind": IdKind.REFSEQ, "lookup_id": "NM_000546"}), ("P04626", 1, {"id_kind": IdKind.UNIPROT})]
    assert import_reading(live, settings, "P-2", reading(refseq)).matched == {"RefSeq": 1, "UniProt": 1}


def test_what_matches_nothing_is_kept_with_its_reason_and_values(live, settings):
    rows = [
        ("TP53", 1),
        ("ENSMUSG00000059552", 2, {"id_kind": IdKind.OTHER_SPECIES}),
        ("ENSG00000999999", 3, {"id_kind": IdKind.ENSEMBL_GENE}),
        (f"{GENES['MYC']}_PAR_Y", 4, {"id_kind": IdKind.ENSEMBL_GENE}),
        ("Q00001", 5, {"id_kind": IdKind.UNIPROT}),
        (transcript_of("MYC"), 6, {"id_kind": IdKind.ENSEMBL_TRANSCRIPT}),
        ("ERBB22X", 7),
        ("PT53", 8),
    ]
    report = import_reading(live, settings, "P-1", reading(rows), **ALL)
    found = unmatched(report)
    assert {reason: u.rows for reason, u in found.items()} == {
        "other species": 1, "retired, or of another Ensembl release": 1,
        "copy on chromosome Y": 1, "several genes fit": 1, "id of the other level": 1, "unknown": 1,
        "possibly mistyped": 1,
    }  # fmt: skip
    assert found["other species"].examples == ("ENSMUSG00000059552 (mouse)",)
    assert found["possibly mistyped"].examples == ("PT53 (TP53?)",)
    assert found["several genes fit"].examples == ("Q00001 (BRCA1, MYC)",)
    assert report.rows_read == report.stored + sum(u.rows for u in report.unmatched)
    kept = rows_of(live, "patient_unmatched", "row_number, raw_id, log2_fold_change")
    assert kept == [(n, row[0], float(row[1])) for n, row in enumerate(rows, start=1) if n > 1]


def test_a_spreadsheet_date_is_resolved_only_where_one_symbol_fits(live, settings):
    march = {"id_kind": IdKind.SPREADSHEET_DATE, "lookup_id": "MARCHF1|MARCH1|MTARC1|MARC1"}
    septin = {"id_kind": IdKind.SPREADSHEET_DATE, "lookup_id": "SEPTIN2|SEPT2"}
    nine = {"id_kind": IdKind.SPREADSHEET_DATE, "lookup_id": "SEPTIN9|SEPT9"}
    rows = [("1-Mar", 1, march), ("2-Sep", 2, septin), ("9-Sep", 3, nine), ("SEPTIN9", 4), ("TP53", 5)]
    report = import_reading(live, settings, "P-1", reading(rows))
    assert report.matched == {"symbol": 2, "spreadsheet date": 1}
    assert unmatched(report)["spreadsheet date that several symbols fit"].examples == ("1-Mar (MARCHF1 or MTARC1)", "9-Sep (SEPTIN9)")
    assert rows_of(live, columns="raw_id, gene_id")[0] == ("2-Sep", GENES["SEPTIN2"])


def test_symbols_of_mice_are_refused_by_name_although_upper_case_would_find_genes(live, settings):
    rows = [("Tp53", 1), ("Erbb2", 2), ("Myc", 1), ("Gm12345", 3)]
    with pytest.raises(PatientFileError, match=r"4 of 4 symbols .*mouse or rat .*3 differ from a human one only by case"):
        import_reading(live, settings, "P-1", reading(rows), **ALL)
    with pytest.raises(PatientFileError, match="zebrafish"):
        import_reading(live, settings, "P-1", reading([("tp53", 1), ("zgc:123", 2), ("pitx2a", 3)]), **ALL)
    assert live.execute("select count(*) from mediabase_patients.patients").fetchone() == (0,)


def test_too_few_matches_store_nothing_and_say_why(live, settings):
    mouse = {"id_kind": IdKind.OTHER_SPECIES}
    rows = [("TP53", 1), ("ENSMUSG00000059552", 2, mouse), ("ENSMUSG00000059553", 2, mouse)]
    with pytest.raises(MatchRateError) as refused:
        import_reading(live, settings, "P-1", reading(rows), minimum_match_rate=0.5)
    assert "Only 1 of 3 ids (33.3%)" in refused.value.what
    assert "2 other species, such as ENSMUSG00000059552 (mouse)" in refused.value.what
    assert "orthologues" in refused.value.next_step
    with pytest.raises(PatientFileError, match="Only 0 of 2 ids"):
        import_reading(live, settings, "P-1", reading([("XX", 1), ("YY", 2)]), **ALL)
    for table in ("stored_patients", "stored_gene_values", "stored_unmatched"):
        assert live.execute(f"select count(*) from mediabase_patients.{table}").fetchone() == (0,)


def test_duplicates_that_differ_are_an_error_with_their_rows(live, settings):
    with pytest.raises(PatientFileError, match=rf"1 gene has several rows whose values differ: {GENES['TP53']} in rows 1, 3"):
        import_reading(live, settings, "P-1", reading([("TP53", 1), ("MYC", 1), ("tp53", 2)]))
    assert live.execute("select count(*) from mediabase_patients.patients").fetchone() == (0,)


def test_equal_duplicates_and_those_without_a_value_merge_by_themselves(live, settings):
    report = import_reading(live, settings, "P-1", reading([("TP53", 1), ("TP53", 1), ("TP53", None), ("MYC", None), ("MYC", None)]))
    assert report.duplicates == {"without value": 2, "equal": 1}
    assert rows_of(live) == [(GENES["MYC"], None), (GENES["TP53"], 1.0)]
    assert report.rows_read == report.stored + sum(report.duplicates.values())


@pytest.mark.parametrize(("rule", "log2", "padj"), [(Duplicates.BEST_PADJ, 3.0, 0.01), (Duplicates.MEAN, 2.0, 0.5)])
def test_a_rule_decides_between_duplicates_that_differ(live, settings, rule, log2, padj):
    rows = [("TP53", 1.0, {"adjusted_p_value": 0.5}), ("TP53", 3.0, {"adjusted_p_value": 0.01})]
    report = import_reading(live, settings, "P-1", reading(rows), duplicates=rule)
    assert report.duplicates == {str(rule): 1}
    columns = "log2_fold_change, adjusted_p_value, fold_change"
    assert rows_of(live, columns=columns) == [(log2, padj, 2**log2)]


def test_the_same_content_again_writes_nothing(live, settings):
    rows = [("TP53", 1), ("MYC", 2), ("nothing", 1)]
    first = import_reading(live, settings, "P-1", reading(rows))
    before = live.execute("select pg_current_wal_insert_lsn()").fetchone()
    again = import_reading(live, settings, "P-1", reading(rows, file_name="other name.csv"))
    assert again.is_unchanged
    assert (again.inserted, again.updated, again.deleted, again.matched) == (0, 0, 0, first.matched)
    assert again.unmatched == first.unmatched
    written = live.execute("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", before).fetchone()[0]
    assert written < 1000


def test_a_corrected_file_replaces_by_difference(live, settings):
    import_reading(live, settings, "P-1", reading([("TP53", 1), ("MYC", 2), ("EGFR", 3), ("unknown1", 1)]))
    untouched = """select v.xmin::text from mediabase_patients.stored_gene_values as v
                   join mediabase_patients.gene_ids using (gene_key) where gene_id = %s"""
    before = live.execute(untouched, (GENES["TP53"],)).fetchone()
    report = import_reading(live, settings, "P-1", reading([("TP53", 1), ("MYC", 2.5), ("KRAS", 1)]))
    assert (report.inserted, report.updated, report.deleted, report.is_unchanged) == (1, 1, 1, False)
    assert rows_of(live) == sorted([(GENES["TP53"], 1.0), (GENES["MYC"], 2.5), (GENES["KRAS"], 1.0)])
    assert live.execute(untouched, (GENES["TP53"],)).fetchone() == before
    assert rows_of(live, "patient_unmatched", "raw_id, row_number") == []
    other = reading([(transcript_of("MYC"), 1.0)], Level.TRANSCRIPT, kind=IdKind.ENSEMBL_TRANSCRIPT)
    changed = import_reading(live, settings, "P-1", other)
    assert (changed.inserted, changed.deleted) == (1, 3)
    assert rows_of(live) == []
    assert live.execute("select count(*), max(level) from mediabase_patients.patients").fetchone() == (1, "transcript")


def test_a_refused_correction_leaves_what_was_stored(live, settings):
    import_reading(live, settings, "P-1", reading([("TP53", 1)]))
    with pytest.raises(PatientFileError):
        import_reading(live, settings, "P-1", reading([("TP53", 1), ("TP53", 2)]))
    assert rows_of(live) == [(GENES["TP53"], 1.0)]


def test_rows_that_contradict_themselves_are_refused_without_showing_a_value(live, settings):
    wrong = reading([("TP53", 1, {"fold_change": 8.45}), ("MYC", 1, {"p_value": 1.25})], scale=Scale.LINEAR)
    with pytest.raises(AuditError) as refused:
        import_reading(live, settings, "P-1", wrong)
    assert "linear_is_two_to_the_power_of_log2" in str(refused.value)
    assert "p_value: less_than_or_equal_to(1)" in str(refused.value)
    assert "8.45" not in str(refused.value)
    assert "1.25" not in str(refused.value)
    assert live.execute("select count(*) from mediabase_patients.patients").fetchone() == (0,)


def test_an_id_that_is_not_allowed_is_an_error(live, settings):
    with pytest.raises(PatientError, match="is no patient id"):
        import_reading(live, settings, "a';--", reading([("TP53", 1)]))


def test_awkward_texts_are_stored_as_they_are(live, settings):
    raw = "a\"b,c\n';drop table genes;--\\."
    import_reading(live, settings, "P-1", reading([("TP53", 1), (raw, 2), ("", 3, {"raw_id": " ", "lookup_id": "-"})]), **ALL)
    assert {row[0] for row in rows_of(live, "patient_unmatched", "raw_id, row_number")} == {raw, " "}
