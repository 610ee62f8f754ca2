-- Small readers of single values, in the build schema. Immutable, inlined where PostgreSQL can.
-- Left out: anything that needs a table, and what the extraction shares with its proof (rules).

-- A JSON number, or a string that holds nothing but one; NULL for everything else.
create or replace function json_number(value jsonb) returns numeric
language sql immutable parallel safe
return case jsonb_typeof(value)
  when 'number' then (value #>> '{}')::numeric
  when 'string' then case when clean_text(value #>> '{}') ~ '^[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?$'
                          then clean_text(value #>> '{}')::numeric end
end;

-- A JSON string, number or boolean as trimmed text; NULL for null, empty text, objects and arrays.
create or replace function json_text(value jsonb) returns text
language sql immutable parallel safe
return case when jsonb_typeof(value) in ('string', 'number', 'boolean') then clean_text(value #>> '{}') end;

-- The scalar members of a JSON array as sorted distinct texts; one text for a scalar; NULL for none.
create or replace function json_text_array(value jsonb) returns text[]
language sql immutable parallel safe
return (
  select array_agg(distinct json_text(e) collate "C" order by json_text(e) collate "C")
  from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value when 'object' then '[]' else jsonb_build_array(value) end) as e
  where json_text(e) is not null);

-- The members of a JSON array, an empty set for anything else.
create or replace function json_members(value jsonb) returns jsonb
language sql immutable parallel safe
return case when jsonb_typeof(value) = 'array' then value else '[]'::jsonb end;

create or replace function object_of(value jsonb) returns jsonb
language sql immutable parallel safe
return case when jsonb_typeof(value) = 'object' then value else '{}'::jsonb end;

-- The PubMed id that a text is, without prefix and leading zeros; NULL where it is none (1 to 8 digits).
create or replace function pubmed_id(value text) returns text
language sql immutable parallel safe
return case when value ~ '^[1-9][0-9]{0,7}$' then value when value is not null then one_pubmed_id(clean_text(value)) end;

-- 64 bits of an md5 as a number, for ids that follow from content alone.
create or replace function content_id(value text) returns bigint
language sql immutable parallel safe
return ('x' || substr(md5(value), 1, 16))::bit(64)::bigint;

-- The drugs that a PharmGKB text or list names, each once, in order (rules/drugs.sql tells where a text is split). Quotes around
-- a name are dropped. One empty text where none is named.
create or replace function named_drugs(value jsonb) returns text[]
language sql immutable parallel safe
return coalesce((
  select array_agg(distinct name collate "C" order by name collate "C")
  from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) as e
  cross join lateral unnest(drug_name_parts(json_text(e))) as part
  cross join lateral clean_text(btrim(clean_text(part), U&'" \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\200B\2028\2029\202F\205F\3000\FEFF')) as name
  where name is not null), array['']);

-- How many (item, drug) pairs a list of PharmGKB annotations holds; anything else than an object is one.
create or replace function count_annotations(list jsonb, drug_key text) returns bigint
language sql immutable parallel safe
return case when jsonb_typeof(list) = 'array'
  then (select coalesce(sum(case when jsonb_typeof(a) = 'object' then cardinality(named_drugs(a -> drug_key)) else 1 end), 0)
        from jsonb_array_elements(list) as a)
  else 1 end;

-- How many facts a value of a legacy column holds, counted without taking them apart: the left side of every account.
-- A fact is a member of an array, a key of an object, a GO id in a list under an aspect, an (annotation, drug) pair of
-- PharmGKB; a value of an unexpected kind is one fact.
create or replace function count_facts(field text, value jsonb) returns bigint
language sql immutable parallel safe
return case
  when value is null then 0
  when jsonb_typeof(value) = 'array' then jsonb_array_length(value)
  when jsonb_typeof(value) <> 'object' then 1
  when field in ('source_references', 'publications', 'go_terms') then
    (select coalesce(sum(case when jsonb_typeof(v) = 'array' then jsonb_array_length(v) else 1 end), 0) from jsonb_each(value) as s (k, v))
  when field = 'pharmgkb_variants' then
    (select coalesce(sum(case when k in ('high_impact_variants', 'cyp450_variants', 'cancer_relevant_variants')
      then count_annotations(v, 'drugs') else 1 end), 0) from jsonb_each(value) as s (k, v))
  when field = 'drugs' then
    (select coalesce(sum(
      case
        when k = 'pharmgkb_data' and jsonb_typeof(v) = 'object' then
          (select coalesce(sum(case
            when kk = 'clinical_annotations' then count_annotations(vv, 'drug')
            when kk = 'pathway_data' and jsonb_typeof(vv) = 'object' then (select count(*) from jsonb_object_keys(vv))
            else 1 end), 0) from jsonb_each(v) as p (kk, vv))
        when k in ('drugcentral_data', 'chembl_data') and jsonb_typeof(coalesce(v -> 'drugs', v -> 'compounds', v)) = 'array'
          then jsonb_array_length(coalesce(v -> 'drugs', v -> 'compounds', v))
        else 1
      end), 0) from jsonb_each(value) as d (k, v))
  else (select count(*) from jsonb_object_keys(value))
end;
