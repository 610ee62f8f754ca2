"""Rows, genes and transcripts in forms that public reports show: read, or set aside value by value; no run stops, nothing vanishes.

One migration of all cases. Each of them names its source; ids, symbols and values are invented.
"""

import itertools
import json

import pytest

from mediabase_assets.lib.legacy_table import add_keys_and_indexes, create_legacy_table
from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

_number = itertools.count(1)
ROWS: list[dict] = []


def ids():
    """A gene id and a transcript id that nobody uses."""
    n = next(_number)
    return f"ENSG{66000000000 + n}", f"ENST{66000000000 + n}"


def row(symbol, gene_id="own", transcript_id="own", **values):
    """Add a healthy row, changed as told; returns its gene id and its transcript id as they are written."""
    gene, transcript = ids()
    made = {
        "transcript_id": transcript if transcript_id == "own" else transcript_id,
        "gene_symbol": symbol,
        "gene_id": gene if gene_id == "own" else gene_id,
        "gene_type": "lncRNA",
        "chromosome": "chr3",
        "coordinates": {"start": 500, "end": 900, "strand": 1},
        "features": {"TSL": "2", "annotation_level": "2", "annotation_tags": "basic"},
        "alt_transcript_ids": {},
    } | values
    ROWS.append(made)
    return made["gene_id"], made["transcript_id"]


# ------------------------------------------------------------------------------------------------- chromosomes and types

#: As written, and as shown (None: set aside for that reason).
#: https://github.com/hail-is/hail/pull/9694, https://github.com/openvax/pyensembl/pull/226, https://github.com/SACGF/cdot/issues/49,
#: https://github.com/uclahs-cds/package-moPepGen/issues/109, https://github.com/RabadanLab/arcasHLA/issues/62
CHROMOSOMES = {
    "chr3": "chr3", "3": "chr3", "03": "chr3", "3.0": "chr3", "CHR3": "chr3", "Chr3": "chr3", "chr03": "chr3", " chr3 ": "chr3",
    "X": "chrX", "x": "chrX", "chrx": "chrX", "CHRY": "chrY", "MT": "chrM", "chrMT": "chrM", "M": "chrM", "chrmt": "chrM",
    "NC_000003.11": "chr3", "NC_000023.11": "chrX", "NC_000024.9": "chrY", "NC_012920.1": "chrM", "NC_000010": "chr10",
    "CM000665.2": "chr3", "NC_060927.1": "chr3", "chromosome 3": "chr3", "chr\u200b3": "chr3",
    "chr6_cox_hap2": "chr6_cox_hap2", "chr6_GL000251v2_alt": "chr6_GL000251v2_alt", "chrUn_KI270742v1": "chrUn_KI270742v1",
    "chr1_gl000192_random": "chr1_gl000192_random", "chr4_random": "chr4_random", "CHR6_COX_HAP2": "CHR6_COX_HAP2",
    "CHR_HSCHR6_MHC_COX_CTG1": "CHR_HSCHR6_MHC_COX_CTG1", "HSCHR17_CTG5_HAP1": "HSCHR17_CTG5_HAP1", "HG1012_PATCH": "HG1012_PATCH",
    "HSCHR17_1": "HSCHR17_1", "HG142_HG150_NOVEL_TEST": "HG142_HG150_NOVEL_TEST", "GL000194.1": "GL000194.1", "KI270711.1": "KI270711.1",
    "NT_113901.1": "NT_113901.1", "NW_003571033.2": "NW_003571033.2",
    "chr99": None, "0": None, "23": None, "25": None, "chr3q26": None, "3;4": None, "\uff13": None, "Un": None, "NC_000025.1": None,
    "-": None, "NA": None, ".": None, "nan": None,
}  # fmt: skip
_OF_CHROMOSOME = {written: row(f"CHRX{i}", chromosome=written) for i, written in enumerate(CHROMOSOMES)}

