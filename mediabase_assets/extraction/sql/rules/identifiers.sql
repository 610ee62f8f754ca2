-- Rules about rows, genes, transcripts and identifiers, called by the extraction and by its proof: one rule, one place.
-- Left out: anything that needs a table. Every function has a fast way out for the usual form.

-- Text without white space at its ends (also no-break, zero-width and ideographic spaces); NULL for nothing left.
create or replace function clean_text(value text) returns text
language sql immutable parallel safe
return nullif(btrim(value, U&' \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\200B\2028\2029\202F\205F\3000\FEFF'), '');

-- Text of a symbol or an identifier: without white space at its ends, and without characters that nobody sees (those that Unicode calls
-- default ignorable, and control characters) anywhere. https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
create or replace function clean_id(value text) returns text
language sql immutable parallel safe
return case when value ~ '^[!-~]+$' then value else clean_text(regexp_replace(value,
  '[\u0001-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F'
  '\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]+', '', 'g')) end;

-- What clean_id removed, as a repair; NULL for nothing.
create or replace function cleaning(value text) returns text
language sql immutable parallel safe
return case when clean_id(value) = value then null when clean_id(value) = clean_text(value) then 'white_space'
  when clean_id(value) is not null then 'invisible_characters' end;

-- A text in upper case, the same in every locale: symbols are compared by it.
create or replace function upper_case(value text) returns text
language sql immutable parallel safe
return translate(value, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');

-- Whether a text stands for nothing: what pandas, R, SQL, MySQL and spreadsheets write where a value is missing, and dashes and dots.
-- https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html (na_values), https://github.com/biothings/mygene.info/issues/94
create or replace function is_placeholder(value text) returns boolean
language sql immutable parallel safe
return coalesce(length(value) < 40 and lower_case(clean_id(value)) ~
  '^([-–—_.?*\\]+|[<#]?n/?a>?|#n/a n/a|n\.a\.?|[-+]?nan|null|\(null\)|\\n|none|nil|missing|not available|not applicable|#(name\?|ref!|value!|num!|div/0!|null!))$', false);

-- What an Ensembl id says: {stable id, version, 'par' if it is on PAR_Y}; NULL for anything else.
-- ENSG00000182378.12_PAR_Y and ENSGR0000182378 (PAR_Y in old GENCODE) both name ENSG00000182378; ENSG00000223972.5_2 is version 5, lifted to
-- another assembly by GENCODE: https://github.com/diekhans/gencode-backmap/issues/4. There is no version 0.
create or replace function any_ensembl_id(value text, prefix text) returns text[]
language sql immutable parallel safe
return (
  select case
    when parts[1] = '' and length(parts[2]) = 11 then array[prefix || parts[2], parts[3], case when parts[4] is not null then 'par' end]
    when parts[1] = 'R' and length(parts[2]) = 10 then array[prefix || '0' || parts[2], parts[3], 'par']
  end
  from (select regexp_match(clean_id(value),
    '^' || prefix || '(R?)([0-9]{10,11})(?:\.(?:0+|([0-9]{1,6}))(?:_[0-9]{1,4})?)?(?:(_PAR_Y)(?:_[0-9]{1,4})?)?$') as parts offset 0) as matched);

-- The same; the two usual forms are read without capturing groups, which is ten times faster.
create or replace function ensembl_id(value text, prefix text) returns text[]
language sql immutable parallel safe
return case
  when value is null then null
  when value ~ ('^' || prefix || '[0-9]{11}$') then array[value, null, null]
  when value ~ ('^' || prefix || '[0-9]{11}\.[1-9][0-9]{0,5}$') then array[left(value, 15), substr(value, 17), null]
  else any_ensembl_id(value, prefix)
end;

-- Whether an id carries the suffix of GENCODE's mapping to another assembly (…5_2, OTTHUMT…3_1).
create or replace function is_lifted(value text) returns boolean
language sql immutable parallel safe
return coalesce(strpos(value, '_') > 0 and clean_id(value) ~ '^(ENS|OTTHUM)[A-Z]+[0-9]+(\.[0-9]+_[0-9]{1,4}(_PAR_Y)?|(\.[0-9]+)?_PAR_Y_[0-9]{1,4})$', false);

-- Whether a text is a well-formed id of another species: of Ensembl, FlyBase, WormBase, ZFIN, MGI, RGD, SGD, VGNC, Xenbase, TAIR, KEGG.
-- https://www.ensembl.org/info/genome/stable_ids/prefixes.html
create or replace function names_other_species(value text) returns boolean
language sql immutable parallel safe
return coalesce(not value ~ '^ENS[GTP][0-9]' and clean_id(value) ~ ('^(ENS[A-Z]{3,6}(G|T|P|E|GT|FM)[0-9]{11}(\.[0-9]+)?|MGP_[A-Za-z0-9]+_[GTPE][0-9]{7}(\.[0-9]+)?|'
  '(FlyBase:)?FB(gn|tr|pp)[0-9]{7}|(WormBase:|WB:)?WBGene[0-9]{8}|(ZFIN:)?ZDB-[A-Z]+-[0-9]{6}-[0-9]+|MGI:(MGI:)?[0-9]+|RGD:?[0-9]+|SGD:S[0-9]{9}|S0000[0-9]{5}|'
  'VGNC:[0-9]+|(Xenbase:)?XB-GENE(PAGE)?-[0-9]+|Y[A-P][LR][0-9]{3}[WC](-[A-Z])?|AT[1-5CM]G[0-9]{5}|AGAP[0-9]{6}|'
  '(mmu|rno|dre|dme|cel|sce|ath|bta|ssc|gga|cfa|ptr|mcc|xla|xtr|eco):[A-Za-z0-9_.-]+)$'), false);

-- The gene that a row names: {gene id, where it is named}. Its own gene id; without a readable one the versioned id in features, then
-- alt_gene_ids.Ensembl, then a symbol that is an Ensembl id. Where no gene is named: other_species (an id of another species where a
-- gene should be: its symbol may be that of a human gene, but it is not that gene), bad_gene_id (some other text), or missing: only then may
-- other rows of the same symbol tell.
create or replace function gene_of_row(own_id text, feature_id text, alternative_id text, symbol text) returns text[]
language sql immutable parallel safe
return case
  when ensembl_id(own_id, 'ENSG') is not null then array[(ensembl_id(own_id, 'ENSG'))[1], 'gene_id']
  when names_other_species(own_id) then array[null, 'other_species']
  when ensembl_id(feature_id, 'ENSG') is not null then array[(ensembl_id(feature_id, 'ENSG'))[1], 'features']
  when names_other_species(feature_id) then array[null, 'other_species']
  when ensembl_id(alternative_id, 'ENSG') is not null then array[(ensembl_id(alternative_id, 'ENSG'))[1], 'alt_gene_ids']
  when names_other_species(alternative_id) then array[null, 'other_species']
  when strpos(symbol, 'ENSG') > 0 and ensembl_id(symbol, 'ENSG') is not null then array[(ensembl_id(symbol, 'ENSG'))[1], 'gene_symbol']
  when clean_id(own_id) is null or is_placeholder(own_id) then array[null, 'missing']
  else array[null, 'bad_gene_id']
end;

-- Why an id of features is set aside: it names another gene or transcript than the row's own id (stable id, and version where both tell
-- one), or it is none; NULL for one that fits. The row is kept under its own id: https://github.com/Ensembl/ensembl/issues/744
create or replace function feature_id_reason(said text, prefix text, stable_id text, version text) returns text
language sql immutable parallel safe
return case
  when said is null or left(said, 15) = stable_id and version is null and said ~ '^[A-Z]{4}[0-9]{11}(\.[0-9]{1,6})?$' then null
  when (ensembl_id(said, prefix))[1] = stable_id then case when (ensembl_id(said, prefix))[2]::integer <> version::integer then 'contradicting_id' end
  when ensembl_id(said, prefix) is not null then 'contradicting_id'
  when is_placeholder(said) then 'placeholder'
  when names_other_species(said) then 'other_species'
  else 'bad_identifier'
