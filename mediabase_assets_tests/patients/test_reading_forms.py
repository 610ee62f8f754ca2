"""Forms of files: delimiters, headers, encodings, compression, workbooks, and the bounds that keep them small."""

import gzip
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mediabase_assets.model.patients import IdKind, PatientFileError, ReadOptions, Role
from mediabase_assets.patients.reading import read_table
from mediabase_assets_tests.fixtures.patient_files import GENES, read_text_table, values_of, write_text, write_workbook

ROWS = [(gene, (index - 2) / 2, 0.01 * (index + 1)) for index, gene in enumerate(GENES)]
EXPECTED = {gene: 2**value for gene, value, _ in ROWS}
LINES = ["gene,log2FoldChange,pvalue", *(f"{gene},{value},{p}" for gene, value, p in ROWS)]
TEXT = "\n".join(LINES) + "\n"


def refused(path, words, **named):
    with pytest.raises(PatientFileError, match=words) as told:
        read_table(path, **named)
    assert told.value.next_step
    return told.value


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.rstrip("\n"),
        TEXT.replace(",", "\t"),
        TEXT.replace(",", ";"),
        TEXT.replace(",", "|"),
        TEXT.replace(",", "   "),
        "\ufeff" + TEXT,
        TEXT.replace(",", ";").replace(".", ","),
        "Table S1. Genes of the study\n\n" + TEXT,
        "Table S1,,\n,,\n" + TEXT,
        "# made by DESeq2\n# 2024\n" + TEXT,
        "#" + TEXT,
        TEXT.replace("gene,", "", 1),
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in LINES),
        "\n".join([LINES[0] + ",", *(line + "," for line in LINES[1:])]),
        "\n\n".join(LINES),
        "\n".join(line + f",'{index}" for index, line in enumerate(LINES)),
    ],
    ids=[
        "csv", "CRLF", "CR", "no last line end", "tab", "semicolon", "bar", "blanks", "BOM", "decimal comma", "title", "title of a sheet",
        "comments", "hash before the header", "header one short", "all quoted", "delimiter at line ends", "empty lines", "quote in a cell",
    ],
)  # fmt: skip
def test_a_table_says_the_same_in_every_form(tmp_path, text):
    reading = read_text_table(tmp_path, text)
    assert values_of(reading) == pytest.approx(EXPECTED)
    assert values_of(reading, "p_value") == pytest.approx({gene: p for gene, _, p in ROWS})


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_text_of_spreadsheets_is_read_in_its_encoding(tmp_path, encoding):
    text = "\n".join([LINES[0] + ",µg", *(line + ",é" for line in LINES[1:])])
    reading = read_table(write_text(tmp_path, text, encoding=encoding))
    assert values_of(reading) == pytest.approx(EXPECTED)


def test_the_same_content_in_another_form_has_the_same_hash_and_another_value_does_not(tmp_path):
    readings = [read_text_table(tmp_path, text) for text in (TEXT, TEXT.replace(",", "\t"), TEXT.replace("0.5,", "0.25,"))]
    assert readings[0].content_hash == readings[1].content_hash != readings[2].content_hash
    assert readings[0].sha256 != readings[1].sha256


def test_gzip_is_read_by_its_bytes_also_in_several_members(tmp_path):
    path = tmp_path / "table.csv"
    half = TEXT.index("EGFR")
    path.write_bytes(gzip.compress(TEXT[:half].encode()) + gzip.compress(TEXT[half:].encode()))
    reading = read_table(path)
    assert values_of(reading) == pytest.approx(EXPECTED)
    assert reading.form["compression"] == "gzip"


def test_workbooks_and_parquet_say_the_same(tmp_path):
    header = ["gene", "log2FoldChange", "pvalue"]
    book = read_table(write_workbook(tmp_path / "table.xlsx", {"Sheet 1": [["Title"], [], header, *map(list, ROWS)]}))
    table = pa.table(dict(zip(header, map(list, zip(*ROWS, strict=True)), strict=True)))
    pq.write_table(table, tmp_path / "table.parquet")
    assert values_of(book) == values_of(read_table(tmp_path / "table.parquet")) == pytest.approx(EXPECTED)
    assert book.form["sheet"] == "Sheet 1"


def test_of_several_sheets_the_only_result_is_read_and_two_results_are_asked_about(tmp_path):
    notes, result = [["sample", "tissue"], ["a", "skin"]], [["gene", "logFC", "FDR"], *map(list, ROWS)]
    only = read_table(write_workbook(tmp_path / "one.xlsx", {"Notes": notes, "Result": result}))
    assert values_of(only) == pytest.approx(EXPECTED)
    path = write_workbook(tmp_path / "two.xlsx", {"Notes": notes, "A vs B": result, "A vs C": result})
    assert '--workbook-sheet "A vs B"' in refused(path, "2 sheets each hold a result: A vs B, A vs C").next_step
    assert values_of(read_table(path, ReadOptions(sheet="A vs C"))) == pytest.approx(EXPECTED)
    refused(path, "no sheet 'D'", options=ReadOptions(sheet="D"))


