"""Which column is what: effects and their scales, contrasts, ids of every kind, values that are missing or impossible."""

import csv
import io
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediabase_assets.model.patients import IdKind, Level, NaReason, PatientFileError, ReadOptions, Role, Scale
from mediabase_assets.patients.reading import candidates_of
from mediabase_assets.patients.reading.ids import classify, cleaned
from mediabase_assets.patients.reading.numbers import find_decimal, to_numbers
from mediabase_assets.patients.reading.text import read_text
from mediabase_assets.patients.reading.words import Meaning, meaning
from mediabase_assets_tests.fixtures.patient_files import GENES, read_text_table, values_of


def table(header, *columns):
    """A CSV with genes and columns of values."""
    lines = [f"gene,{header}", *(",".join([gene, *map(str, cells)]) for gene, *cells in zip(GENES, *columns, strict=True))]
    return "\n".join(lines)


def refused(folder, text, words, *options):
    with pytest.raises(PatientFileError, match=words) as told:
        read_text_table(folder, text, *options)
    return told.value


QUICK = settings(max_examples=40, deadline=None)
LOGS = (-2.0, -1.0, 0.0, 0.5, 1.0, 3.0)
P = (0.9, 0.5, 0.01, 0.2, 0.3, 0.04)


@pytest.mark.parametrize(
    ("header", "scale"),
    [
        ("log2FoldChange", Scale.LOG2), ("logFC", Scale.LOG2), ("avg_log2FC", Scale.LOG2), ("LFC", Scale.LOG2), ("log2.FC.", Scale.LOG2),
        ("log2(fold_change)", Scale.LOG2), ("Log Fold Change", Scale.LOG2), ("log2FC_trt_vs_untrt", Scale.LOG2), ("FC_log2", Scale.LOG2),
        ("Log\u2082 fold change", Scale.LOG2), ("avg_logFC", Scale.LN), ("lnFC", Scale.LN),
    ],
)  # fmt: skip
def test_the_header_says_the_scale_of_a_logarithm(tmp_path, header, scale):
    reading = read_text_table(tmp_path, table(f"{header},pvalue", LOGS, P))
    assert reading.scale is scale
    expected = [math.exp(value) if scale is Scale.LN else 2**value for value in LOGS]
    assert reading.rows["fold_change"].to_pylist() == pytest.approx(expected)
    assert [2**value for value in reading.rows["log2_fold_change"].to_pylist()] == pytest.approx(expected)


@pytest.mark.parametrize("header", ["cancer_fold", "expression_fold_change", "fold_change", "FC", "Fold Change", "linear_fc"])
def test_linear_values_stay_as_they_are_whatever_their_size(tmp_path, header):
    values = (8.45, 0.23, 1.0, 2.5, 19.9, 0.0001)
    reading = read_text_table(tmp_path, table(header, values))
    assert (reading.scale, reading.rows["fold_change"].to_pylist()) == (Scale.LINEAR, list(values))


@pytest.mark.parametrize("value", [-0.5, -2, "inf", "-Inf"])
def test_a_linear_column_with_a_negative_or_infinite_value_is_refused(tmp_path, value):
    told = refused(tmp_path, table("fold_change", (1, 2, 3, value, 0.5, 1)), "negative or infinite")
    assert "--column log2_fold_change=fold_change" in told.next_step
    assert "row 4" in told.where


def test_signed_linear_is_read_only_where_it_is_said_and_has_no_value_within_one(tmp_path):
    values = (-2.5, 2.5, 1.0, -1.0, 4.0, -8.0)
    expected = [0.4, 2.5, 1.0, 1.0, 4.0, 0.125]
    reading = read_text_table(tmp_path, table("signed_fold_change", values))
    assert reading.rows["fold_change"].to_pylist() == pytest.approx(expected)
    reading = read_text_table(tmp_path, table("FC", values), ReadOptions(columns={Role.SIGNED_FOLD_CHANGE: "fc"}))
    assert reading.rows["fold_change"].to_pylist() == pytest.approx(expected)
    refused(tmp_path, table("signed_fold_change", (0.5, *values[1:])), "between -1 and 1")