end;

-- What was changed in an id of features that fits; NULL for nothing.
create or replace function feature_id_repair(said text) returns text
language sql immutable parallel safe
return case
  when said is null or said ~ '^ENS[GT][0-9]{11}(\.[0-9]{1,6})?$' then null
  when strpos(said, '_PAR_Y') > 0 or said ~ '^ENS[GT]R[0-9]' then 'par_y'
  when is_lifted(said) then 'lifted_id'
  else cleaning(said)
end;

-- Whether a spreadsheet made this of a symbol: a date in one of its formats, or a number. A real symbol is none of these: MARCH1, SEPT2 and
-- DEC1 have no separator between month and number, and OCT-4 no second digit.
-- https://doi.org/10.1186/s13059-016-1044-7, https://doi.org/10.1371/journal.pcbi.1008984
create or replace function looks_like_spreadsheet_value(value text) returns boolean
language sql immutable parallel safe
return (
  select value ~ ('^([-+]?[0-9]+([.,][0-9]*)?(e[-+]?[0-9]+)?|[0-9]{1,4}[-/.][0-9]{1,2}([-/.][0-9]{1,4})?([ t][0-9:.]+z?)?|[0-9]{1,2}\.?[-/. ]*('
      || english || '|' || other || ')\.?([-/. ,]*[0-9]{2,4})?|[0-9]{4}[-/. ](' || english || ')([-/. ][0-9]{1,2})?|('
      || english || ')[-/., ]+[0-9]{2,4}|(' || english || ')[-/., ]+[0-9]{1,2}[, ]+[0-9]{4})$')
  from (values (
    'jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?',
    'm[aä]r[sz]|m[aä]r|mrz|mai|juni?|juli?|okt|dez|janv|f[eé]vr?|avr|juin|juil|ao[uû]t?|d[eé]c|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|fev|out')) as m (english, other));

