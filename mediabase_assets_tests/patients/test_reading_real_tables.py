"""Real tables of labs: each with what its manifest says of it."""

import csv
import re
from pathlib import Path

import pytest

from mediabase_assets.model.patients import IdKind, PatientFileError, ReadOptions, Role, Scale
from mediabase_assets.patients.reading import read_table

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "patients"
TABLES = FOLDER / "tables"
MANIFEST = list(csv.DictReader((TABLES / "manifest.tsv").read_text().splitlines(), delimiter="\t")) if TABLES.exists() else []
pytestmark = [pytest.mark.real_data, pytest.mark.skipif(not TABLES.exists(), reason=f"no tables at {TABLES}")]

LOG2, LINEAR, SIGNED = Role.LOG2_FOLD_CHANGE, Role.FOLD_CHANGE, Role.SIGNED_FOLD_CHANGE
#: What the errors of the `ask` tables name, by number of the table.
ANSWERS = {
    "056": ReadOptions(id_kind=IdKind.ENTREZ),
    "079": ReadOptions(contrast="dxEffect"),
    "080": ReadOptions(contrast="ADPSBQ"),
    "082": ReadOptions(columns={LOG2: "b"}),
    "083": ReadOptions(columns={LOG2: "beta"}),
    "087": ReadOptions(contrast="Exc"),
    "089": ReadOptions(columns={LOG2: "IndModel.FC"}, contrast="Inh"),
    "098": ReadOptions(columns={LOG2: "fc"}),
    "099": ReadOptions(scale=Scale.LOG2),
    "123": ReadOptions(sheet="Common_up", contrast="iPSCs"),
    "124": ReadOptions(sheet="Common_up", contrast="iPSCs"),
    "160": ReadOptions(sheet="Acute_vs_Health"),
    "166": ReadOptions(contrast="D1 500vNT"),
    "175": ReadOptions(contrast="IMR"),
    "179": ReadOptions(sheet="BLCA"),
    "180": ReadOptions(sheet="KS_iPSCs"),
    "182": ReadOptions(columns={SIGNED: "fold change"}),
    "186": ReadOptions(sheet="Data errors (2)", columns={LINEAR: "rel_40"}),
}
#: Read without a question: several probes of one gene are rows with unequal values, which the import asks about.
ASKED_BY_THE_IMPORT = {"164", "171"}
#: Names that could be symbols; only the database knows that they are none.
REFUSED_BY_THE_DATABASE = {"058"}
SCALES = {"log2": Scale.LOG2, "ln": Scale.LN, "linear": Scale.LINEAR, "signed-linear": Scale.SIGNED_LINEAR}


def number_of(entry):
    return entry["file"][:3]


def of(*expected, but=()):
    chosen = [entry for entry in MANIFEST if entry["expected"] in expected and number_of(entry) not in but]
    return pytest.mark.parametrize("entry", chosen, ids=[entry["file"] for entry in chosen])


def spots(entry):
    """Ids and linear fold changes."""
    return [(raw, float(value)) for raw, value in re.findall(r"(\S+) -> ([0-9.e+-]+)", entry["spots"])]


def check_spots(reading, entry):
    """Each spot value is that of the row of its id, or of its row where another column holds the id that was taken."""
    pairs = list(zip(reading.rows["raw_id"].to_pylist(), reading.rows["fold_change"].to_pylist(), strict=True))
    named = {raw for raw, _ in pairs}
    assert spots(entry)
    for raw, value in spots(entry):
        assert any(found == pytest.approx(value, rel=2e-5) for known, found in pairs if known == raw or raw not in named), raw


@of("import")
def test_a_table_of_a_lab_is_read_without_an_option(entry):
    reading = read_table(TABLES / entry["file"])
    check_spots(reading, entry)
    assert reading.scale is SCALES[entry["scale"]]
    assert reading.level.value == entry["level"]
    assert reading.rows_read >= reading.rows.num_rows > 0
    assert reading.rows.filter(reading.rows["fold_change"].is_null())["na_reason"].null_count == 0
    if entry["decimal"] and not entry["file"].endswith("xlsx") and entry["delimiter"] in ("comma", "tab", "semicolon"):
        assert reading.form["delimiter"] == entry["delimiter"]


@of("ask", but=ASKED_BY_THE_IMPORT)
def test_a_table_that_leaves_something_open_is_asked_about_and_read_with_the_answer(entry):
    answer = ANSWERS[number_of(entry)]
    with pytest.raises(PatientFileError) as told:
        read_table(TABLES / entry["file"])
    assert "--" in told.value.next_step
    reading = read_table(TABLES / entry["file"], answer)
    check_spots(reading, entry)


@of("refuse", but=REFUSED_BY_THE_DATABASE)
def test_a_table_that_is_no_expression_of_human_genes_is_refused(entry):
    with pytest.raises(PatientFileError) as told:
        read_table(TABLES / entry["file"])
    assert told.value.what
    assert told.value.next_step


@of("ask", "refuse")
def test_what_only_the_database_can_refuse_is_still_read(entry):
    if number_of(entry) in ASKED_BY_THE_IMPORT | REFUSED_BY_THE_DATABASE:
        check_spots(read_table(TABLES / entry["file"]), entry)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("005", "row numbers"), ("057", "phosphorylation sites"), ("059", "no fold changes"), ("066", "probe sets"), ("067", "quoted cell"),
        ("069", "pathways"), ("091", "two numbers"), ("096", "Plasmodium"), ("109", "private assembly"), ("110", "no fold change"),
        ("113", "likelihood-ratio"), ("119", "private assembly"), ("136", "empty in 1,630"), ("139", "mouse"), ("143", "mouse or rat"),
        ("147", "Arabidopsis"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_the_rows_are(number, words):
    path = next(TABLES.glob(f"{number}_*"))
    with pytest.raises(PatientFileError, match=words):
        read_table(path)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("breast_luminalA_unnamed_ensg_ensembl110.csv", "column 1"),
        ("crc_gene_id_gene_name_gencode26.csv", "gene_id"),
        ("airway_dex_ensembl_id_symbol.csv", "ensembl_id"),
    ],
)
def test_whole_results_of_deseq2_are_read(name, column):
    reading = read_table(FOLDER / name)
    assert (reading.tool, reading.columns[Role.ID]) == ("DESeq2", column)
    assert set(reading.rows["id_kind"].to_pylist()) == {IdKind.ENSEMBL_GENE.value}