def test_an_unknown_header_is_an_error_that_lists_the_headers_and_the_option(tmp_path):
    text = table("beta,se", LOGS, P)
    told = refused(tmp_path, text, "does not say")
    assert "gene, beta, se" in told.where
    assert "--column log2_fold_change=beta" in told.next_step
    for options in (ReadOptions(columns={Role.LOG2_FOLD_CHANGE: "Beta"}), ReadOptions(scale=Scale.LOG2)):
        assert values_of(read_text_table(tmp_path, text, options))["KRAS"] == 8
    refused(tmp_path, text, "no column 'nothing'", ReadOptions(columns={Role.LOG2_FOLD_CHANGE: "nothing"}))
    refused(tmp_path, text, "--scale", ReadOptions(columns={Role.LOG2_FOLD_CHANGE: "beta"}, scale=Scale.LN))


def test_b_of_limma_is_no_effect_and_b_of_sleuth_a_natural_logarithm(tmp_path):
    limma = read_text_table(tmp_path, table("logFC,AveExpr,t,P.Value,adj.P.Val,B", LOGS, LOGS, LOGS, P, P, (9,) * 6))
    assert (limma.tool, limma.columns[Role.LOG2_FOLD_CHANGE]) == ("limma", "logFC")
    lines = ["target_id\tpval\tqval\tb\tse_b", *(f"ENST{n:011d}.2\t0.01\t0.02\t{LOGS[n]}\t0.5" for n in range(6))]
    sleuth = read_text_table(tmp_path, "\n".join(lines))
    assert (sleuth.tool, sleuth.scale, sleuth.level) == ("sleuth", Scale.LN, Level.TRANSCRIPT)
    assert sleuth.rows["fold_change"].to_pylist() == pytest.approx([math.exp(value) for value in LOGS])
    assert sleuth.rows["standard_error"][0].as_py() == pytest.approx(0.5 / math.log(2))
    assert any("natural logarithm" in note for note in sleuth.notes)


def test_tools_that_write_natural_logarithms_under_logfc_are_known(tmp_path):
    nebula = table("logFC_(Intercept),logFC_case,se_case,p_case", LOGS[::-1], LOGS, P, P)
    presto = table("avgExpr,logFC,auc,pval,padj,pct_in", P, LOGS, P, P, P, P)
    for text in (nebula, presto):
        reading = read_text_table(tmp_path, text)
        assert (reading.scale, reading.rows["p_value"].to_pylist()) == (Scale.LN, list(P))
        assert any("--column log2_fold_change=" in note for note in reading.notes)


def test_a_linear_column_beside_a_logarithm_must_say_the_same(tmp_path):
    linear = [2**value for value in LOGS]
    assert read_text_table(tmp_path, table("foldChange,log2FoldChange", linear, LOGS)).scale is Scale.LOG2
    told = refused(tmp_path, table("foldChange,log2FoldChange", linear[::-1], LOGS), "do not agree")
    assert "--column log2_fold_change=log2FoldChange or --column fold_change=foldChange" in told.next_step


def test_contrasts_side_by_side_are_listed_and_each_has_its_own_p(tmp_path):
    text = table("A_logFC,A_PValue,B_logFC,B_PValue", LOGS, P, LOGS[::-1], P[::-1])
    assert '--contrast "A"' in refused(tmp_path, text, "2 contrasts side by side: A, B").next_step
    refused(tmp_path, text, "no contrast 'C'", ReadOptions(contrast="C"))
    reading = read_text_table(tmp_path, text, ReadOptions(contrast="b"))
    assert (reading.contrast, reading.columns[Role.P_VALUE]) == ("B", "B_PValue")
    assert reading.rows["log2_fold_change"].to_pylist() == list(LOGS[::-1])


def test_groups_below_each_other_are_listed_and_one_is_read(tmp_path):
    lines = [
        "gene,logFC,cluster",
        *(f"{gene},{value},{cluster}" for cluster in ("T cells", "B") for gene, value in zip(GENES, LOGS, strict=True)),
    ]
    text = "\n".join(lines)
    refused(tmp_path, text, "2 comparisons below each other: T cells, B")
    reading = read_text_table(tmp_path, text, ReadOptions(contrast="B"))
    assert (reading.contrast, reading.rows_read, reading.rows["row_number"].to_pylist()) == ("B", 6, list(range(7, 13)))
    refused(tmp_path, table("logFC", LOGS), "no contrast 'B'", ReadOptions(contrast="B"))


