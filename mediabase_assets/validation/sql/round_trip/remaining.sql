-- JSON keys without a target: known ones are archived (they stay in the backup), unknown ones are in quarantine, each with its
-- raw value. Inputs: legacy_values, quarantined.
create unlogged table keys_left as
select *, case when is_archived then 'archived' else 'quarantine' end as explanation from (
  select field, gene, n, example, '$.' || key as path, e as raw,
    key in ('protein_length', 'domains', 'cellular_location', 'functions') or key ~ '^(domain|region|motif)_[0-9]+$' or key ~ '^[A-Z_]+_[0-9]+$' as is_archived
  from legacy_values cross join jsonb_each(object(value) - 'pathways') as m (key, e) where field = 'features'
  union all
  select field, gene, n, example, '$.pharmgkb_data.' || key, e,
    key in ('annotation_summary', 'vip_info', 'pathway_summary', 'variant_summary', 'source', 'processed_date')
  from legacy_values cross join jsonb_each(object(object(value) -> 'pharmgkb_data')) as m (key, e)
  where field = 'drugs' and not (key = 'clinical_annotations' and jsonb_typeof(e) = 'array') and not (key = 'pathway_data' and jsonb_typeof(e) = 'object')
  union all
  select field, gene, n, example, '$.' || key, e, key = 'summary'
  from legacy_values cross join jsonb_each(object(value)) as m (key, e)
  where field = 'pharmgkb_variants' and not (key in ('high_impact_variants', 'cyp450_variants', 'cancer_relevant_variants') and jsonb_typeof(e) = 'array')
  union all
  select field, gene, n, example, '$', value, false from legacy_values where field in ('features', 'pharmgkb_variants') and jsonb_typeof(value) not in ('object', 'array')
  union all
  select field, gene, n, example, '$[' || (i - 1) || ']', e, false
  from legacy_values cross join jsonb_array_elements(listed(value)) with ordinality as l (e, i) where field in ('features', 'pharmgkb_variants')
) as k;
analyze keys_left;

insert into account select field, explanation, case explanation when 'archived' then 'no_target' else 'unknown_key' end, sum(n) from keys_left group by 1, 2, 3;

insert into differences
select k.example, k.gene, k.field, k.path, left(k.raw::text, 1000), null, 'mediabase_ops.quarantine' from keys_left as k
where not k.is_archived and not exists (
  select from quarantined as q where q.gene_id = k.gene and q.legacy_column = k.field and q.json_path = k.path and q.raw_value = k.raw);