create or replace function is_spreadsheet_value(value text) returns boolean
language sql immutable parallel safe
return coalesce(value ~ '[0-9]' and value ~ '^[ ]*[-+0-9]|[-/., ]' and (looks_like_spreadsheet_value(lower_case(clean_id(value)))
  or clean_id(value) ~ '^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-/. ][0-9]$'), false);

-- The symbol of a gene in a text: without white space and invisible characters; NULL for placeholders and what a spreadsheet made of one.
create or replace function symbol_of(value text) returns text
language sql immutable parallel safe
return case when value ~ '^[A-Za-z][A-Za-z0-9]{5,}$' then value
  when not is_placeholder(value) and not is_spreadsheet_value(value) then clean_id(value) end;

-- A chromosome as UCSC and GENCODE name it. Ensembl's and NCBI's names of the primary ones and of the mitochondrion are turned into these, in
-- any case, and so are accessions: NC_000001 to NC_000024 of any assembly, CM000663 to CM000686 (the same at GenBank), NC_060925 to NC_060948
-- (T2T-CHM13), NC_012920, NC_001807 and J01415 (mitochondrion). Patches, haplotypes and scaffolds are kept as written. NULL for anything else.
-- https://www.ncbi.nlm.nih.gov/assembly/GCF_000001405.40, https://genome.ucsc.edu/FAQ/FAQdownloads.html, https://github.com/SACGF/cdot/issues/49,
-- https://github.com/uclahs-cds/package-moPepGen/issues/109
create or replace function any_chromosome(value text) returns text
language sql immutable parallel safe
return (
  select case
    when short is not null then 'chr' || case translate(short, 'xymt', 'XYMT') when 'MT' then 'M' else translate(short, 'xymt', 'XYMT') end
    when number between 1 and 22 then 'chr' || number
    when number = 23 then 'chrX' when number = 24 then 'chrY' when number = 25 then 'chrM'
    when value ~ '^(chr|CHR)([1-9]|1[0-9]|2[0-2]|X|Y|M|Un|UN)_([A-Za-z0-9]+_)?(alt|fix|random|decoy|hap[0-9]{1,2}|ALT|FIX|RANDOM|DECOY|HAP[0-9]{1,2})$|^(chr|CHR)U[nN]_[A-Za-z0-9]+$'
      and length(value) <= 60 then value
    when value ~ '^(CHR_)?HG[0-9]{1,5}(_HG[0-9]{1,5})*_(PATCH|NOVEL_TEST)$|^(CHR_)?HSCHR([1-9]|1[0-9]|2[0-2]|X|Y|M|UN)(UN)?(_[0-9A-Z]+)+$' and length(value) <= 60 then value
    when value ~ '^(GL|JH|KB|KE|KI|KN|KQ|KV|KZ|ML|MU)[0-9]{6}(\.[0-9]{1,2})?$|^N[TW]_[0-9]{6,9}(\.[0-9]{1,2})?$|^LRG_[0-9]{1,5}$' then value
  end
  from (
    select value, coalesce((name)[1], (name)[2]) as short,
      case
        when accession[1] in ('NC_012920', 'NC_001807', 'J01415') then 25
        when left(accession[1], 7) = 'NC_0000' then substr(accession[1], 8)::integer
        when left(accession[1], 7) = 'NC_0609' then substr(accession[1], 8)::integer - 24
        when left(accession[1], 5) = 'CM000' then substr(accession[1], 6)::integer - 662
      end as number
    from (
      select clean_id(value) as value,
        regexp_match(clean_id(value), '^(?:[Cc][Hh][Rr](?:[Oo][Mm](?:[Oo][Ss][Oo][Mm][Ee])?)?[-_ ]?)?(?:0?([1-9]|1[0-9]|2[0-2])(?:\.0)?|([XYxy]|[Mm][Tt]?))$') as name,
        regexp_match(clean_id(value),
          '^(NC_0000(?:0[1-9]|1[0-9]|2[0-4])|NC_0609(?:2[5-9]|3[0-9]|4[0-8])|CM000(?:66[3-9]|67[0-9]|68[0-6])|NC_012920|NC_001807|J01415)(?:\.[0-9]{1,2})?$') as accession
      offset 0) as matched
    offset 0) as read);

