-- Reactome pathways of a gene: `name [Reactome:id]`, a bare id, or features.pathways. The last bracket is the id; the name is
-- the one that most facts tell. Inputs: legacy_values, view_genes, quarantined.
create unlogged table pathways_told as
with entries as (
  select 'legacy' as side, field, gene, n, example, '$[' || (i - 1) || ']' as path, e as raw, word(e) as entry, null as name
  from legacy_values cross join jsonb_array_elements(listed(value)) with ordinality as m (e, i) where field = 'pathways'
  union all
  select 'legacy', 'features', gene, n, example, '$.pathways.' || key, e, key, word(object(e) -> 'name')
  from legacy_values cross join jsonb_each(object(object(value) -> 'pathways')) as m (key, e) where field = 'features'
  union all
  select 'legacy', 'features', gene, n, example, '$.pathways', value -> 'pathways', null, null
  from legacy_values where field = 'features' and object(value) ? 'pathways' and jsonb_typeof(value -> 'pathways') <> 'object'
  union all
  select 'view', 'pathways', gene, 1, transcript_id, '$', to_jsonb(e), e, null from view_genes cross join unnest(pathways) as e
)
select side, field, gene, n, example, path, raw, entry, pathway_id collate "C" as pathway_id,
  case when octet_length(coalesce(own_name, name)) <= 2000 then coalesce(own_name, name) end collate "C" as name, own_name is null as is_bare
from (
  select *,
    -- the usual form is read without a capturing group, which is ten times faster
    case when octet_length(entry) > 2000 then null
      when is_usual then left(tail, -1)
      else coalesce(substring(entry from '\S\s*\[Reactome:\s*(R-[A-Z]{2,4}-[0-9]{1,12})(?:\.[0-9]+)?\s*\]$'),
        substring(entry from '^\[?(?:Reactome:\s*)?(R-[A-Z]{2,4}-[0-9]{1,12})(?:\.[0-9]+)?\]?$')) end as pathway_id,
    case when is_usual and left(entry, -length(tail) - 11) !~ '\s$' then nullif(left(entry, -length(tail) - 11), '')
      else substring(entry from '^(.*\S)\s*\[Reactome:\s*R-[A-Z]{2,4}-[0-9]{1,12}(?:\.[0-9]+)?\s*\]$') end as own_name
  from (
    select *, entry like '% [Reactome:%' and tail ~ '^R-[A-Z]{2,4}-[0-9]{1,12}\]$' as is_usual
    from (select *, split_part(entry, ' [Reactome:', -1) as tail from entries offset bigint '0') as e offset bigint '0') as e offset bigint '0') as e;
analyze pathways_told;

create unlogged table expected_reactome as
select distinct on (pathway_id) pathway_id, name from (
  select pathway_id, name, sum(n) as n from pathways_told where side = 'legacy' and pathway_id is not null group by 1, 2) as v
order by pathway_id, (name is null), n desc, name;
analyze expected_reactome;

create unlogged table pathways_shown as select gene, pathway_id, name, raw from pathways_told where side = 'view';
analyze pathways_shown;

create unlogged table pathway_pairs as
select t.*, x.name as kept_name, s.gene is not null as is_shown
from pathways_told as t
left join expected_reactome as x using (pathway_id)
left join pathways_shown as s on s.gene = t.gene and s.pathway_id = t.pathway_id and s.name is not distinct from x.name
where t.side = 'legacy';
analyze pathway_pairs;

insert into account
select field, case when pathway_id is null then 'quarantine' when name <> kept_name or (is_bare and field = 'pathways') or (raw #>> '{}' <> entry and field = 'pathways')
    then 'repair' when field = 'features' then 'merge' else 'equal' end,
  case when pathway_id is null then case when entry is null and field = 'features' then 'not_an_object' when entry is null then 'blank_value'
      when octet_length(entry) > 2000 then 'value_too_long' else 'pathway_unparsable' end
    when is_bare and field = 'pathways' then 'pathway_bare_id' when name <> kept_name then 'pathway_name_differs'
    when raw #>> '{}' <> entry and field = 'pathways' then 'white_space' when field = 'features' then 'pathway_of_the_gene' else '' end, sum(n)
from pathway_pairs where is_shown or pathway_id is null group by 1, 2, 3;

insert into differences
select example, gene, field, path, raw::text, null, 'gene_pathways' from pathway_pairs where pathway_id is not null and not is_shown
union all
select null, s.gene, 'pathways', '$', null, s.raw #>> '{}', 'gene_pathways' from pathways_shown as s
where not exists (select from pathway_pairs as t where t.gene = s.gene and t.pathway_id = s.pathway_id and t.kept_name is not distinct from s.name)
union all
select t.example, t.gene, t.field, t.path, t.raw::text, null, 'mediabase_ops.quarantine' from pathway_pairs as t
where t.pathway_id is null and not exists (
  select from quarantined as q where q.gene_id = t.gene and q.legacy_column = t.field and q.json_path = t.path and q.raw_value = t.raw);