def test_the_three_meanings_of_na_in_deseq2_are_told_apart(tmp_path):
    text = "\n".join(
        [
            '"","baseMean","log2FoldChange","lfcSE","stat","pvalue","padj"', '"TP53",0,NA,NA,NA,NA,NA', '"EGFR",10,2,1,2,NA,NA',
            '"MYC",1,1,1,1,0.5,NA', '"KRAS",5,1,1,1,0.5,0.6', '"BRCA1",5,NA,1,1,0.5,0.6', '"ERBB2",5,Inf,1,1,0.5,0.6',
        ]
    )  # fmt: skip
    reading = read_text_table(tmp_path, text)
    assert values_of(reading, "na_reason") == {
        "TP53": NaReason.ALL_COUNTS_ZERO.value, "EGFR": NaReason.OUTLIER.value, "MYC": NaReason.LOW_COUNT.value, "KRAS": None,
        "BRCA1": NaReason.NO_EFFECT.value, "ERBB2": NaReason.INFINITE.value,
    }  # fmt: skip
    assert values_of(reading)["ERBB2"] is None


def test_p_values_are_told_from_what_looks_like_them(tmp_path):
    logs = [-math.log10(p) for p in P]
    text = table("logFC,-log10(Pvalue),svalue,locfdr,neg_log10_padj", LOGS, logs, P, P, logs)
    reading = read_text_table(tmp_path, text)
    assert reading.rows["p_value"].to_pylist() == pytest.approx(P)
    assert reading.rows["adjusted_p_value"].to_pylist() == pytest.approx(P)
    assert any("s values" in note for note in reading.notes)
    reading = read_text_table(tmp_path, table("logFC,pvalue,padj", LOGS, (2, *P[1:]), (9.3, *P[1:])))
    assert (reading.rows["p_value"][0].as_py(), reading.rows["adjusted_p_value"][0].as_py()) == (None, 1.0)
    assert any("no p value" in note for note in read_text_table(tmp_path, table("logFC", LOGS)).notes)


def test_text_and_counts_in_the_column_of_the_effect_are_refused(tmp_path):
    assert "row 3" in refused(tmp_path, table("logFC", (1, 2, "high", 0, 1, 2)), "1 cell of the column 'logFC' is no number").where
    refused(tmp_path, table("logFC", (1200, 900, -800, 100, 2, 1)), "are over 50 in log2")
    refused(tmp_path, table("logFC", ("NA",) * 6), "holds no value")


