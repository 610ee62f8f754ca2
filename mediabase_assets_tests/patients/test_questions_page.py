"""A patient on one page, as plots, and as a file that other programs read."""

import re
import struct

import numpy as np
import pandas as pd
import pytest

from mediabase_assets.model.patients import PatientError
from mediabase_assets.patients.questions.deploy import deploy_questions
from mediabase_assets.patients.questions.enrich import enrich
from mediabase_assets.patients.questions.export import SCHEMA, export_patient
from mediabase_assets.patients.questions.page import report_page
from mediabase_assets.patients.questions.pictures import histogram, volcano
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets_tests.fixtures.patient_annotation import create_annotated
from mediabase_assets_tests.fixtures.patient_database import GENES, reading


@pytest.fixture
def live(conn, settings):
    """A patient whose file and genes have names that are markup or formulas."""
    create_annotated(conn)
    deploy_questions(conn, settings)
    rows = [(symbol, 1.5 - n / 3, {"p_value": 0.5, "adjusted_p_value": 1e-9 * n}) for n, symbol in enumerate(GENES)]
    rows[3] = ("MYC", None)
    import_reading(conn, settings, "P-1", reading(rows, file_name="<script>alert(1)</script>.csv", tool="DESeq2"))
    conn.execute("update public.genes set gene_name = '=HYPERLINK(\"x\"),\n' where gene_symbol = 'TP53'")
    conn.execute("update public.genes set gene_name = '-2+3' where gene_symbol = 'ERBB2'")
    conn.execute("update public.genes set gene_name = '' where gene_symbol = 'EGFR'")
    return conn


@pytest.mark.pg
def test_the_page_needs_nothing_else_and_escapes_every_text(live, settings):
    enrich(live, settings, "P-1")
    page = report_page(live, settings, "P-1")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.csv" in page
    assert "<script" not in page
    assert "<b>all</b>" not in page
    assert set(re.findall(r'(?:src|href)="([^,"]*)', page)) == {"data:image/png;base64"}
    assert page.count("<img ") == 2
    assert "2 pathways with at least 5 measured genes" in page
    assert "Lapatinib" in page


@pytest.mark.pg
def test_a_page_before_any_pathway_was_tested_says_so(live, settings):
    assert "Pathways were not tested yet." in report_page(live, settings, "P-1")
    with pytest.raises(PatientError, match="no patient 'P-2'"):
        report_page(live, settings, "P-2")


@pytest.mark.pg
def test_a_csv_file_is_read_back_by_pandas_with_equal_values_and_without_formulas(live, settings, tmp_path):
    path = tmp_path / "P-1.csv"
    assert export_patient(live, settings, "P-1", path, "csv") == len(GENES)
    frame = pd.read_csv(path).set_index("gene_symbol")
    stored = live.execute("select gene_symbol, log2_fold_change, adjusted_p_value from mediabase_patients.patient_enriched_view").fetchall()
    for symbol, change, p_value in stored:
        assert np.array_equal([frame.loc[symbol, "log2_fold_change"]], [np.nan if change is None else change], equal_nan=True)
        assert np.array_equal([frame.loc[symbol, "adjusted_p_value"]], [np.nan if p_value is None else p_value], equal_nan=True)
    assert frame.loc["TP53", "gene_name"] == '\'=HYPERLINK("x"),\n'
    assert frame.loc["ERBB2", "gene_name"] == "'-2+3"
    assert frame.loc["MYC", "na_reason"] == "no effect given"
    assert frame.loc["TP53", "is_significant"] in (True, "TRUE")
    assert "NA" in path.read_text().splitlines()[1].split(",")
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["P-1.csv"]


@pytest.mark.pg
def test_a_parquet_file_has_the_same_rows_with_types(live, settings, tmp_path):
    path = tmp_path / "P-1.parquet"
    export_patient(live, settings, "P-1", path, "parquet")
    frame = pd.read_parquet(path)
    assert list(frame.columns) == SCHEMA.names
    assert frame["is_significant"].dtype == object
    assert frame.loc[frame["gene_symbol"] == "TP53", "gene_name"].item() == '=HYPERLINK("x"),\n'
    assert frame.loc[frame["gene_symbol"] == "ERBB2", "drug_names"].item() == "Lapatinib|goneib|lapatinib|oldib|trialib"
    with pytest.raises(PatientError, match="cannot be written"):
        export_patient(live, settings, "P-1", tmp_path / "absent" / "x.csv", "csv")
    with pytest.raises(PatientError, match="no patient 'P-2'"):
        export_patient(live, settings, "P-2", path, "csv")


def test_plots_are_png_of_any_values_and_none_without():
    changes = np.array([3.0, -2.0, 0.1, 40.0, -1.0])
    for png in (volcano(changes, np.array([0.0, 1e-320, 1.0, np.nan, 0.04])), histogram(changes), histogram(np.zeros(5))):
        width, height = struct.unpack(">II", png[16:24])
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert (width, height) == (576, 403)
    assert volcano(changes, np.full(5, np.nan)) is None
    assert histogram(np.array([])) is None