create or replace function chromosome(value text) returns text
language sql immutable parallel safe
return case when value ~ '^chr([1-9]|1[0-9]|2[0-2]|X|Y|M)$' then value when value is not null then any_chromosome(value) end;

-- Why a chromosome is set aside; NULL for one that is read, and for none.
create or replace function chromosome_reason(value text) returns text
language sql immutable parallel safe
return case when clean_text(value) is null or chromosome(value) is not null then null when is_placeholder(value) then 'placeholder' else 'unknown_chromosome' end;

-- A biotype of GENCODE, Ensembl or NCBI, by its form (new ones come with every release): lncRNA, IG_C_gene, 3prime_overlapping_ncRNA,
-- protein-coding, pseudo. https://www.gencodegenes.org/pages/biotypes.html, https://www.ncbi.nlm.nih.gov/IEB/ToolBox/CPP_DOC/asn_spec/Entrezgene.html,
-- https://github.com/The-Sequence-Ontology/SO-Ontologies/issues/580. NULL for anything else.
create or replace function biotype(value text) returns text
language sql immutable parallel safe
return case
  when value ~ '^[A-Za-z]{5}[A-Za-z0-9_]{0,55}$' then value
  when clean_id(value) ~ '^[A-Za-z0-9][A-Za-z0-9_.+-]{0,59}$' and clean_id(value) ~ '[A-Za-z]{2}' and not is_placeholder(value) then clean_id(value)
