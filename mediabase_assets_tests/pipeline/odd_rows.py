"""Legacy rows in forms that public reports show, each made a row of our own: ids, symbols and values are invented.

Here belong the cases, each group with its source; what must come of them is in `test_odd_rows.py`.
"""

import itertools
import json

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
    "chr3": "chr3",
    "3": "chr3",
    "03": "chr3",
    "3.0": "chr3",
    "CHR3": "chr3",
    "Chr3": "chr3",
    "chr03": "chr3",
    " chr3 ": "chr3",
    "X": "chrX",
    "x": "chrX",
    "chrx": "chrX",
    "CHRY": "chrY",
    "MT": "chrM",
    "chrMT": "chrM",
    "M": "chrM",
    "chrmt": "chrM",
    "NC_000003.11": "chr3",
    "NC_000023.11": "chrX",
    "NC_000024.9": "chrY",
    "NC_012920.1": "chrM",
    "NC_000010": "chr10",
    "CM000665.2": "chr3",
    "NC_060927.1": "chr3",
    "chromosome 3": "chr3",
    "chr\u200b3": "chr3",
    "chr6_cox_hap2": "chr6_cox_hap2",
    "chr6_GL000251v2_alt": "chr6_GL000251v2_alt",
    "chrUn_KI270742v1": "chrUn_KI270742v1",
    "chr1_gl000192_random": "chr1_gl000192_random",
    "chr4_random": "chr4_random",
    "CHR6_COX_HAP2": "CHR6_COX_HAP2",
    "CHR_HSCHR6_MHC_COX_CTG1": "CHR_HSCHR6_MHC_COX_CTG1",
    "HSCHR17_CTG5_HAP1": "HSCHR17_CTG5_HAP1",
    "HG1012_PATCH": "HG1012_PATCH",
    "HSCHR17_1": "HSCHR17_1",
    "HG142_HG150_NOVEL_TEST": "HG142_HG150_NOVEL_TEST",
    "GL000194.1": "GL000194.1",
    "KI270711.1": "KI270711.1",
    "NT_113901.1": "NT_113901.1",
    "NW_003571033.2": "NW_003571033.2",
    "chr99": None,
    "0": None,
    "23": None,
    "25": None,
    "chr3q26": None,
    "3;4": None,
    "\uff13": None,
    "Un": None,
    "NC_000025.1": None,
    "-": None,
    "NA": None,
    ".": None,
    "nan": None,
}
OF_CHROMOSOME = {written: row(f"CHRX{i}", chromosome=written) for i, written in enumerate(CHROMOSOMES)}

#: https://github.com/The-Sequence-Ontology/SO-Ontologies/issues/580, https://github.com/openvax/pyensembl/pull/27
BIOTYPES = {
    "3prime_overlapping_ncRNA": "3prime_overlapping_ncRNA",
    "protein-coding": "protein-coding",
    "ncRNA": "ncRNA",
    "pseudo": "pseudo",
    "TEC": "TEC",
    "IG_C_gene": "IG_C_gene",
    "biological-region": "biological-region",
    "RNase_P_RNA": "RNase_P_RNA",
    "other": "other",
    " lncRNA ": "lncRNA",
    "lnc\u00adRNA": "lncRNA",
    "RNA, long non-coding": None,
    "-": None,
    "NA": None,
    "None": None,
    "7": None,
    "\uff13prime": None,
    "x" * 300: None,
}
OF_BIOTYPE = {written: row(f"TYPEX{i}", gene_type=written) for i, written in enumerate(BIOTYPES)}

