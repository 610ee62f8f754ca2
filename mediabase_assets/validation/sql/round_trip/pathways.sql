-- Reactome pathways of a gene: `name [Reactome:id]`, a bare id, or features.pathways (an object or a list). The last bracket is the
-- id (reactome_pathway, the rule of the extraction too); the name is the one that most facts tell. Inputs: legacy_values, view_genes, quarantined.
create unlogged table pathway_entries as
select 'legacy' as side, field, gene, n, example, '$[' || (i - 1) || ']' as path, e as raw, word(e) as entry, null as name
from legacy_values cross join jsonb_array_elements(listed(value)) with ordinality as m (e, i) where field = 'pathways'
union all
select 'legacy', 'features', gene, n, example, '$.pathways.' || key, e, key, word(object(e) -> 'name')
from legacy_values cross join jsonb_each(object(object(value) -> 'pathways')) as m (key, e) where field = 'features'
union all
select 'legacy', 'features', gene, n, example, '$.pathways[' || (i - 1) || ']', e,
  coalesce(word(e), word(object(e) -> 'id'), word(object(e) -> 'pathway_id'), word(object(e) -> 'stId')), word(object(e) -> 'name')
from legacy_values cross join jsonb_array_elements(listed(object(value) -> 'pathways')) with ordinality as m (e, i) where field = 'features'
union all
select 'legacy', 'features', gene, n, example, '$.pathways', value -> 'pathways', null, null
from legacy_values where field = 'features' and object(value) ? 'pathways' and jsonb_typeof(value -> 'pathways') not in ('object', 'array')
union all
select 'view', 'pathways', gene, 1, transcript_id, '$', to_jsonb(e), e, null from view_genes cross join unnest(pathways) as e;
analyze pathway_entries;

-- thousands of genes share an entry: each is read once
create unlogged table pathway_texts as
select entry, reactome_pathway(entry) as found from (select distinct entry from pathway_entries where octet_length(entry) <= 2000) as d;
analyze pathway_texts;

create unlogged table pathways_told as
select side, field, gene, n, example, path, raw, entry, found[1] collate "C" as pathway_id,
  case when octet_length(coalesce(found[2], name)) <= 2000 then coalesce(found[2], name) end collate "C" as name, found[2] is null as is_bare,
  found[3] is not null as is_other_form
from pathway_entries left join pathway_texts using (entry);
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
select field, case when pathway_id is null then 'quarantine' when name <> kept_name or (is_bare and field = 'pathways') or (raw #>> '{}' <> entry and field = 'pathways') or is_other_form
    then 'repair' when field = 'features' then 'merge' else 'equal' end,
  case when pathway_id is null then case when entry is null and field = 'features' then 'not_an_object' when entry is null then 'blank_value'
      when octet_length(entry) > 2000 then 'value_too_long' else 'pathway_unparsable' end
    when is_bare and field = 'pathways' then 'pathway_bare_id' when is_other_form then 'pathway_id_format' when name <> kept_name then 'pathway_name_differs'
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
