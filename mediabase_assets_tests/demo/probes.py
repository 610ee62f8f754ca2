"""How each planted variant is found by what its rows hold: an SQL condition on the legacy row `t`.

Conditions run over every planted row, so each must tell its variant from all others; they know nothing of how it was
planted but the names in it.
"""

_PUBLICATION = "exists (select from jsonb_array_elements(t.source_references -> 'publications') p where {})"
_HOLDS = "jsonb_typeof(t.source_references) = 'object' and jsonb_typeof(t.source_references -> 'publications') = 'array'"
_COORDINATES = "jsonb_typeof(coordinates) = 'object' and "


def _pmid(condition: str) -> str:
    return f"case when {_HOLDS} then {_PUBLICATION.format(condition)} end"


def _go(condition: str) -> str:
    return (
        f"case when jsonb_typeof(go_terms) = 'object' then exists (select from jsonb_each(go_terms) g (key, value) where {condition}) end"
    )


def _symbol_group(symbol: str) -> str:
    return f"gene_symbol = '{symbol}'"


PROBES: dict[str, str] = {
    "C1-clinical": "drugs @? '$.pharmgkb_data.clinical_annotations[*] ? (@.drug like_regex \";\")'",
    "C1-pathways": "drugs @? '$.pharmgkb_data.pathway_data' and pharmgkb_pathways = drugs #> '{pharmgkb_data,pathway_data}'",
    "C1-variants": "drugs @? '$.pharmgkb_data.variant_summary' and pharmgkb_variants @? '$.high_impact_variants[0]'",
    "C1-alone": "jsonb_typeof(drugs) = 'object' and drugs ? 'pharmgkb_data' and drugs - 'pharmgkb_data' = '{}'",
    "C2-drugcentral": "drugs @? '$.*.name ? (@ == \"demozumab central\")' and not drugs ? 'repurposing_1'",
    "C2-drugcentral-references": "drugs @? '$.*.evidence.references[1]'",
    "C2-drugcentral-readme": "jsonb_typeof(drugs) = 'object' and not drugs ? 'repurposing_1'"
    " and drugs @? '$.*.score ? (@.type() == \"number\")'",
    "C2-chembl": "drugs ? 'CHEMBL99000001' and not drugs ? 'repurposing_1'",
    "C2-repurposing": "drugs ? 'repurposing_1' and drugs - 'repurposing_1' = '{}'",
    "C2-wrappers": "drugs @? '$.drugcentral_data.drugs[0]' and drugs @? '$.chembl_data.compounds[0]'",
    "C2-all-families": "drugs ?& array['9210000001', '9210000002', 'CHEMBL99000001', 'repurposing_1']",
    "C3-sources": "drugs @? '$.*.name ? (@ == \"demotinib\")' and drugs @? '$.*.name ? (@ == \"DEMOTINIB\")'",
    "C3-keys": "drugs @? '$.*.name ? (@ == \"demomycin\")' and drugs @? '$.*.name ? (@ == \"Demomycin \")'",
    "C4-y-rna": _symbol_group("Y_RNA"),
    "C4-u6": _symbol_group("U6"),
    "C4-7sk": _symbol_group("7SK"),
    "C5-metazoa-srp": _symbol_group("Metazoa_SRP"),
    "C5-scaffold": _symbol_group("scaffold_1"),
    "C5-contig": _symbol_group("contig_2"),
    "C5-uncharacterized": "gene_symbol like 'uncharacterized%'",
    "C5-underscores": "length(gene_symbol) - length(replace(gene_symbol, '_', '')) > 3",
    "C5-too-long": "length(gene_symbol) > 50",
    "C5-only-looks-invalid": "gene_symbol ~ 'LOC|CONTIG' or length(gene_symbol) - length(replace(gene_symbol, '_', '')) = 3",
    "C6-both-ids": r"transcript_id ~ '\.\d+$' and gene_id ~ '\.\d+$' and chromosome = 'chr1' and features = '{}'",
    "C6-transcript-only": r"transcript_id ~ '\.\d+$' and gene_id !~ '\.' and chromosome = 'chr1'",
    "C6-gene-only": r"transcript_id !~ '\.' and gene_id ~ '\.\d+$' and features = '{}'",
    "C6-mixed-gene": r"transcript_id !~ '\.' and gene_id ~ '\.\d+$' and exists"
    " (select from demo.cancer_transcript_base o where o.gene_id = split_part(t.gene_id, '.', 1))",
    "C6-reloaded": "exists (select from demo.cancer_transcript_base o"
    " where o.transcript_id || '.1' = t.transcript_id and o.gene_id || '.1' = t.gene_id)",
    "C7-e1-pair": "gene_id like '%\\_PAR\\_Y' and transcript_id like '%\\_PAR\\_Y' and exists (select from"
    " demo.cancer_transcript_base o where o.gene_id || '_PAR_Y' = t.gene_id and o.chromosome = 'chrX')",
    "C7-e1-orphan": "gene_id like '%\\_PAR\\_Y' and transcript_id like '%\\_PAR\\_Y' and not exists (select from"
    " demo.cancer_transcript_base o where o.gene_id || '_PAR_Y' = t.gene_id)",
    "C7-e2": "gene_id not like '%\\_PAR\\_Y' and transcript_id like '%\\_PAR\\_Y'",
    "C7-ensgr-pair": "gene_id like 'ENSGR%' and exists (select from demo.cancer_transcript_base o"
    " where o.gene_id = replace(t.gene_id, 'ENSGR', 'ENSG0'))",
    "C7-ensgr-orphan": "gene_id like 'ENSGR%' and not exists (select from demo.cancer_transcript_base o"
    " where o.gene_id = replace(t.gene_id, 'ENSGR', 'ENSG0'))",
    "C7-e3": "features ->> 'gene_id_versioned' like '%\\_PAR\\_Y' and gene_symbol <> 'DEMOTIE-PAR'",
    "C8-null": "gene_symbol is null and gene_id is not null",
    "C8-empty": "gene_symbol = ''",
    "C9-spaces": "gene_symbol ~ '^ +$'",
    "C9-tab": r"gene_symbol ~ '^\t+$'",
    "C10-trailing": r"gene_symbol ~ '\S\s+$'",
    "C10-leading": r"gene_symbol ~ '^\s+\S'",
    "C11-features-null": "gene_id is null and features ? 'gene_id_versioned'",
    "C11-features-empty": "gene_id = '' and features ? 'gene_id_versioned'",
    "C11-features-blank": "gene_id ~ '^ +$' and features ? 'gene_id_versioned'",
    "C11-alt-gene-ids": "gene_id is null and features = '{}' and alt_gene_ids ? 'Ensembl'",
    "C11-same-symbol": "gene_id is null and features = '{}' and alt_gene_ids = '{}' and 1 ="
    " (select count(distinct gene_id) from demo.cancer_transcript_base o where o.gene_symbol = t.gene_symbol)",
    "C11-ambiguous": "gene_id is null and features = '{}' and alt_gene_ids = '{}' and 2 ="
    " (select count(distinct gene_id) from demo.cancer_transcript_base o where o.gene_symbol = t.gene_symbol)",
    "C11-unresolvable": "gene_id is null and gene_symbol is not null and not exists (select"
    " from demo.cancer_transcript_base o where o.gene_symbol = t.gene_symbol and o.gene_id is not null)"
    " and not features ? 'gene_id_versioned' and alt_gene_ids = '{}'",
    "C11-no-symbol-either": "gene_id is null and gene_symbol is null",
    "C12-case": "exists (select from demo.cancer_transcript_base o"
    " where upper(o.gene_symbol) = upper(t.gene_symbol) and o.gene_symbol <> t.gene_symbol)",
    "C13-punctuation": "gene_symbol ~ '[-.@/'']' and gene_symbol !~ '^DEMOTIE'",
    "C14-gene-id": "gene_symbol = gene_id",
    "C15-nested-drug": "jsonb_typeof(drugs) = 'object' and drugs @? '$.* ? (@.type() == \"string\")'",
    "C15-nested-reference": "source_references @? '$.publications ? (@.type() == \"string\")'",
    "C15-nested-reference-member": "source_references @? 'strict $.publications[*] ? (@.type() == \"number\")'",
    "C15-empty-array": "drugs = '[]'",
    "C16-aspect-keyed": "go_terms ? 'molecular_function'",
    "C16-text-values": _go("jsonb_typeof(g.value) = 'string'"),
    "C16-integrated": _go("g.value ? 'namespace' and jsonb_typeof(g.value -> 'evidence') = 'array'"),
    "C16-with-pmid": _go("g.value ? 'pmid'"),
    "C17-inherited": _go("g.value ->> 'evidence' ~ '^Inherited from GO:\\d{7}$'"),
    "C18-spans": "(coordinates ->> 'strand') = '-1' and 3 = (select count(distinct o.coordinates)"
    " from demo.cancer_transcript_base o where o.gene_id = t.gene_id and o.coordinates ->> 'strand' = '-1')",
    "C18-strand": "(coordinates ->> 'strand') = '-1' and 2 = (select count(*)"
    " from demo.cancer_transcript_base o where o.gene_id = t.gene_id and o.coordinates ->> 'strand' = '1')",
    "C18-chromosome": "chromosome = 'chr9'",
    "C19-missing-end": _COORDINATES + "coordinates ? 'start' and not coordinates ? 'end'",
    "C19-missing-all": "coordinates = '{}'",
    "C19-null-start": _COORDINATES + "coordinates -> 'start' = 'null'",
    "C19-start-after-end": _COORDINATES + "coordinates @? '$ ? (@.start > @.end && @.end > 0)'",
    "C19-zeros": _COORDINATES + "coordinates @? '$ ? (@.start == 0 && @.end == 0)'",
    "C19-non-number": _COORDINATES + "coordinates ->> 'start' ~ '[a-z]'",
    "C19-beyond-bigint": _COORDINATES + "coordinates @? '$ ? (@.end > 9223372036854775807)'",
    "C19-negative": _COORDINATES + "coordinates @? '$ ? (@.start < 0)'",
    "C19-numeric-text": _COORDINATES + "jsonb_typeof(coordinates -> 'start') = 'string' and coordinates ->> 'start' ~ '^\\d'",
    "C19-strand-plus": _COORDINATES + "coordinates ->> 'strand' = '+'",
    "C19-strand-minus": _COORDINATES + "coordinates ->> 'strand' = '-'",
    "C20-redundancy": "6 = (select count(*) from demo.cancer_transcript_base o where o.gene_id = t.gene_id)",
    "C20-differing": "gene_symbol is not null and (select count(distinct coalesce(o.go_terms, '{}')) = 3"
    " from demo.cancer_transcript_base o where o.gene_id = t.gene_id)",
    "C21-nulls": "drugs is null and pathways is null and uniprot_ids is null and source_references is null",
    "C21-go-reset": "go_terms is null and molecular_functions is null and cellular_location is null"
    " and drugs is not null and not exists"
    " (select from demo.cancer_transcript_base o where o.gene_id = t.gene_id and o.go_terms is not null)",
    "C22-duplicates": "(select count(*) > count(distinct u) from unnest(uniprot_ids) u where u is not null)",
    "C22-mixed-types": "refseq_ids && array['XP_950000001.1']",
    "C22-blanks": "array_position(uniprot_ids, null) is not null and uniprot_ids && array['', '  ']",
    "C22-retyped": "exists (select from unnest(uniprot_ids) u where u ~ '^NM_')",
    "C23-identical": "exists (select from demo.cancer_transcript_base o"
    " where trim(o.gene_symbol) <> trim(t.gene_symbol)"
    " and o.go_terms = t.go_terms and o.drugs = t.drugs and o.uniprot_ids = t.uniprot_ids and o.pathways = t.pathways)",
    "C24-ensp": "alt_transcript_ids ->> 'RefSeq_protein' ~ '^ENSP9924'",
    "C24-np": "alt_transcript_ids ->> 'RefSeq_protein' ~ '^NP_'",
    "C24-xp": "alt_transcript_ids ->> 'RefSeq_protein' ~ '^XP_'",
    "C25-bare-id": r"exists (select from unnest(pathways) p where p ~ '^R-HSA-\d+$')",
    "C25-missing-id": r"exists (select from unnest(pathways) p where p ~ '^Demo' and p !~ '\[')",
    "C25-empty-id": "exists (select from unnest(pathways) p where p like '%[Reactome:]')",
    "C25-brackets": r"exists (select from unnest(pathways) p where p ~ '\[.*\[.*\[')",
    "C25-punctuation": "exists (select from unnest(pathways) p where p ~ '[,(/{]')",
    "C25-not-human": "exists (select from unnest(pathways) p where p ~ 'Reactome:R-(?!HSA)')",
    "C25-blank": "exists (select from unnest(pathways) p where trim(p) = '')",
    "C26-prefix": _pmid("p ->> 'pmid' like 'PMID:%'"),
    "C26-number": _pmid("jsonb_typeof(p -> 'pmid') = 'number'"),
    "C26-nan": _pmid("p ->> 'pmid' = 'nan'"),
    "C26-nine-digits": _pmid("p ->> 'pmid' ~ '^[0-9]{9}$'"),
    "C26-short": _pmid("p ->> 'pmid' ~ '^[0-9]{1,6}$'"),
    "C26-duplicates": f"case when {_HOLDS} then (select count(*) > count(distinct p)"
    " from jsonb_array_elements(t.source_references -> 'publications') p) end",
    "C26-empty": _pmid("p ->> 'pmid' = ''"),
    "C26-null": _pmid("p -> 'pmid' = 'null'"),
    "C27-zero": "expression_fold_change = 0",
    "C27-negative": "expression_fold_change < 0 and expression_fold_change > '-infinity'",
    "C27-nan": "expression_fold_change = 'nan'",
    "C27-infinity": "expression_fold_change = 'infinity'",
    "C27-minus-infinity": "expression_fold_change = '-infinity'",
    "C28-score": "drugs @? '$.*.evidence ? (@.score == 1 && @.type <> \"experimental\")'",
    "C28-type": "drugs @? '$.*.evidence ? (@.score <> 1 && @.type == \"experimental\")'",
    "C28-mechanism": 'drugs @? \'$.* ? (@.mechanism == "unknown" && @.action_type <> "unknown")\'',
    "C28-all": 'drugs @? \'$.* ? (@.mechanism == "unknown" && @.evidence.score == 1 && @.evidence.type == "experimental")\'',
    "X-unicode": "exists (select from unnest(pathways) p where p ~ U&'\\+01F9EC')",
    "X-huge": "length(features ->> 'note') = 1048576",
    "X-deep": "features ? 'tree' and features @? '$.tree.**{200}.end'",
}

for _column in (
    "drugs",
    "go_terms",
    "coordinates",
    "features",
    "alt_transcript_ids",
    "alt_gene_ids",
    "source_references",
    "pharmgkb_pathways",
    "pharmgkb_variants",
):
    _name = _column.replace("_", "-")
    PROBES[f"C15-{_name}-array"] = f"jsonb_typeof({_column}) = 'array' and {_column} @? 'strict $[0] ? (@.type() == \"object\")'"
    for _kind, _json in (("text", "string"), ("number", "number"), ("null", "null"), ("bool", "boolean")):
        PROBES[f"C15-{_name}-{_kind}"] = f"jsonb_typeof({_column}) = '{_json}'"

for _tie in (
    "score",
    "primary-chromosome",
    "par",
    "hgnc",
    "gene-type",
    "sources",
    "transcripts",
    "annotation-level",
    "gene-version",
    "gene-id",
):
    PROBES[f"C4-tie-{_tie}"] = _symbol_group(f"DEMOTIE-{_tie.upper()}")