# --------------------------------------------------------------------------------------------------------------- ids
#: https://github.com/diekhans/gencode-backmap/issues/4 and 5
LIFTED = [
    row("LIFTX1", f"{ids()[0]}.5_2", f"{ids()[1]}.2_1"),
    row("LIFTX2", f"{ids()[0]}.15_6_PAR_Y", f"{ids()[1]}.3_4_PAR_Y", chromosome="chrY"),
]
LIFTED_UNDER_BARE = row("LIFTX3", "own", f"{ids()[1]}.1_2")
LIFTED_TOLD = row("LIFTX4", features={"gene_id_versioned": "ENSG66000000000.1_3"})
#: https://github.com/SACGF/variantgrid/issues/477
HIDDEN = {
    name: row(symbol, "own" if name != "gene_id" else f"{ids()[0][:9]}\u200d{ids()[0][9:]}")
    for name, symbol in {
        "inside": "HID\u200dX1",
        "ends": "\u2060HIDX2\u00ad",
        "direction": "\u202aHIDX3\u202c",
        "selector": "HIDX4\ufe0f",
        "tag": "HIDX5\U000e0041",
        "control": "HIDX6\x1f",
        "gene_id": "HIDX7",
    }.items()
}
HIDDEN_NAME = row("HIDX8", alt_transcript_ids={"transcript_name": "HIDX8\u200b-201", "CCDS": "CCDS\u2060771.1"})
#: https://github.com/biothings/mygene.info/issues/94
PLACEHOLDERS = {
    written: row(
        f"NOTHX{i}",
        alt_transcript_ids={"HAVANA": written, "CCDS": written, "transcript_name": written, "RefSeq_protein": written},
        uniprot_ids=[written],
        features={"TSL": written, "annotation_tags": written},
    )
    for i, written in enumerate(["-", ".", "N/A", "null", "None", "nan", "#N/A", "<NA>"])
}
BAD_IDS = row(
    "BADX1",
    alt_transcript_ids={
        "HAVANA": "OTTMUST00000000001",
        "CCDS": "CCDS-x",
        "transcript_name": "y" * 300,
        "RefSeq_protein": "ENSMUSP00000000001.3",
    },
)
LIFTED_HAVANA = row("BADX2", alt_transcript_ids={"HAVANA": "OTTHUMT00000066601.3_1"}, alt_gene_ids={"HAVANA": "OTTHUMG00000066602.3_4"})
#: https://github.com/Ensembl/ensembl/issues/744
CONTRADICTING = {
    "gene": row("REKEYX1", features={"gene_id_versioned": "ENSG66999999999.2"}),
    "transcript": row("REKEYX2", features={"transcript_id_versioned": "ENST66999999999.2"}),
    "version": row("REKEYX3", "own", f"{ids()[1]}.3", features={}),
    "none": row("REKEYX4", features={"gene_id_versioned": "what is this", "transcript_id_versioned": "-"}),
    "species": row("REKEYX5", features={"gene_id_versioned": "ENSMUSG00000066603.2"}),
}
ROWS[-3]["features"] = {"transcript_id_versioned": CONTRADICTING["version"][1].split(".")[0] + ".4"}
#: https://github.com/biothings/mygene.info/issues/167
SPECIES = [
    "ENSMUSG00000066604",
    "ENSMUSG00000066604.3",
    "ENSRNOG00000066605",
    "ENSDARG00000066606.1",
    "FBgn0066607",
    "WBGene00066608",
    "MGI:66609",
    "ZDB-GENE-660610-1",
    "VGNC:66611",
    "mmu:66612",
    "YAL066W",
]
HUMAN = row("SPECX", uniprot_ids=["P66000"])
FOREIGN = {
    written: row("SPECX", written, uniprot_ids=[f"P66{i:03d}"], drugs={f"66{i:03d}": {"name": f"foreigndrug{i}"}})
    for i, written in enumerate([*SPECIES, "6661", "HGNC:66", "NM_006661.2", "TP53"], start=1)
}
FOREIGN_ELSEWHERE = {
    "features": row("SPECX", None, features={"gene_id_versioned": "ENSMUSG00000066613.1"}, uniprot_ids=["P66101"]),
    "alt_gene_ids": row("SPECX", "-", alt_gene_ids={"Ensembl": "ENSRNOG00000066614"}, uniprot_ids=["P66102"]),
    "transcript": row("SPECX2", "own", "ENSMUST00000066615", uniprot_ids=["P66103"]),
}
RESOLVED = {
    "placeholder": row("SPECX", "NA", features={}, uniprot_ids=["P66104"]),
    "bad id, features": row("SPECX9", "66615", features={"gene_id_versioned": HUMAN[0] + ".1"}, uniprot_ids=["P66105"]),
}
# ------------------------------------------------------------------------------------------------------------ levels and tags
#: https://github.com/openvax/pyensembl/issues/214, https://github.com/pandas-dev/pandas/issues/20717
LEVELS = {  # TSL, annotation_level: support_level, annotation_level
    ("1", "3"): (1, 3),
    (1, 3): (1, 3),
    (1.0, 2.0): (1, 2),
    ("5.0", "1.0"): (5, 1),
    ("1 (assigned to previous version 5)", None): (1, None),
    ("NA", None): (None, None),
    ("6", "4"): (None, None),
    (0, 0): (None, None),
    ("-1", "-1"): (None, None),
    (True, True): (None, None),
    (1.5, 1.5): (None, None),
    ("\uff11", "\u0661"): (None, None),
    ("1e0", "99999999999999999999"): (None, None),
    ("one", "two"): (None, None),
}
OF_LEVEL = {levels: row(f"LEVX{i}", features={"TSL": levels[0], "annotation_level": levels[1]}) for i, levels in enumerate(LEVELS)}
#: https://github.com/Ensembl/ensembl-io/pull/156, https://github.com/openvax/gtfparse/pull/8
TAGS = {
    '["basic", "MANE_Select"]': ["basic", "MANE_Select"],
    '"basic,CCDS"': ["basic", "CCDS"],
    '["basic,CCDS", "TAGES"]': ["basic", "CCDS", "TAGES"],
    '["basic", null, ""]': ["basic"],
    "[]": None,
    '{"basic": true}': None,
    "null": None,
    '"NA"': None,
    '"basic"': ["basic"],
}
OF_TAGS = {tags: row(f"TAGX{i}", features={"annotation_tags": json.loads(tags)}) for i, tags in enumerate(TAGS)}
#: https://github.com/jrderuiter/pybiomart/issues/8, https://github.com/kjolley/BIGSdb/issues/202
STRANDS = {
    1: 1,
    -1: -1,
    "1.0": 1,
    "-1.0": -1,
    "+": 1,
    "-": -1,
    "\u22121": -1,
    ".": None,
    "\uff11": None,
}
OF_STRAND = {str(s): row(f"STRX{i}", coordinates={"start": 5.0, "end": "9.0", "strand": s}) for i, s in enumerate(STRANDS)}
WIDE = row(
    "WIDEX1",
    coordinates={"start": "\uff11\uff12", "end": "\uff14\uff15", "strand": 1},
    ncbi_ids=["\uff11\uff19", "66.0"],
    alt_gene_ids={"OMIM": "660001.0", "HGNC": "HGNC:\uff16"},
)
# ------------------------------------------------------------------------------------------------------------------ symbols
#: https://doi.org/10.1186/s13059-016-1044-7, https://doi.org/10.1371/journal.pcbi.1008984
DATES = [
    "1-Mar",
    "01-Mar",
    "2-Sep",
    "Mar-01",
    "Sep-2002",
    "2023-03-01",
    "2023-03-01 00:00:00",
    "01/03/2023",
    "3/1",
    "43891",
    "43891.0",
    "2.31E+13",
    "2,31E+13",
    "1. Mrz",
    "4-Okt",
    "1-Sept",
    "01-DEC-2021",
]
OF_DATE = {date: [row(date), row(date)] for date in DATES}
REAL_SYMBOLS = ["MARCHX1", "SEPTX2", "DECX1", "OCTX-4", "7SKX", "5S_rRNAX", "NKXX2-1", "H4C-16X", "RP66-1P2.3", "3.8-1.5"]
OF_REAL = {symbol: row(symbol) for symbol in REAL_SYMBOLS}
ONE_GOOD = row("GOODX1")
row("1-Mar", ONE_GOOD[0])
NAMELESS = [row("-"), row("NA"), row("-"), row("#NAME?"), row(" \u200b ")]
# ------------------------------------------------------------------------------------------- arrays, moved rows, votes of rows
#: https://github.com/supabase/etl/pull/929, https://github.com/lib/pq/issues/1128
FLAT = row(
    "DIMX1",
    uniprot_ids="{{P66201,P66202},{P66203,NULL}}",
    ncbi_ids="[0:1]={6601,6602}",
    refseq_ids="{{{NM_066001.1}}}",
    pathways='{{"Two dims [Reactome:R-HSA-6600001]"},{"More [Reactome:R-HSA-6600002]"}}',
    molecular_functions='{{"dim a"},{""}}',
    product_type="{{enzyme},{kinase}}",
    pdb_ids='[3:4]={1ABC,""}',
)
#: https://github.com/Ensembl/ensembl/issues/744, https://github.com/jmw86069/splicejam/issues/1
MOVED_TRANSCRIPT = ids()[1]
MOVED = [
    row("MOVEX1", "own", MOVED_TRANSCRIPT + ".1", drugs={"66301": {"name": "moveddrug"}}, uniprot_ids=["P66301"]),
    row("MOVEX2", "own", MOVED_TRANSCRIPT + ".2"),
]
ONLY_BAD = row(
    "ONLYX1", "own", "ENSTx|ENSGy|", drugs={"66302": {"name": "onlydrug"}}, go_terms={"GO:0066001": {"term": "t66", "evidence": "IDA"}}
)
VOTES = row("VOTEX1", gene_type="miRNA")
row("VOTEX1", VOTES[0], "ENST66|a", gene_type="snRNA")
row("VOTEX1", VOTES[0], "ENST66|b", gene_type="snRNA")
VERSION_ZERO = row("ZEROX1", f"{ids()[0]}.0", f"{ids()[1]}.00")
PAR = row("PARX1", chromosome="chrX", features={"transcript_id_versioned": "ENST66999999998.6_2_PAR_Y"})
SAME_LOCUS = row("LOCX1", chromosome="X")
row("LOCX1", SAME_LOCUS[0], chromosome="chrX")

ROWS_BY_TRANSCRIPT = {r["transcript_id"]: r for r in ROWS}
