"""The vocabulary of the normalized schema: the forms of ids, as regular expressions, and the closed lists of words.

Contains what columns of several tables and views share. The rules that make the values are in `extraction/sql/rules/`.
"""

ENSEMBL_GENE = "^ENSG[0-9]{11}$"
ENSEMBL_TRANSCRIPT = "^ENST[0-9]{11}$"
ENSEMBL_PROTEIN = r"^ENSP[0-9]{11}(\.[0-9]+)?$"
GO_ID = r"^GO:\d{7}$"
PATHWAY_ID = r"^(R-[A-Z]{2,4}-\d+|PA\d+)$"
PUBMED_ID = r"^[1-9]\d{0,7}$"
#: What the rule `chromosome` (extraction/sql/rules/identifiers.sql) returns: UCSC's names of chromosomes, and patches, haplotypes
#: and scaffolds as Ensembl, NCBI and UCSC write them.
CHROMOSOME = "^(" + "|".join((
    "chr([1-9]|1[0-9]|2[0-2]|X|Y|M)",
    "(chr|CHR)([1-9]|1[0-9]|2[0-2]|X|Y|M|Un|UN)_([A-Za-z0-9]+_)?(alt|fix|random|decoy|hap[0-9]{1,2}|ALT|FIX|RANDOM|DECOY|HAP[0-9]{1,2})",
    "(chr|CHR)U[nN]_[A-Za-z0-9]+",
    "(CHR_)?HG[0-9]{1,5}(_HG[0-9]{1,5})*_(PATCH|NOVEL_TEST)",
    "(CHR_)?HSCHR([1-9]|1[0-9]|2[0-2]|X|Y|M|UN)(UN)?(_[0-9A-Z]+)+",
    r"(GL|JH|KB|KE|KI|KN|KQ|KV|KZ|ML|MU)[0-9]{6}(\.[0-9]{1,2})?",
    r"N[TW]_[0-9]{6,9}(\.[0-9]{1,2})?",
    "LRG_[0-9]{1,5}",
)) + ")$"  # fmt: skip
#: What the rule `biotype` returns: biotypes of GENCODE, Ensembl and NCBI by their form.
BIOTYPE = r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,59}$"
#: What the rule `phase_of` (extraction/sql/rules/drugs.sql) returns: the clinical phases of a drug.
PHASES = ["Preclinical", "Phase I", "Phase II", "Phase III", "Approved", "Withdrawn"]
#: What a phase means for the use of a drug.
APPROVAL_STATUSES = ["Approved", "Investigational", "Experimental", "Withdrawn"]
DRUG_SOURCES = ["DrugCentral", "ChEMBL", "Drug_Repurposing_Hub", "unknown"]
PATHWAY_SOURCES = ["Reactome", "PharmGKB"]
GO_ASPECTS = ["molecular_function", "biological_process", "cellular_component"]
PRODUCT_TYPES = [
    "enzyme", "kinase", "phosphatase", "protease", "transcription_factor", "ion_channel", "channel", "receptor",
    "transporter", "structural_protein", "dna_binding", "rna_binding", "lipid_binding", "metal_binding",
    "membrane_associated", "secreted", "nuclear", "mitochondrial", "cytoplasmic", "chaperone", "regulatory_protein",
]  # fmt: skip
