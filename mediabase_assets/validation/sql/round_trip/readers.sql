-- Readers of single legacy values, written for the proof. What a value means is told by the rules that the extraction calls too
-- (extraction/sql/rules); that these read every value is seen by the census of leaves and by tests in plain Python.
-- Left out: anything that needs a table.

create function plain(value text) returns text language sql immutable parallel safe return clean_text(value);

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
return case when value ~ ('^' || prefix || '[0-9]{11}$') then value else (ensembl_id(value, prefix))[1] end;

create function version_in(value text) returns integer language sql immutable parallel safe
return case when strpos(value, '.') > 0 then (ensembl_id(value, case when strpos(value, 'ENST') > 0 then 'ENST' else 'ENSG' end))[2]::integer end;

create function says_par(value text) returns boolean language sql immutable parallel safe
return coalesce(strpos(value, 'R') > 0 and (ensembl_id(value, case when strpos(value, 'ENST') > 0 then 'ENST' else 'ENSG' end))[3] = 'par', false);

-- The drugs that PharmGKB names in a text or list; one empty text for none.
create function drugs_in(value jsonb) returns text[] language sql immutable parallel safe
return coalesce(nullif(array(
  select distinct plain(btrim(plain(part), U&'" \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\200B\2028\2029\202F\205F\3000\FEFF')) collate "C"
  from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) as e
  cross join unnest(drug_name_parts(word(e))) as part
  where plain(btrim(plain(part), U&'" \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\200B\2028\2029\202F\205F\3000\FEFF')) is not null order by 1), '{}'), array['']);