#: https://github.com/The-Sequence-Ontology/SO-Ontologies/issues/580, https://github.com/openvax/pyensembl/pull/27
BIOTYPES = {
    "3prime_overlapping_ncRNA": "3prime_overlapping_ncRNA", "protein-coding": "protein-coding", "ncRNA": "ncRNA", "pseudo": "pseudo",
    "TEC": "TEC", "IG_C_gene": "IG_C_gene", "biological-region": "biological-region", "RNase_P_RNA": "RNase_P_RNA", "other": "other",
    " lncRNA ": "lncRNA", "lnc\u00adRNA": "lncRNA",
    "RNA, long non-coding": None, "-": None, "NA": None, "None": None, "7": None, "\uff13prime": None, "x" * 300: None,
}  # fmt: skip
_OF_BIOTYPE = {written: row(f"TYPEX{i}", gene_type=written) for i, written in enumerate(BIOTYPES)}

# --------------------------------------------------------------------------------------------------------------- ids
#: https://github.com/diekhans/gencode-backmap/issues/4 and 5
_LIFTED = [
    row("LIFTX1", f"{ids()[0]}.5_2", f"{ids()[1]}.2_1"),
    row("LIFTX2", f"{ids()[0]}.15_6_PAR_Y", f"{ids()[1]}.3_4_PAR_Y", chromosome="chrY"),
]
_LIFTED_UNDER_BARE = row("LIFTX3", "own", f"{ids()[1]}.1_2")
_LIFTED_TOLD = row("LIFTX4", features={"gene_id_versioned": "ENSG66000000000.1_3"})
#: https://github.com/SACGF/variantgrid/issues/477
_HIDDEN = {
    name: row(symbol, "own" if name != "gene_id" else f"{ids()[0][:9]}\u200d{ids()[0][9:]}")
    for name, symbol in {
        "inside": "HID\u200dX1", "ends": "\u2060HIDX2\u00ad", "direction": "\u202aHIDX3\u202c", "selector": "HIDX4\ufe0f", "tag": "HIDX5\U000e0041",
        "control": "HIDX6\x1f", "gene_id": "HIDX7",
    }.items()
}  # fmt: skip
_HIDDEN_NAME = row("HIDX8", alt_transcript_ids={"transcript_name": "HIDX8\u200b-201", "CCDS": "CCDS\u2060771.1"})
#: https://github.com/biothings/mygene.info/issues/94
_PLACEHOLDERS = {
    written: row(f"NOTHX{i}", alt_transcript_ids={"HAVANA": written, "CCDS": written, "transcript_name": written, "RefSeq_protein": written},
                 uniprot_ids=[written], features={"TSL": written, "annotation_tags": written})
    for i, written in enumerate(["-", ".", "N/A", "null", "None", "nan", "#N/A", "<NA>"])
}  # fmt: skip
_BAD_IDS = row(
    "BADX1",
    alt_transcript_ids={
        "HAVANA": "OTTMUST00000000001", "CCDS": "CCDS-x", "transcript_name": "y" * 300, "RefSeq_protein": "ENSMUSP00000000001.3",
    },
)  # fmt: skip
_LIFTED_HAVANA = row("BADX2", alt_transcript_ids={"HAVANA": "OTTHUMT00000066601.3_1"}, alt_gene_ids={"HAVANA": "OTTHUMG00000066602.3_4"})
#: https://github.com/Ensembl/ensembl/issues/744
_CONTRADICTING = {
    "gene": row("REKEYX1", features={"gene_id_versioned": "ENSG66999999999.2"}),
    "transcript": row("REKEYX2", features={"transcript_id_versioned": "ENST66999999999.2"}),
    "version": row("REKEYX3", "own", f"{ids()[1]}.3", features={}),
    "none": row("REKEYX4", features={"gene_id_versioned": "what is this", "transcript_id_versioned": "-"}),
    "species": row("REKEYX5", features={"gene_id_versioned": "ENSMUSG00000066603.2"}),
}
ROWS[-3]["features"] = {"transcript_id_versioned": _CONTRADICTING["version"][1].split(".")[0] + ".4"}
#: https://github.com/biothings/mygene.info/issues/167
SPECIES = [
    "ENSMUSG00000066604", "ENSMUSG00000066604.3", "ENSRNOG00000066605", "ENSDARG00000066606.1", "FBgn0066607", "WBGene00066608", "MGI:66609",
    "ZDB-GENE-660610-1", "VGNC:66611", "mmu:66612", "YAL066W",
]  # fmt: skip
_HUMAN = row("SPECX", uniprot_ids=["P66000"])
_FOREIGN = {
    written: row("SPECX", written, uniprot_ids=[f"P66{i:03d}"], drugs={f"66{i:03d}": {"name": f"foreigndrug{i}"}})
    for i, written in enumerate([*SPECIES, "6661", "HGNC:66", "NM_006661.2", "TP53"], start=1)
}
_FOREIGN_ELSEWHERE = {
    "features": row("SPECX", None, features={"gene_id_versioned": "ENSMUSG00000066613.1"}, uniprot_ids=["P66101"]),
    "alt_gene_ids": row("SPECX", "-", alt_gene_ids={"Ensembl": "ENSRNOG00000066614"}, uniprot_ids=["P66102"]),
    "transcript": row("SPECX2", "own", "ENSMUST00000066615", uniprot_ids=["P66103"]),
}
_RESOLVED = {
    "placeholder": row("SPECX", "NA", features={}, uniprot_ids=["P66104"]),
    "bad id, features": row("SPECX9", "66615", features={"gene_id_versioned": _HUMAN[0] + ".1"}, uniprot_ids=["P66105"]),
}
# ------------------------------------------------------------------------------------------------------------ levels and tags
#: https://github.com/openvax/pyensembl/issues/214, https://github.com/pandas-dev/pandas/issues/20717
LEVELS = {  # TSL, annotation_level: support_level, annotation_level
    ("1", "3"): (1, 3), (1, 3): (1, 3), (1.0, 2.0): (1, 2), ("5.0", "1.0"): (5, 1), ("1 (assigned to previous version 5)", None): (1, None),
    ("NA", None): (None, None), ("6", "4"): (None, None), (0, 0): (None, None), ("-1", "-1"): (None, None), (True, True): (None, None),
    (1.5, 1.5): (None, None), ("\uff11", "\u0661"): (None, None), ("1e0", "99999999999999999999"): (None, None), ("one", "two"): (None, None),
}  # fmt: skip
_OF_LEVEL = {
    levels: row(f"LEVX{i}", features={"TSL": levels[0], "annotation_level": levels[1]}) for i, levels in enumerate(LEVELS)
}  # fmt: skip
#: https://github.com/Ensembl/ensembl-io/pull/156, https://github.com/openvax/gtfparse/pull/8
TAGS = {
    '["basic", "MANE_Select"]': ["basic", "MANE_Select"], '"basic,CCDS"': ["basic", "CCDS"], '["basic,CCDS", "TAGES"]': ["basic", "CCDS", "TAGES"],
    '["basic", null, ""]': ["basic"], "[]": None, '{"basic": true}': None, "null": None, '"NA"': None, '"basic"': ["basic"],
}  # fmt: skip
_OF_TAGS = {tags: row(f"TAGX{i}", features={"annotation_tags": json.loads(tags)}) for i, tags in enumerate(TAGS)}
#: https://github.com/jrderuiter/pybiomart/issues/8, https://github.com/kjolley/BIGSdb/issues/202
STRANDS = {
    1: 1, -1: -1, 1.0: 1, "-1.0": -1, "+": 1, "-": -1, "\u22121": -1, ".": None, "\uff11": None,
}  # fmt: skip
_OF_STRAND = {str(s): row(f"STRX{i}", coordinates={"start": 5.0, "end": "9.0", "strand": s}) for i, s in enumerate(STRANDS)}
_WIDE = row("WIDEX1", coordinates={"start": "\uff11\uff12", "end": "\uff14\uff15", "strand": 1}, ncbi_ids=["\uff11\uff19", "66.0"],
            alt_gene_ids={"OMIM": "660001.0", "HGNC": "HGNC:\uff16"})  # fmt: skip
