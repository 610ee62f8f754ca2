-- Readers of single legacy values, written for the proof alone: it shares no function with the extraction that it audits.
-- Left out: anything that needs a table.

-- Text without white space at its ends; NULL for nothing left.
create function plain(value text) returns text language sql immutable parallel safe
return nullif(btrim(value, U&' \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\200B\2028\2029\202F\205F\3000\FEFF'), '');

-- A scalar of JSON as text.
create function word(value jsonb) returns text language sql immutable parallel safe
return case when jsonb_typeof(value) in ('string', 'number', 'boolean') then plain(value #>> '{}') end;

-- A number of JSON, or a text that is one.
create function num(value jsonb) returns numeric language sql immutable parallel safe
return case jsonb_typeof(value) when 'number' then (value #>> '{}')::numeric
  when 'string' then case when word(value) ~ '^[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?$' then word(value)::numeric end end;

create function object(value jsonb) returns jsonb language sql immutable parallel safe
return case when jsonb_typeof(value) = 'object' then value else '{}' end;

create function listed(value jsonb) returns jsonb language sql immutable parallel safe
return case when jsonb_typeof(value) = 'array' then value else '[]' end;

-- The scalars of a list, or of one value, as a sorted set; an empty one for none.
create function words(value jsonb) returns text[] language sql immutable parallel safe
return array(
  select distinct word(e) collate "C" from jsonb_array_elements(
    case jsonb_typeof(value) when 'array' then value when 'object' then '[]' else jsonb_build_array(value) end) as e
  where word(e) is not null order by 1);

-- The PubMed id that a text is: 1 to 8 digits, without prefix and leading zeros.
create function pubmed(value text) returns text language sql immutable parallel safe
return case when value ~ '^[1-9][0-9]{0,7}$' then value when value is not null then one_pubmed_id(plain(value)) end;

create function pubmeds(value jsonb) returns text[] language sql immutable parallel safe
return array(select distinct pubmed(w) collate "C" from unnest(words(value)) as w where pubmed(w) is not null order by 1);

-- The publications of the reactions that a gene controls; most are ruled out by their text, without reading lists.
create function pmids_controlled(reactions jsonb, symbol text) returns text[] language sql immutable parallel safe
return array(
  select distinct pubmed(p) collate "C" from jsonb_array_elements(listed(reactions)) as reaction cross join unnest(words(object(reaction) -> 'pmids')) as p
  where strpos((object(reaction) -> 'controller_genes')::text, btrim(to_jsonb(symbol)::text, '"')) > 0
    and symbol = any (words(object(reaction) -> 'controller_genes')) and pubmed(p) is not null order by 1);

-- An Ensembl id without version and PAR_Y; NULL for anything else. ENSGR0000182378 is the PAR_Y copy of ENSG00000182378.
create function stem(value text, prefix text) returns text language sql immutable parallel safe
return case
  when value ~ ('^' || prefix || '[0-9]{11}$') then value
  when plain(value) ~ ('^' || prefix || '[0-9]{11}(\.[0-9]{1,6})?(_PAR_Y)?$') then left(plain(value), 15)
  when plain(value) ~ ('^' || prefix || 'R[0-9]{10}(\.[0-9]{1,6})?(_PAR_Y)?$') then prefix || '0' || substr(plain(value), 6, 10) end;

create function version_in(value text) returns integer language sql immutable parallel safe
return case when strpos(value, '.') > 0 then substring(plain(value) from '^ENS[GT]R?[0-9]+\.([0-9]{1,6})(?:_PAR_Y)?$')::integer end;

create function says_par(value text) returns boolean language sql immutable parallel safe
return coalesce(strpos(value, 'R') > 0 and plain(value) ~ '_PAR_Y$|^ENS[GT]R[0-9]', false);

-- Keys of an object whose values are told by what was chosen for them, or that say nothing.
create function keys_told(v jsonb, keys text[], chosen text[]) returns text[] language sql immutable parallel safe
return array(
  select k from unnest(keys, chosen) as r (k, chosen)
  where v ? k and (word(v -> k) = chosen or (k = 'references' and chosen = '') or (word(v -> k) is null and jsonb_typeof(v -> k) not in ('object', 'array'))));

-- The drugs that PharmGKB names in a text or list; one empty text for none.
create function drugs_in(value jsonb) returns text[] language sql immutable parallel safe
return coalesce(nullif(array(
  select distinct plain(btrim(plain(part), '"')) collate "C"
  from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) as e
  cross join regexp_split_to_table(word(e), case when word(e) like '%;%' then ';' else '(?<=[A-Za-z)"]),(?=[A-Za-z("])' end) as part
  where plain(btrim(plain(part), '"')) is not null order by 1), '{}'), array['']);

-- A clinical phase in the vocabulary of the new tables.
create function phase(value text) returns text language sql immutable parallel safe
return case lower(regexp_replace(value, '\.0+$', ''))
  when 'launched' then 'Approved' when 'approved' then 'Approved' when '4' then 'Approved' when 'phase 4' then 'Approved' when 'phase iv' then 'Approved'
  when 'phase 3' then 'Phase III' when '3' then 'Phase III' when 'phase iii' then 'Phase III'
  when 'phase 2/phase 3' then 'Phase II' when 'phase 1/phase 2' then 'Phase I'
  when 'phase 2' then 'Phase II' when '2' then 'Phase II' when 'phase ii' then 'Phase II'
  when 'phase 1' then 'Phase I' when '1' then 'Phase I' when 'phase i' then 'Phase I' when '0.5' then 'Phase I' when 'early phase 1' then 'Phase I'
  when 'preclinical' then 'Preclinical' when '0' then 'Preclinical' when 'withdrawn' then 'Withdrawn' end;