@pytest.mark.parametrize(
    ("raw", "kind", "lookup"),
    [
        ("ENSG00000141510", IdKind.ENSEMBL_GENE, "ENSG00000141510"),
        ("ENSG00000141510.18", IdKind.ENSEMBL_GENE, "ENSG00000141510"),
        ("ENSG00000205755.12_PAR_Y", IdKind.ENSEMBL_GENE, "ENSG00000205755_PAR_Y"),
        ("ENSGR0000205755.6", IdKind.ENSEMBL_GENE, "ENSG00000205755_PAR_Y"),
        ("gene:ENSG00000141510", IdKind.ENSEMBL_GENE, "ENSG00000141510"),
        ("ENSG00000141510.1_17:100-200", IdKind.ENSEMBL_GENE, "ENSG00000141510"),
        ("ENSG00000141510_TP53", IdKind.ENSEMBL_GENE, "ENSG00000141510"),
        ("ENST00000269305.9|ENSG00000141510.18|OTTHUMG0|TP53|2512|", IdKind.ENSEMBL_TRANSCRIPT, "ENST00000269305"),
        ("ENSG00000141510;ENSG00000146648", IdKind.UNKNOWN, "ENSG00000141510;ENSG00000146648"),
        ("ENSG0000014151", IdKind.UNKNOWN, "ENSG0000014151"),
        ("ENSMUSG00000059552.14", IdKind.OTHER_SPECIES, "ENSMUSG00000059552.14"),
        ("NM_000546.6", IdKind.REFSEQ, "NM_000546"),
        ("TP53|7157", IdKind.ENTREZ, "7157"),
        ("?|100133144", IdKind.ENTREZ, "100133144"),
        ("RP11-474D1.3", IdKind.SYMBOL, "RP11-474D1.3"),
        ("tp53", IdKind.SYMBOL, "tp53"),
        ("HLA-DRB1", IdKind.SYMBOL, "HLA-DRB1"),
        ("1-Mar", IdKind.SPREADSHEET_DATE, "MARCHF1|MARCH1|MTARC1|MARC1"),
        ("Sep-06", IdKind.SPREADSHEET_DATE, "SEPTIN6|SEPT6|SEP6"),
        ("2023-12-01", IdKind.SPREADSHEET_DATE, "DELEC1|DEC1"),
        ("1007_s_at", IdKind.UNKNOWN, "1007_s_at"),
        ("MSTRG.12.1", IdKind.UNKNOWN, "MSTRG.12.1"),
        ("A,B", IdKind.UNKNOWN, "A,B"),
    ],
)
def test_an_id_is_known_by_its_text(raw, kind, lookup):
    found = classify(cleaned(pa.array([f" {raw} ", "TP53", "BRCA1"])))
    assert (found.kinds[0].as_py(), found.lookups[0].as_py()) == (kind.value, lookup)


def test_columns_of_accessions_and_of_day_numbers_are_known_as_a_whole():
    assert classify(pa.array(["P04637", "P00533-2", "sp|P04626|ERBB2_HUMAN"])).lookups.to_pylist() == ["P04637", "P00533", "P04626"]
    assert classify(pa.array([*GENES, "43525"])).lookups.to_pylist()[-1] == "MARCHF1|MARCH1|MTARC1|MARC1"
    assert classify(pa.array(["43525", "7157", "1956"])).kinds.to_pylist() == [IdKind.ENTREZ.value] * 3
    assert candidates_of("5-Feb") == ("FEB5",)


def lines_of(header, rows):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)])


def test_row_numbers_are_no_ids_and_entrez_ids_are(tmp_path):
    numbers = lines_of(",logFC", ((n, n / 100) for n in range(1, 200)))
    assert '--id-kind "Entrez gene"' in refused(tmp_path, numbers, "row numbers").next_step
    given = ReadOptions(columns={Role.ID: "column 1"}, id_kind=IdKind.ENTREZ)
    assert read_text_table(tmp_path, numbers, given).rows.num_rows == 199
    shuffled = np.random.default_rng(1).permutation(np.arange(1, 200))
    refused(tmp_path, lines_of(",logFC", ((n, n / 100) for n in shuffled)), "row numbers")
    entrez = lines_of(",logFC", ((n * n * 700 + 1, n / 100) for n in shuffled))
    assert read_text_table(tmp_path, entrez).rows["id_kind"].to_pylist() == [IdKind.ENTREZ.value] * 199
    both = lines_of(",Symbol,logFC", ((n, GENES[n], n) for n in range(6)))
    assert values_of(read_text_table(tmp_path, both))["EGFR"] == 4


def test_the_safest_of_several_id_columns_is_taken_and_the_next_fills_its_gaps(tmp_path):
    rows = [
        ("TP53", "7157", "ENSG00000141510", 1),
        ("EGFR", "1956", "NA", 2),
        ("MYC", "NA", "NA", 3),
        ("KRAS", "3845", "ENSG00000133703", 4),
    ]
    reading = read_text_table(tmp_path, lines_of("gene,entrez,ensembl,log2FC", rows))
    assert reading.rows["lookup_id"].to_pylist() == ["ENSG00000141510", "1956", "MYC", "ENSG00000133703"]
    assert reading.columns[Role.ID] == "ensembl or entrez or gene"


