"""How ids look: of Ensembl, of other species, of what is no gene, accessions, symbols.

Contains patterns in the dialect of RE2 (Arrow) that Python's `re` reads as well, and the names of species; their use is in `ids`.
"""

#: Ensembl ids of human, alone or in a compound such as ENST…|ENSG…|… or gene:ENSG….5_2:100-200.
_ENSEMBL = r"(?:^|[|:;/ _])(?P<id>ENS{kind}R?\d{{10,11}})(?:\.\d+)?(?P<par>_PAR_Y)?(?:$|[|:;/ _.])"
TRANSCRIPT, GENE = _ENSEMBL.format(kind="T"), _ENSEMBL.format(kind="G")
#: Ids of other species; the species by name where the prefix says it.
FOREIGN = (
    r"^(?:gene:|transcript:)?(ENS[A-Z]{3,4}[GTP]\d{11}(\.\d+)?|FBgn\d{7}|FBtr\d{7}|WBGene\d{8}|AT[1-5MC]G\d{5}(\.\d+)?|LOC_Os\d\dg\d{5}.*"
    r"|Os\d\dg\d{7}|Y[A-P][LR]\d{3}[WC](-[A-Z])?|SP[ABC]+C?\d+[A-Z0-9]*\.\d+c?|MGI:\d+|RGD:?\d+|ZDB-GENE-.*|MGP_\w+_G\d+|ENSRNA\d+"
    r"|Zm\d{5}[a-z].*|Solyc\d+g\d+.*|Glyma\.?\d+[Gg]\d+.*|PBANKA_\d+.*|PF3D7_\d+.*|TGME49_\d+.*|[A-Z][A-Z0-9]{3,}_\d{5,8})$"
)
#: What is measured and is no gene, with the words for it.
NO_GENES = {
    "Ensembl proteins or ids with a wrong number of digits": r"^ENS[GTPE]\d+.*$",
    "probe sets of a microarray": r"^(\d+(_[a-z])?_(at|st)|\d+_[a-z]_at|AFFX.*|ILMN_\d+|A_\d\d_P\d+|TC\d+\.hg\.\d|CUST_\d+_PI\d+|cg\d{8})$",
    "transcripts of a private assembly (StringTie, Cufflinks)": r"^(MSTRG|STRG|XLOC|TCONS|CUFF|TRINITY|NIST)[._]\w.*$",
    "phosphorylation sites": r"^[A-Z][A-Z0-9-]*_p?[STY]\d+(_.*)?$",
    "pathways or gene sets": r"^(KEGG|REACTOME|HALLMARK|BIOCARTA|PID|WP|GOBP|GOCC|GOMF|GO|NABA|R-HSA|hsa\d{5})[_:-].*$",
    "micro RNAs": r"^(hsa|mmu|rno)-(miR|mir|let)-.*$",
    "made-up names": r"^(gene|transcript|probe|feature|protein|metabolite|peptide|G|P|T|M|Gene)_\d+$",
}
NO_GENE = "|".join(NO_GENES.values())
UNIPROT = r"^((sp|tr)\|)?([OPQ]\d[A-Z0-9]{3}\d|[A-NR-Z]\d([A-Z][A-Z0-9]{2}\d){1,2})(-\d+)?(\|.*)?$"
REFSEQ = r"^(?P<id>[NX][MR]_\d{5,9})(?:\.\d+)?$"
ENTREZ = r"^(?P<id>\d{1,9})(?:\.0+)?$"
#: Also as R's make.names and make.unique leave them: X476, 714.1.
ENTREZ_MANGLED = r"^X?(?P<id>\d{1,9})(?:\.\d+)?$"
ENTREZ_COMPOUND = r"^[^|]+\|(?P<id>\d{1,9})$"
#: A symbol, also of a clone (RP11-474D1.3), a previous one (C1orf112), 133K02, HLA-DRB1, in any case.
SYMBOL = r"^[A-Za-z0-9][A-Za-z0-9-]{0,24}(\.\d{1,2}|@|')?$"
SYMBOL_RARE = r"^[A-Z][A-Z0-9-]{1,20}_\d$|^[A-Z0-9]+(-[A-Z0-9]+)+\.[A-Z0-9.]+$|^[A-Z]{2,3}\d+\.\d+-\d+$"
#: A symbol that looks like nothing else: TP53, SLC25A4, BRCA1.
PLAIN_SYMBOL = r"^[A-Z]{1,10}[0-9]{0,4}([A-Z]{1,4}[0-9]{0,2})?$"
YEAST = r"^Y[A-P][LR]\d{3}[WC]$"
#: Capital first, small letters after it, as genes of mouse and rat are written; C1orf112 is human.
MOUSE = r"^([A-Z][a-z]+[a-zA-Z]*\d*[a-z0-9-]*|[A-Z][a-z0-9]*[a-z][a-z0-9]*(-[A-Za-z0-9]+)?|\d+[A-Z]\d+Rik|Gm\d+)$"
SPECIES = {
    "ENSMUS": "mouse", "MGI": "mouse", "ENSRNO": "rat", "RGD": "rat", "ENSDAR": "zebrafish", "ZDB": "zebrafish", "ENSSSC": "pig",
    "ENSBTA": "cattle", "ENSGAL": "chicken", "ENSCAF": "dog", "ENSMMU": "macaque", "ENSPTR": "chimpanzee", "ENSOCU": "rabbit",
    "ENSOAR": "sheep", "ENSECA": "horse", "ENSXET": "frog", "FB": "fruit fly", "WBGene": "worm", "AT": "Arabidopsis",
    "LOC_Os": "rice", "Os": "rice", "Y": "yeast", "SP": "fission yeast", "PBANKA": "Plasmodium", "PF3D7": "Plasmodium",
    "TGME49": "Toxoplasma", "Zm": "maize", "Solyc": "tomato", "Glyma": "soybean",
}  # fmt: skip


def species_of(raw_id: str) -> str:
    """The species of an id of another one, in a word.

    >>> species_of("ENSMUSG00000025915.3"), species_of("PBANKA_1108700")
    ('mouse', 'Plasmodium')
    """
    return next((name for prefix, name in SPECIES.items() if raw_id.startswith(prefix)), "another species")