end;

create or replace function biotype_reason(value text) returns text
language sql immutable parallel safe
return case when clean_text(value) is null or biotype(value) is not null then null when is_placeholder(value) then 'placeholder' else 'unknown_biotype' end;

-- GENCODE's transcript support level, 1 to 5, a remark behind it left out ("1 (assigned to previous version 5)"); NA and anything else is NULL.
create or replace function support_level(said text) returns smallint
language sql immutable parallel safe
return case when said ~ '^[1-5]$' then said::smallint when said ~ '^0{0,3}[1-5](\.0{0,9})?( .*)?$' then substring(said from '^0*([1-5])')::smallint end;

create or replace function annotation_level(said text) returns smallint
language sql immutable parallel safe
return case when said ~ '^[1-3]$' then said::smallint when said ~ '^0{0,3}[1-3](\.0{0,9})?$' then substring(said from '^0*([1-3])')::smallint end;

-- Why a level is set aside. TSL NA means that none was assigned: nothing is lost with it.
create or replace function level_reason(said text, level smallint) returns text
language sql immutable parallel safe
return case when said is null or level is not null or said = 'NA' then null when is_placeholder(said) then 'placeholder' else 'unreadable_value' end;

-- The strand of an interval; NULL for none.
create or replace function strand_of(said text) returns smallint
language sql immutable parallel safe
return case said when '1' then 1 when '-1' then -1 when '+' then 1 when '-' then -1 when '+1' then 1
  else case when said ~ '^[+]?1\.0*$' then 1 when said ~ '^[-−]1(\.0*)?$' or said = '−' then -1 end end;

