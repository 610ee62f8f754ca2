-- Grain: one row per key of an object that no other relation reads: of features, of drugs.pharmgkb_data and of
-- pharmgkb_variants. The known ones without a target are archived (they stay in the backup); unknown ones are quarantined.
-- Inputs: gene_payloads.
create unlogged table remaining_facts as
select payload_id, gene_id, field, '$.' || key as path, n, raw, archived,
  case when not archived then 'unknown_key' end as reason, '{}'::text[] as repairs, null::text as winner
from (
  select payload_id, gene_id, field, n, key, e as raw,
    key in ('protein_length', 'domains', 'cellular_location', 'functions') or key ~ '^(domain|region|motif)_[0-9]+$'
      or key ~ '^[A-Z_]+_[0-9]+$' as archived
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field = 'features'
  union all
  select payload_id, gene_id, field, n, 'pharmgkb_data.' || key, e,
    key in ('annotation_summary', 'vip_info', 'pathway_summary', 'variant_summary', 'source', 'processed_date')
  from gene_payloads cross join jsonb_each(object_of(object_of(value) -> 'pharmgkb_data')) as m (key, e)
  where reason is null and field = 'drugs'
    and not (key = 'clinical_annotations' and jsonb_typeof(e) = 'array') and not (key = 'pathway_data' and jsonb_typeof(e) = 'object')
  union all
  select payload_id, gene_id, field, n, key, e, key = 'summary'
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field = 'pharmgkb_variants'
    and not (key in ('high_impact_variants', 'cyp450_variants', 'cancer_relevant_variants') and jsonb_typeof(e) = 'array')
) as entries
union all
select payload_id, gene_id, field, '$', n, value, false, 'not_an_object', '{}', null
from gene_payloads
where reason is null and field in ('features', 'pharmgkb_variants') and jsonb_typeof(value) not in ('object', 'array')
union all
select payload_id, gene_id, field, '$[' || (position - 1) || ']', n, e, false, 'not_an_object', '{}', null
from gene_payloads cross join jsonb_array_elements(json_members(value)) with ordinality as l (e, position)
where reason is null and field in ('features', 'pharmgkb_variants', 'features.pathways', 'alt_gene_ids', 'alt_transcript_ids', 'pharmgkb_pathways')
  and field not in ('alt_gene_ids', 'alt_transcript_ids', 'features.pathways', 'pharmgkb_pathways');