def test_numbers_and_dates_of_a_workbook_become_ids(tmp_path):
    rows = [["entrez", "logFC"], [7157.0, 1.0], [2064.0, -1.0], [1956.0, 0.5]]
    reading = read_table(write_workbook(tmp_path / "table.xlsx", {"S": rows}))
    assert reading.rows["lookup_id"].to_pylist() == ["7157", "2064", "1956"]
    pq.write_table(pa.table({"gene": ["TP53", "2023-03-01", "EGFR"], "logFC": [1.0, 2.0, 3.0]}), tmp_path / "table.parquet")
    assert read_table(tmp_path / "table.parquet").rows["id_kind"].to_pylist()[1] == IdKind.SPREADSHEET_DATE.value


def test_galaxys_table_without_a_header_is_known_by_its_numbers(tmp_path):
    lines = [f"ENSG{n:011d}\t{100 + n}\t{n / 7 - 2}\t0.5\t{(n / 7 - 2) / 0.5}\t0.0{n}\t0.{n}" for n in range(1, 10)]
    reading = read_text_table(tmp_path, "\n".join(lines))
    assert (reading.tool, reading.rows_read) == ("DESeq2", 9)
    assert reading.rows["log2_fold_change"][6].as_py() == pytest.approx(-1)
    wrong = write_text(tmp_path, "\n".join(line.replace("\t0.5\t", "\t0.7\t") for line in lines))
    assert "column 1" in refused(wrong, "no header").next_step
    given = ReadOptions(columns={Role.ID: "column 1", Role.LOG2_FOLD_CHANGE: "column 3"})
    assert read_table(wrong, given).rows["log2_fold_change"][6].as_py() == pytest.approx(-1)


def test_vectors_that_r_left_without_quotes_are_one_cell(tmp_path):
    lines = [LINES[0] + ",tx", *(f'{line},c("ENST1", "ENST2")' for line in LINES[1:])]
    assert values_of(read_text_table(tmp_path, "\n".join(lines))) == pytest.approx(EXPECTED)


def bomb(path):
    with gzip.open(path, "wb") as file:
        file.write(TEXT.encode())
        for _ in range(40):
            file.write(b"TP53,1,1\n" * 100_000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (LINES[0].encode(), "no row|no delimiter|No delimiter"),
        (LINES[0].encode() + b"\n\n", "no row|no delimiter|No delimiter"),
        (b"\x00\x01\x02" * 500, "binary"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x89HDF\r\n\x1a\n" + b"x" * 100, "HDF5"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "old kind"),
        (b"PK\x03\x04" + b"x" * 100, "damaged"),
        (b"PAR1" + b"x" * 100, "damaged"),
        (b"\x1f\x8b" + b"x" * 100, "damaged"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-20], "damaged"),
        (b"some words\nin lines\n", "No"),
        ((TEXT + "KRAS2,1\n").encode(), "1 row does not have 3 fields"),
        ((TEXT + "KRAS2,1,1,1,1\n").encode(), "1 row does not have 3 fields"),
        (("<<<<<<< HEAD\n" + TEXT + "=======\n" + TEXT).encode(), "merge conflict|not have"),
        ((TEXT + "=======\n" + TEXT + ">>>>>>> other\n").encode(), "merge conflict"),
        ((TEXT + "X" * 2_000_000 + ",1,1\n").encode(), "longer than 1 MB"),
        (
            (",".join(["gene", "logFC", *map(str, range(10_000))]) + "\n" + ",".join(["TP53"] + ["1"] * 10_001) + "\n").encode() * 3,
            "columns",
        ),
    ],
    ids=[
        "no byte",
        "blank lines",
        "header without an end",
        "header alone",
        "NUL",
        "every byte",
        "HDF5",
        "old Excel",
        "broken zip",
        "broken Parquet",
        "broken gzip",
        "cut gzip",
        "words",
        "row too short",
        "row too long",
        "merge conflict",
        "end of a merge conflict",
        "row of 2 MB",
        "10,002 columns",
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    refused(path, words)


def test_a_missing_file_a_folder_and_a_wrong_delimiter_are_refused(tmp_path):
    refused(tmp_path / "nothing.csv", "no such file")
    refused(tmp_path, "no such file")
    refused(write_text(tmp_path, TEXT), "one field", options=ReadOptions(delimiter=";"))
    refused(write_text(tmp_path, TEXT), "no sheets", options=ReadOptions(sheet="S"))


def test_a_small_file_that_unpacks_without_end_is_refused_at_the_bound(tmp_path):
    bomb(tmp_path / "table.csv.gz")
    assert (tmp_path / "table.csv.gz").stat().st_size < 200_000
    refused(tmp_path / "table.csv.gz", "more than 10 MB", maximum_bytes=10 * 1024**2)
    refused(write_text(tmp_path, TEXT), "more than 0 MB", maximum_bytes=10)


def test_a_workbook_without_end_is_refused(tmp_path):
    rows = [["gene", "logFC"], ["TP53", 1.0], ["EGFR", 2.0]]
    path = write_workbook(tmp_path / "blank.xlsx", {"S": rows}, extra_cells=" " * 30_000_000)
    refused(path, "more than 10 MB", maximum_bytes=10 * 1024**2)
    far = write_workbook(tmp_path / "far.xlsx", {"S": rows}, extra_cells='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    refused(far, "room for 17,179,869,184 cells")
    plain = tmp_path / "plain.xlsx"
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("table.csv", TEXT)
    refused(plain, "no Excel workbook")
    whole = path.read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.xlsx", "damaged")