-- The tags of a transcript: of a text, separated by commas, or of a list. NULL for none.
create or replace function tags_of_list(value jsonb) returns text[]
language sql immutable parallel safe
return (
  select array_agg(tag order by position, part)
  from jsonb_array_elements(value) with ordinality as e (raw, position)
  cross join lateral unnest(string_to_array(case when jsonb_typeof(raw) in ('string', 'number', 'boolean') then clean_text(raw #>> '{}') end, ','))
    with ordinality as p (tag, part)
  where tag <> '');

create or replace function tags_of(value jsonb) returns text[]
language sql immutable parallel safe
return case jsonb_typeof(value)
  when 'array' then tags_of_list(value)
  when 'string' then case when not is_placeholder(value #>> '{}') then string_to_array(clean_text(value #>> '{}'), ',') end
  when 'number' then array[value #>> '{}'] when 'boolean' then array[value #>> '{}']
end;

-- Identifiers of a transcript at other authorities, without the suffix of a lift; NULL for what has not their form.
create or replace function havana_id(said text) returns text
language sql immutable parallel safe
return case when said ~ '^OTTHUMT[0-9]{1,14}(\.[0-9]{1,6})?$' then said
  else substring(clean_id(said) from '^(OTTHUMT[0-9]{1,14}(?:\.[0-9]{1,6})?)(?:_[0-9]{1,4})?(?:_PAR_Y)?$') end;

create or replace function ccds_id(said text) returns text
language sql immutable parallel safe
return case when said ~ '^CCDS[0-9]{1,9}(\.[0-9]{1,6})?$' then said
  else substring(clean_id(said) from '^(CCDS[0-9]{1,9}(?:\.[0-9]{1,6})?)(?:_[0-9]{1,4})?$') end;

create or replace function ensembl_protein_id(said text) returns text
language sql immutable parallel safe
return case when said ~ '^ENSP[0-9]{11}(\.[0-9]{1,6})?$' then said
  else substring(clean_id(said) from '^(ENSP[0-9]{11}(?:\.[0-9]{1,6})?)(?:_[0-9]{1,4})?(?:_PAR_Y)?$') end;

-- A protein id of RefSeq, which belongs to the gene.
create or replace function refseq_protein_id(said text) returns text
language sql immutable parallel safe
return case when said not like 'ENSP%' then substring(clean_id(said) from '^[ANXYW]P_[0-9]{1,12}(?:\.[0-9]{1,6})?$') end;

create or replace function transcript_name(said text) returns text
language sql immutable parallel safe
return case when said ~ '^[A-Za-z0-9]{2,50}-[0-9]{1,4}$' then said when length(clean_id(said)) <= 200 and not is_placeholder(said) then clean_id(said) end;

-- Why a value of a transcript is set aside; NULL where it was read, and where nothing is said.
create or replace function id_reason(said text, read text) returns text
language sql immutable parallel safe
return case when said is null or read is not null then null when is_placeholder(said) then 'placeholder'
  when length(said) > 200 then 'value_too_long' when names_other_species(said) then 'other_species' else 'bad_identifier' end;

-- What was changed in a value that was read; NULL for nothing.
create or replace function id_repair(said text, read text) returns text
language sql immutable parallel safe
return case when said = read or read is null then null when is_lifted(said) or said ~ '^CCDS[0-9.]+_[0-9]' then 'lifted_id'
  when strpos(said, '_PAR_Y') > 0 then 'par_y' when said ~ '^[0-9]+\.0+$' then 'integer_as_float' else coalesce(cleaning(said), 'white_space') end;

-- An identifier in its usual form: without invisible characters and the suffix of a lift, and a number without a decimal point.
create or replace function plain_identifier(said text, authority text) returns text
language sql immutable parallel safe
return case
  when said ~ '^[!-^`-~]+$' and strpos(said, '.0') = 0 then said
  when authority in ('NCBI', 'OMIM') and clean_id(said) ~ '^[0-9]+\.0+$' then split_part(clean_id(said), '.', 1)
  when is_lifted(said) then regexp_replace(clean_id(said), '_[0-9]{1,4}(_PAR_Y)?$', '\1')
  else clean_id(said)
end;

-- The authority of an identifier: that of its field where it has its form, else the one whose form it has; NULL for none.
create or replace function authority_of(id text, expected text) returns text
language sql immutable parallel safe
return case
  when octet_length(id) > 100 then null
  when expected = 'UniProt' and id ~ '^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?$' then 'UniProt'
  when expected = 'RefSeq' and id ~ '^[ANXWYZ][CGTWSZMRP]_[0-9]+(\.[0-9]{1,6})?$' then 'RefSeq'
  when expected = 'NCBI' and id ~ '^[0-9]{1,12}$' then 'NCBI'
  when expected = 'OMIM' and id ~ '^[0-9]{6}$' then 'OMIM'
  when id like 'ENS%' and id ~ '^ENS[GTP][0-9]{11}(\.[0-9]{1,6})?(_PAR_Y)?$' then 'Ensembl'
  when id like 'HGNC:%' and id ~ '^HGNC:[0-9]+$' then 'HGNC'
  when id like 'OTTHUM%' and id ~ '^OTTHUM[GTP][0-9]{11}(\.[0-9]{1,6})?(_PAR_Y)?$' then 'HAVANA'
  when id like 'CCDS%' and id ~ '^CCDS[0-9]+(\.[0-9]{1,6})?$' then 'CCDS'
  when id like 'hsa:%' and id ~ '^hsa:[0-9]+$' then 'KEGG'
  when id ~ '^[ANXWYZ][CGTWSZMRP]_[0-9]+(\.[0-9]{1,6})?$' then 'RefSeq'
  when id ~ '^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?$' then 'UniProt'
  when expected = 'PDB' and id ~ '^[0-9][A-Za-z0-9]{3}$' then 'PDB'
end;

-- A text[] as JSON: the members of one with several dimensions in their order, whatever the bounds.
create or replace function flat_json(value text[]) returns jsonb
language sql immutable parallel safe
return case when array_ndims(value) > 1 then to_jsonb(array(select unnest(value))) else to_jsonb(value) end;