# ------------------------------------------------------------------------------------------------------------------ symbols
#: https://doi.org/10.1186/s13059-016-1044-7, https://doi.org/10.1371/journal.pcbi.1008984
DATES = [
    "1-Mar", "01-Mar", "2-Sep", "Mar-01", "Sep-2002", "2023-03-01", "2023-03-01 00:00:00", "01/03/2023", "3/1", "43891", "43891.0", "2.31E+13",
    "2,31E+13", "1. Mrz", "4-Okt", "1-Sept", "01-DEC-2021",
]  # fmt: skip
_OF_DATE = {date: [row(date), row(date)] for date in DATES}
REAL_SYMBOLS = ["MARCHX1", "SEPTX2", "DECX1", "OCTX-4", "7SKX", "5S_rRNAX", "NKXX2-1", "H4C-16X", "RP66-1P2.3", "3.8-1.5"]
_OF_REAL = {symbol: row(symbol) for symbol in REAL_SYMBOLS}
_ONE_GOOD = row("GOODX1")
row("1-Mar", _ONE_GOOD[0])
_NAMELESS = [row("-"), row("NA"), row("-"), row("#NAME?"), row(" \u200b ")]
# ------------------------------------------------------------------------------------------- arrays, moved rows, votes of rows
#: https://github.com/supabase/etl/pull/929, https://github.com/lib/pq/issues/1128
_FLAT = row("DIMX1", uniprot_ids="{{P66201,P66202},{P66203,NULL}}", ncbi_ids="[0:1]={6601,6602}", refseq_ids="{{{NM_066001.1}}}",
            pathways='{{"Two dims [Reactome:R-HSA-6600001]"},{"More [Reactome:R-HSA-6600002]"}}', molecular_functions='{{"dim a"},{""}}',
            product_type="{{enzyme},{kinase}}", pdb_ids='[3:4]={1ABC,""}')  # fmt: skip