def test_two_id_columns_of_one_kind_that_differ_are_asked_about(tmp_path):
    rows = [(gene, other, 1) for gene, other in zip(GENES, GENES[::-1], strict=True)]
    told = refused(tmp_path, lines_of("gene,symbol,log2FC", rows), "do not agree: gene, symbol")
    assert '--column "id=gene" or --column "id=symbol"' in told.next_step
    reading = read_text_table(tmp_path, lines_of("gene,symbol,log2FC", rows), ReadOptions(columns={Role.ID: "symbol"}))
    assert reading.rows["raw_id"].to_pylist() == list(GENES[::-1])


def test_mouse_is_refused_by_its_ids_and_by_how_its_symbols_are_written(tmp_path):
    mouse = lines_of("gene,logFC", ((name, 1) for name in ("Trp53", "Egfr", "Erbb2", "Lyz2", "H2-Aa", "Gm1234")))
    assert "--id-kind symbol" in refused(tmp_path, mouse, "mouse or rat").next_step
    assert read_text_table(tmp_path, mouse, ReadOptions(id_kind=IdKind.SYMBOL)).rows.num_rows == 6
    refused(tmp_path, lines_of("gene,logFC", ((f"ENSRNOG{n:011d}", 1) for n in range(5))), "are of rat")
    assert read_text_table(tmp_path, table("logFC", LOGS).lower().replace("logfc", "logFC")).rows.num_rows == 6


def test_rows_without_an_id_are_counted_and_left_out(tmp_path):
    reading = read_text_table(tmp_path, lines_of("gene,logFC", [("TP53", 1), ("", 2), ("-", 3), ("NA", 4), ("EGFR", 5)]))
    assert (reading.rows_read, reading.rows["row_number"].to_pylist()) == (5, [1, 5])


@QUICK
@given(st.text(max_size=40))
def test_any_header_means_something_or_nothing(header):
    assert meaning(header).what in Meaning


@QUICK
@given(st.lists(st.one_of(st.text(max_size=12), st.from_regex(r"[A-Z0-9.|_-]{1,20}", fullmatch=True), st.none()), min_size=1, max_size=30))
def test_every_id_has_a_kind_and_something_to_look_up(raw):
    column = cleaned(pa.array(raw, pa.string()))
    found = classify(column)
    assert found.kinds.is_null().equals(column.is_null())
    assert {kind for kind in found.kinds.to_pylist() if kind} <= {kind.value for kind in IdKind}
    assert all(lookup for kind, lookup in zip(found.kinds.to_pylist(), found.lookups.to_pylist(), strict=True) if kind)


@QUICK
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.sampled_from([".", ","]))
def test_a_number_is_read_back_whatever_its_decimal_sign(values, decimal):
    text = pa.array([repr(value).replace(".", decimal) for value in values])
    assert to_numbers(text, decimal).values.tolist() == values


@QUICK
@given(st.lists(st.text(max_size=15), min_size=1))
def test_what_is_no_number_is_counted_and_never_read_as_one(cells):
    numbers = to_numbers(pa.array(cells))
    assert len(numbers.values) == len(cells)
    assert all(np.isnan(numbers.values[row]) for row in numbers.unreadable)


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [(["1.5", "2"], "."), (["1,55", "2"], ","), (["1,234.5", "2,000"], "."), (["1", "2"], "."), (["-0,5e-10", "1,234"], ",")],
)
def test_the_decimal_sign_follows_from_all_numbers(cells, decimal):
    assert find_decimal([pa.array(cells)]) == decimal


@pytest.mark.parametrize("cells", [["1,234", "5,678"], ["1,55", "1.5"]])
def test_a_decimal_sign_that_could_be_either_is_asked_about(cells):
    with pytest.raises(PatientFileError, match=r"decimal|thousands"):
        find_decimal([pa.array(cells)])


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs", "Cc"]), max_size=10)


@QUICK
@given(st.lists(st.tuples(CELLS, st.floats(-30, 30)), min_size=3, max_size=20), st.sampled_from([",", "\t", ";"]))
def test_cells_of_any_text_survive_quoting(rows, delimiter):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("note", "gene", "log2FC"), *((note, "TP53", value) for note, value in rows)])
    grid = read_text(file.getvalue().encode(), delimiter)
    assert grid.headers == ("note", "gene", "log2FC")
    assert [float(value) for value in grid.columns[2].to_pylist()] == [value for _, value in rows]
