"""Which pathways are hit: the tests themselves against published and independent results, and what is stored of them."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mediabase_assets.model.patients import PatientError
from mediabase_assets.patients.questions.deploy import deploy_questions
from mediabase_assets.patients.questions.enrich import count_pathways, enrich
from mediabase_assets.patients.questions.pathway_tests import Members, adjusted, over_representation, rank_test
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets_tests.fixtures.patient_annotation import create_annotated
from mediabase_assets_tests.fixtures.patient_database import GENES, reading
from mediabase_assets_tests.fixtures.real_data import SAMPLE

DATA = SAMPLE.parents[1]
#: P value of up-regulated genes by pathway, as gseapy gives them.
GSEAPY = {
    "Metallothioneins bind metals": 2.9824732050143076e-06, "Muscle contraction": 4.136471986750389e-05,
    "Extracellular matrix organization": 7.469060920771753e-05, "Ethanol oxidation": 0.00017207790305750128,
    "Metabolism": 0.000501505576117888,
}  # fmt: skip


def test_over_representation_and_its_correction_are_those_of_the_clusterprofiler_book():
    # enrichKEGG on the breast-cancer genes of DOSE: 93 genes of 7,861, 194 pathways tested
    sizes, hits = np.array([124, 125, 160, 100, 76, 99]), np.array([11, 10, 10, 8, 7, 7])
    p = over_representation(7861, 93, sizes, hits)
    np.testing.assert_allclose(p, [1.966898e-07, 1.907932e-06, 1.742571e-05, 2.162048e-05, 2.906892e-05, 1.587827e-04], rtol=1e-6)
    published = [3.815781e-05, 1.850694e-04, 1.048593e-03, 1.048593e-03, 1.127874e-03, 5.133975e-03]
    np.testing.assert_allclose(adjusted(np.concatenate([p, np.ones(188)]))[:6], published, rtol=1e-6)


@given(st.lists(st.integers(-4, 4), min_size=4, max_size=40), st.data())
def test_ranks_are_compared_as_scipy_does(values, data):
    size = data.draw(st.integers(1, len(values) - 1))
    scores = np.array(values, dtype=np.float64)
    test = rank_test(scores, Members(np.zeros(size, dtype=np.int64), np.arange(size), 1))
    if len(set(values)) > 1:
        expected = stats.mannwhitneyu(scores[:size], scores[size:], method="asymptotic")
        assert test.p_value[0] == pytest.approx(expected.pvalue)
        assert test.above[0] * size * (len(values) - size) == pytest.approx(expected.statistic)
    else:
        assert (test.p_value[0], test.above[0]) == (1.0, 0.5)


@given(st.integers(1, 60), st.data())
def test_over_representation_is_fishers_one_sided_test(background, data):
    selected, size = (data.draw(st.integers(0, background)) for _ in range(2))
    hits = data.draw(st.integers(max(0, size + selected - background), min(size, selected)))
    table = [[hits, size - hits], [selected - hits, background - size - selected + hits]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    assert over_representation(background, selected, np.array([size]), np.array([hits]))[0] == pytest.approx(expected, abs=1e-12)


def measured(**columns):
    names = ("log2_fold_change", "p_value", "adjusted_p_value")
    size = len(columns["gene_id"])
    table = {name: pa.array(columns.get(name, [None] * size), pa.float64()) for name in names}
    fold = [None if v is None else 2**v for v in columns["log2_fold_change"]]
    return pa.table({"gene_id": columns["gene_id"], "fold_change": pa.array(fold, pa.float64()), **table})


def members_of(**pathways):
    pairs = [(name, gene) for name, genes in pathways.items() for gene in genes]
    return pa.table({"pathway_id": [p for p, _ in pairs], "gene_id": [g for _, g in pairs]})


def test_a_gene_that_could_not_be_selected_is_no_background_and_one_without_p_value_has_no_rank():
    genes = [f"g{n}" for n in range(20)]
    padj = [0.001] * 5 + [0.5] * 5 + [None] * 10
    counted = count_pathways(
        measured(gene_id=genes, log2_fold_change=[2.0] * 10 + [-3.0] * 10, p_value=[0.01] * 15 + [None] * 5, adjusted_p_value=padj),
        members_of(a=genes[:6], b=genes[4:12], c=genes[10:], d=[*genes[:4], "unmeasured"]),
    )
    assert counted.facts == {
        "background": 10, "up_genes": 5, "down_genes": 0, "ranked_genes": 15,
        "ranked_by": "-log10(p value) with the sign of the change", "tested": 2,
    }  # fmt: skip
    assert counted.hits["pathway_id"] == ["a", "b"]
    assert counted.hits["measured_genes"].tolist() == [6, 6]
    assert counted.hits["up_genes"].tolist() == [5, 1]


def test_without_p_values_all_genes_are_background_and_the_change_ranks():
    genes = [f"g{n}" for n in range(12)]
    counted = count_pathways(
        measured(gene_id=genes, log2_fold_change=[float(6 - n) for n in range(12)]), members_of(top=genes[:5], low=genes[7:])
    )
    assert (counted.facts["background"], counted.facts["up_genes"], counted.facts["ranked_by"]) == (12, 5, "log2 fold change")
    assert counted.hits["ranked_above"].tolist() == [1.0, 0.0]
    assert counted.hits["up_p_value"][0] == pytest.approx(1 / 792)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_patient_without_measured_pathways_has_none_tested(rows):
    table = measured(gene_id=pa.array(["x"] * rows, pa.string()), log2_fold_change=[1.5] * rows)
    assert count_pathways(table, members_of(a=["g1"])).facts["tested"] == 0


def test_p_values_of_zero_rank_outermost_and_give_numbers():
    genes = [f"g{n}" for n in range(12)]
    counted = count_pathways(
        measured(gene_id=genes, log2_fold_change=[1.0] * 6 + [-1.0] * 6, p_value=[0.0] * 12), members_of(a=genes[:6], b=genes[6:])
    )
    assert counted.hits["ranked_above"].tolist() == [1.0, 0.0]
    assert np.isfinite(counted.hits["rank_p_value"]).all()


@pytest.fixture
def live(conn, settings):
    create_annotated(conn)
    deploy_questions(conn, settings)
    return conn


@pytest.mark.pg
def test_pathways_are_counted_once_per_content_and_anew_after_a_corrected_file(live, settings):
    rows = [(symbol, 2.0 if symbol in ("TP53", "ERBB2", "EGFR", "MYC", "BRCA1", "PTEN") else -2.0) for symbol in GENES]
    import_reading(live, settings, "P-1", reading(rows))
    first = enrich(live, settings, "P-1")
    assert (first.tested, first.background, first.up_genes, first.down_genes, first.is_unchanged) == (2, 12, 6, 6, False)
    view = (
        "select pathway_id, up_genes, up_p_value, ranked_above, pathway_name from mediabase_patients.patient_pathway_enrichment order by 1"
    )
    stored = live.execute(view).fetchall()
    assert [row[:2] for row in stored] == [("R-HSA-1", 6), ("R-HSA-2", 0)]
    assert stored[0][2:] == (pytest.approx(1 / 924), 1.0, "Signaling by ERBB2, <b>all</b>")
    assert enrich(live, settings, "P-1").is_unchanged
    live.execute("delete from public.gene_pathways where pathway_id = 'R-HSA-2'")
    changed = enrich(live, settings, "P-1")
    assert (changed.is_unchanged, changed.tested) == (False, 1)
    current = "select is_current from mediabase_patients.patient_enrichments"
    assert live.execute(current).fetchone() == (True,)
    import_reading(live, settings, "P-1", reading([(symbol, 0.1) for symbol in GENES]))
    assert live.execute(current).fetchone() == (False,)
    assert enrich(live, settings, "P-1").up_genes == 0
    with pytest.raises(PatientError, match="no patient 'P-2'"):
        enrich(live, settings, "P-2")


@pytest.mark.real_data
@pytest.mark.skipif(not (DATA / "patients").exists(), reason=f"no real data at {DATA}")
def test_dexamethasone_raises_metallothioneins_in_airway_cells_as_is_published():
    # Himes et al. 2014, GSE52778; metallothioneins are classical targets of glucocorticoids. The p values of the up-regulated genes are
    # those that gseapy 1.3.1 (enrich, same background) gives for the same file and pathways.
    counted = count_pathways(*_airway())
    hits = {name: row for row, name in enumerate(counted.hits["pathway_id"])}
    best = counted.hits["pathway_id"][int(np.argmin(counted.hits["up_p_value"]))]
    assert best == "Metallothioneins bind metals"
    for name, p in GSEAPY.items():
        assert counted.hits["up_p_value"][hits[name]] == pytest.approx(p, rel=1e-9), name
    assert counted.hits["ranked_above"][hits[best]] > 0.8


def _airway():
    """The measured genes by symbol, the first row of each, and Reactome's pathways."""
    nulls = pacsv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True)
    table = pacsv.read_csv(DATA / "patients" / "airway_dex_ensembl_id_symbol.csv", convert_options=nulls)
    rows = {}
    for row in table.select(["symbol", "log2FoldChange", "pvalue", "padj"]).to_pylist():
        if row["symbol"] and row["log2FoldChange"] is not None:
            rows.setdefault(row["symbol"], row)
    with gzip.open(DATA / "sources" / "reactome" / "ReactomePathways.gmt.gz", "rt") as lines:
        pathways = {name: sorted(set(genes)) for name, _, *genes in (line.rstrip("\n").split("\t") for line in lines)}
    names = {"log2_fold_change": "log2FoldChange", "p_value": "pvalue", "adjusted_p_value": "padj"}
    columns = {name: [row[header] for row in rows.values()] for name, header in names.items()}
    return measured(gene_id=list(rows), **columns), members_of(**pathways)