#: https://github.com/Ensembl/ensembl/issues/744, https://github.com/jmw86069/splicejam/issues/1
_MOVED_TRANSCRIPT = ids()[1]
_MOVED = [
    row("MOVEX1", "own", _MOVED_TRANSCRIPT + ".1", drugs={"66301": {"name": "moveddrug"}}, uniprot_ids=["P66301"]),
    row("MOVEX2", "own", _MOVED_TRANSCRIPT + ".2"),
]
_ONLY_BAD = row(
    "ONLYX1", "own", "ENSTx|ENSGy|", drugs={"66302": {"name": "onlydrug"}}, go_terms={"GO:0066001": {"term": "t66", "evidence": "IDA"}}
)
_VOTES = row("VOTEX1", gene_type="miRNA")
row("VOTEX1", _VOTES[0], "ENST66|a", gene_type="snRNA")
row("VOTEX1", _VOTES[0], "ENST66|b", gene_type="snRNA")
_VERSION_ZERO = row("ZEROX1", f"{ids()[0]}.0", f"{ids()[1]}.00")
_PAR = row("PARX1", chromosome="chrX", features={"transcript_id_versioned": "ENST66999999998.6_2_PAR_Y"})
_SAME_LOCUS = row("LOCX1", chromosome="X")
row("LOCX1", _SAME_LOCUS[0], chromosome="chrX")


