-- What matching and changing of single JSON values needs, as functions of the session alone.
-- Left out: what a rule decides, which the tables of rules say.

-- Every value inside a JSON value, itself too, with its path.
create or replace function pg_temp.json_nodes(value jsonb) returns table (path text[], node jsonb)
language sql immutable as $$
with recursive nodes (path, node) as (
  select '{}'::text[], value
  union all
  select n.path || m.step, m.node
  from nodes as n
  cross join lateral (
    select key as step, value as node from jsonb_each(case when jsonb_typeof(n.node) = 'object' then n.node else '{}' end)
    union all
    select (position - 1)::text, e from jsonb_array_elements(case when jsonb_typeof(n.node) = 'array' then n.node else '[]' end)
      with ordinality as a (e, position)) as m
)
select path, node from nodes
$$;

-- Whether a path is the wanted one; * stands for any one step.
create or replace function pg_temp.path_fits(path text[], wanted text[]) returns boolean
language sql immutable as $$
select cardinality(path) = cardinality(wanted)
  and not exists (select from unnest(path, wanted) as s (step, want) where want <> '*' and want <> step)
$$;

-- A path as the extraction writes it: $.key[0]
create or replace function pg_temp.path_text(value jsonb, path text[]) returns text
language plpgsql immutable as $$
declare
  text_ text := '$';
  node jsonb := value;
  step text;
begin
  foreach step in array path loop
    text_ := text_ || case when jsonb_typeof(node) = 'array' then '[' || step || ']' else '.' || step end;
    node := node #> array[step];
  end loop;
  return text_;
end
$$;

-- Whether a value is the one that a rule says: as JSON, or as its text.
create or replace function pg_temp.value_fits(node jsonb, said jsonb, pattern text) returns boolean
language sql immutable as $$
select case
  when jsonb_typeof(said) = 'null' then node is null or jsonb_typeof(node) = 'null'
  when said is not null then node = said
    or (jsonb_typeof(node) in ('string', 'number', 'boolean') and jsonb_typeof(said) in ('string', 'number', 'boolean') and node #>> '{}' = said #>> '{}')
  when pattern is not null then jsonb_typeof(node) in ('string', 'number', 'boolean') and node #>> '{}' ~ pattern
  else true
end
$$;

-- The values inside a value that a rule matches.
create or replace function pg_temp.matching_nodes(value jsonb, path text[], is_exact boolean, said jsonb, pattern text)
returns table (path text[], node jsonb)
language sql immutable as $$
select n.path, n.node
from (
  select $2 as path, $1 #> $2 as node where is_exact
  union all
  select j.path, j.node from pg_temp.json_nodes(case when is_exact then null else $1 end) as j
  where not is_exact and ($2 is null or pg_temp.path_fits(j.path, $2))) as n
where n.node is not null and pg_temp.value_fits(n.node, $4, $5)
$$;

-- A value with changes applied, those further inside and further back in a list first.
create or replace function pg_temp.curated(value jsonb, changes jsonb) returns jsonb
language plpgsql immutable as $$
declare
  result jsonb := value;
  change jsonb;
  path text[];
begin
  for change in select c from jsonb_array_elements(changes) as c loop
    path := array(select jsonb_array_elements_text(change -> 'path'));
    if change ->> 'operation' = 'drop' then
      result := case when cardinality(path) > 0 then result #- path when jsonb_typeof(result) = 'object' then '{}' else '[]' end;
    elsif cardinality(path) = 0 then
      result := change -> 'value';
    elsif change ->> 'operation' = 'key' then
      result := jsonb_set(result #- path, path[:cardinality(path) - 1] || (change ->> 'value'), result #> path);
    else
      result := jsonb_set(result, path, change -> 'value', false);
    end if;
  end loop;
  return result;
end
$$;