@pytest.fixture(scope="module")
def odd(pipeline_home):
    """All cases, migrated once."""
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect() as conn:
            create_legacy_table(conn, "public", "cancer_transcript_base")
            for values in ROWS:
                texts = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in values.items()}
                columns = ", ".join(texts)
                marks = ", ".join(
                    "%s" if not isinstance(v, str) or not v.startswith(("{", "[")) or k in JSON else "%s::text[]" for k, v in texts.items()
                )
                conn.execute(f"insert into cancer_transcript_base ({columns}) values ({marks})", list(texts.values()))
            add_keys_and_indexes(conn, "public", "cancer_transcript_base")
        result = this.migrate()
        assert result.success, (harness.failed_steps(result), harness.failed_checks(result))
        yield this


JSON = {"coordinates", "features", "alt_transcript_ids", "alt_gene_ids", "drugs", "go_terms"}


def quarantined(this, transcript, column, path="$"):
    """Reasons and raw values of a value of a row that was set aside."""
    return this.rows(
        "select reason, raw_value from mediabase_ops.quarantine where transcript_id = %s and legacy_column = %s and json_path = %s",
        transcript, column, path,
    )  # fmt: skip


def repaired(this, transcript, column, path="$"):
    """Reasons for which a value of a row was changed."""
    return {
        r
        for (r,) in this.rows(
            "select reason from mediabase_ops.repairs where transcript_id = %s and legacy_column = %s and json_path = %s",
            transcript, column, path,
        )
    }  # fmt: skip


def test_every_account_balances_and_every_row_is_somewhere(odd):
    assert odd.rows("select * from mediabase_ops.row_account where facts_read <> kept + merged + repaired + quarantined + archived") == []
    assert odd.value("select sum(facts) from mediabase_ops.round_trip where explanation = 'unexplained'") is None
    rows = odd.value("select count(*) from transcripts") + odd.value(
        "select count(*) from mediabase_ops.quarantine where legacy_column = 'transcript_id'"
    )
    assert rows == len(ROWS)


@pytest.mark.parametrize("written", CHROMOSOMES)
def test_chromosomes(odd, written):
    gene, transcript = _OF_CHROMOSOME[written]
    expected = CHROMOSOMES[written]
    assert odd.value("select chromosome from genes where gene_id = %s", gene) == expected
    assert odd.value("select chromosome from transcripts where transcript_id = %s", transcript) == expected
    if expected is None:
        reason = "placeholder" if written in ("-", "NA", ".", "nan") else "unknown_chromosome"
        assert quarantined(odd, transcript, "chromosome") == [(reason, written)]
    elif expected != written:
        reason = {" chr3 ": "white_space"}.get(written, "chromosome_spelling")
        assert repaired(odd, transcript, "chromosome") == {reason if "\u200b" not in written else "invisible_characters"}


def test_names_of_one_chromosome_are_no_conflict_of_places(odd):
    assert odd.value("select count(*) from transcripts where gene_id = %s", _SAME_LOCUS[0]) == 2
    assert odd.value("select count(*) from mediabase_ops.repairs where gene_id = %s and reason = 'locus_differs'", _SAME_LOCUS[0]) == 0


@pytest.mark.parametrize("written", BIOTYPES)
def test_biotypes(odd, written):
    gene, transcript = _OF_BIOTYPE[written]
    assert odd.value("select gene_type from genes where gene_id = %s", gene) == BIOTYPES[written]
    if BIOTYPES[written] is None:
        reason = "placeholder" if written in ("-", "NA", "None") else "unknown_biotype"
        assert quarantined(odd, transcript, "gene_type") == [(reason, written)]


def test_lifted_ids(odd):
    for gene, transcript in _LIFTED:
        version = int(gene.split(".")[1].split("_")[0])
        assert odd.rows("select gene_id, gene_version from genes where gene_id = %s", gene[:15]) == [(gene[:15], version)]
        assert odd.value("select gene_id from transcripts where transcript_id = %s", transcript[:15]) == gene[:15]
        assert {"lifted_id", "versioned_id"} <= repaired(odd, transcript, "gene_id") & repaired(odd, transcript, "transcript_id")
    assert odd.value("select is_par from genes where gene_id = %s", _LIFTED[1][0][:15])
    assert [r for r, _ in quarantined(odd, _LIFTED_UNDER_BARE[1], "transcript_id")] == ["bad_transcript_id"]
    assert [r for r, _ in quarantined(odd, _LIFTED_TOLD[1], "features", "$.gene_id_versioned")] == ["contradicting_id"]
    assert odd.value("select havana_id from transcripts where transcript_id = %s", _LIFTED_HAVANA[1]) == "OTTHUMT00000066601.3"
    assert repaired(odd, _LIFTED_HAVANA[1], "alt_transcript_ids", "$.HAVANA") == {"lifted_id"}
    assert odd.rows("select external_id, external_version from gene_cross_references where gene_id = %s", _LIFTED_HAVANA[0]) == [
        ("OTTHUMG00000066602", 3)
    ]


def test_invisible_characters(odd):
    visible = [f"HIDX{i}" for i in range(1, 9)]
    assert [s for (s,) in odd.rows("select gene_symbol from genes where gene_symbol = any(%s) order by 1", visible)] == visible
    for _, transcript in _HIDDEN.values():
        found = repaired(odd, transcript, "gene_symbol") | repaired(odd, transcript, "gene_id")
        assert found == {"invisible_characters"}
    assert odd.rows("select transcript_name, ccds_id from transcripts where transcript_id = %s", _HIDDEN_NAME[1]) == [
        ("HIDX8-201", "CCDS771.1")
    ]
    assert repaired(odd, _HIDDEN_NAME[1], "alt_transcript_ids", "$.CCDS") == {"invisible_characters"}


@pytest.mark.parametrize("written", _PLACEHOLDERS)
def test_placeholders_are_nothing(odd, written):
    _, transcript = _PLACEHOLDERS[written]
    columns = "havana_id, ccds_id, transcript_name, ensembl_protein_id, support_level, tags"
    assert odd.rows(f"select {columns} from transcripts where transcript_id = %s", transcript) == [(None,) * 6]
    for key in ("HAVANA", "CCDS", "transcript_name", "RefSeq_protein"):
        assert quarantined(odd, transcript, "alt_transcript_ids", f"$.{key}") == [("placeholder", written)]
    for key in ("TSL", "annotation_tags"):
        assert quarantined(odd, transcript, "features", f"$.{key}") == [("placeholder", written)]
    assert quarantined(odd, transcript, "uniprot_ids", "$[0]") == [("placeholder", written)]


def test_identifiers_of_another_form_are_set_aside_and_their_rows_stay(odd):
    _, transcript = _BAD_IDS
    assert odd.value("select count(*) from transcripts where transcript_id = %s", transcript) == 1
    reasons = {
        k: quarantined(odd, transcript, "alt_transcript_ids", f"$.{k}") for k in ROWS_BY_TRANSCRIPT[transcript]["alt_transcript_ids"]
    }
    assert {k: r[0][0] for k, r in reasons.items()} == {
        "HAVANA": "bad_identifier", "CCDS": "bad_identifier", "transcript_name": "value_too_long", "RefSeq_protein": "other_species",
    }  # fmt: skip


def test_ids_that_contradict_the_rows_own_are_set_aside(odd):
    told = {
        "gene": ("$.gene_id_versioned", "contradicting_id"), "transcript": ("$.transcript_id_versioned", "contradicting_id"),
        "version": ("$.transcript_id_versioned", "contradicting_id"), "none": ("$.gene_id_versioned", "bad_identifier"),
        "species": ("$.gene_id_versioned", "other_species"),
    }  # fmt: skip
    for name, (path, reason) in told.items():
        gene, transcript = _CONTRADICTING[name]
        assert odd.value("select gene_id from transcripts where transcript_id = %s", transcript[:15]) == gene
        assert [r for r, _ in quarantined(odd, transcript, "features", path)] == [reason]
    assert [r for r, _ in quarantined(odd, _CONTRADICTING["none"][1], "features", "$.transcript_id_versioned")] == ["placeholder"]


@pytest.mark.parametrize("written", _FOREIGN)
def test_a_row_of_another_species_is_not_of_the_human_gene_of_its_symbol(odd, written):
    _, transcript = _FOREIGN[written]
    reason = "other_species" if written in SPECIES else "bad_gene_id"
    assert [r for r, _ in quarantined(odd, transcript, "transcript_id")] == [reason]
    values = ROWS_BY_TRANSCRIPT[transcript]
    assert odd.value("select count(*) from gene_cross_references where external_id = any(%s)", values["uniprot_ids"]) == 0
    assert [r for r, _ in quarantined(odd, transcript, "uniprot_ids")] == [reason]
    assert [r for r, _ in quarantined(odd, transcript, "drugs")] == [reason]


def test_where_the_species_is_told_elsewhere_it_counts_too(odd):
    for name in ("features", "alt_gene_ids", "transcript"):
        assert [r for r, _ in quarantined(odd, _FOREIGN_ELSEWHERE[name][1], "transcript_id")] == ["other_species"]
    found = {
        i for (i,) in odd.rows("select external_id from gene_cross_references where gene_id = %s and external_db = 'UniProt'", _HUMAN[0])
    }
    assert found == {"P66000", "P66104", "P66105"}
    assert repaired(odd, _RESOLVED["placeholder"][1], "gene_id") == {"missing_gene_id"}
    assert repaired(odd, _RESOLVED["bad id, features"][1], "gene_id") == {"bad_gene_id"}


@pytest.mark.parametrize("levels", LEVELS, ids=str)
def test_levels(odd, levels):
    _, transcript = _OF_LEVEL[levels]
    assert odd.rows("select support_level, annotation_level from transcripts where transcript_id = %s", transcript) == [LEVELS[levels]]
    for key, written, read in zip(("TSL", "annotation_level"), levels, LEVELS[levels], strict=True):
        if read is None and written not in (None, "NA"):
            assert [r for r, _ in quarantined(odd, transcript, "features", f"$.{key}")] == ["unreadable_value"]
        elif str(written) == f"{read}.0":
            assert repaired(odd, transcript, "features", f"$.{key}") == {"integer_as_float"}


@pytest.mark.parametrize("tags", TAGS)
def test_tags(odd, tags):
    _, transcript = _OF_TAGS[tags]
    assert odd.value("select tags from transcripts where transcript_id = %s", transcript) == TAGS[tags]
    if tags.startswith("[") and TAGS[tags]:
        assert repaired(odd, transcript, "features", "$.annotation_tags") == {"array_salvaged"}


@pytest.mark.parametrize("strand", _OF_STRAND)
def test_strands_and_coordinates_as_floats(odd, strand):
    expected = {str(k): v for k, v in STRANDS.items()}[strand]
    found = odd.value("select genomic_coordinates from genes where gene_id = %s", _OF_STRAND[strand][0])
    assert found == {"start": 5, "end": 9, "strand": expected}


def test_numbers_in_other_digits_are_unreadable_and_decimal_points_are_not(odd):
    gene, transcript = _WIDE
    assert [r for r, _ in quarantined(odd, transcript, "coordinates")] == ["bad_coordinates"]
    assert odd.rows("select external_db, external_id from gene_cross_references where gene_id = %s order by 1", gene) == [
        ("NCBI", "66"), ("OMIM", "660001"),
    ]  # fmt: skip
    assert [r for r, _ in quarantined(odd, transcript, "ncbi_ids", "$[0]")] == ["bad_identifier"]
    assert [r for r, _ in quarantined(odd, transcript, "alt_gene_ids", "$.HGNC")] == ["bad_identifier"]
    assert repaired(odd, transcript, "ncbi_ids", "$[1]") == {"integer_as_float"}


@pytest.mark.parametrize("date", DATES)
def test_what_a_spreadsheet_made_of_a_symbol_is_none(odd, date):
    for gene, transcript in _OF_DATE[date]:
        assert odd.rows("select gene_symbol, symbol_source from genes where gene_id = %s", gene) == [(gene, "gene_id")]
        assert quarantined(odd, transcript, "gene_symbol") == [("spreadsheet_date", date)]


def test_real_symbols_are_never_dates(odd):
    for symbol, (gene, _) in _OF_REAL.items():
        assert odd.value("select gene_symbol from genes where gene_id = %s", gene) == symbol
    assert odd.value("select gene_symbol from genes where gene_id = %s", _ONE_GOOD[0]) == "GOODX1"


def test_genes_without_a_symbol_do_not_compete_for_a_dash(odd):
    for gene, transcript in _NAMELESS:
        assert odd.rows("select gene_symbol, symbol_source from genes where gene_id = %s", gene) == [(gene, "gene_id")]
        assert repaired(odd, transcript, "gene_symbol") <= {"missing_symbol", "blank_symbol"}


def test_arrays_of_several_dimensions_and_other_bounds(odd):
    gene, transcript = _FLAT
    found = odd.rows("select external_db, external_id from gene_cross_references where gene_id = %s order by 1, 2", gene)
    assert found == [
        ("NCBI", "6601"), ("NCBI", "6602"), ("PDB", "1ABC"), ("RefSeq", "NM_066001"), ("UniProt", "P66201"), ("UniProt", "P66202"),
        ("UniProt", "P66203"),
    ]  # fmt: skip
    assert odd.value("select count(*) from gene_pathways where gene_id = %s", gene) == 2
    products = odd.rows("select product_type from transcript_products where transcript_id = %s order by 1", transcript)
    assert products == [("enzyme",), ("kinase",)]
    flattened = odd.rows(
        "select legacy_column from mediabase_ops.repairs where gene_id = %s and reason = 'array_flattened' order by 1", gene
    )
    assert flattened == [("molecular_functions",), ("pathways",), ("product_type",), ("refseq_ids",), ("uniprot_ids",)]
    assert quarantined(odd, transcript, "uniprot_ids", "$[3]") == [("blank_value", None)]


def test_a_transcript_that_moved_and_a_gene_without_rows(odd):
    assert odd.value("select gene_id from transcripts where transcript_id = %s", _MOVED_TRANSCRIPT) == _MOVED[1][0]
    assert odd.rows(
        "select reason, winner from mediabase_ops.quarantine where transcript_id = %s and legacy_column = 'transcript_id'", _MOVED[0][1]
    ) == [("duplicate_transcript", _MOVED[1][1])]
    for gene, transcript, drug in ((*_MOVED[0], "moveddrug"), (*_ONLY_BAD, "onlydrug")):
        assert odd.value("select count(*) from genes where gene_id = %s", gene) == 0
        assert [r for r, _ in quarantined(odd, transcript, "gene_id")] == ["gene_without_transcripts"]
        assert drug in str(quarantined(odd, transcript, "drugs"))


def test_rows_in_quarantine_have_a_vote_on_the_gene(odd):
    assert odd.rows("select gene_type, source_transcript_count from genes where gene_id = %s", _VOTES[0]) == [("snRNA", 1)]


def test_a_version_of_zero_is_none(odd):
    assert odd.rows("select gene_version from genes where gene_id = %s", _VERSION_ZERO[0][:15]) == [(None,)]
    assert repaired(odd, _VERSION_ZERO[1], "transcript_id") == {"versioned_id"}


def test_an_id_of_another_transcript_does_not_make_a_gene_par(odd):
    assert odd.rows("select is_par from genes where gene_id = %s", _PAR[0]) == [(False,)]


ROWS_BY_TRANSCRIPT = {r["transcript_id"]: r for r in ROWS}
