select field, 'pathway named' as fact_kind, false as is_primary, n, '{}'::text[] as repairs, null::text as reason,
  row_number() over (partition by pathway_id order by field, payload_id, path) = 1 as is_first
from (
  select 'pathways' as field, pathway_id, n, payload_id, path from pathway_facts where reason is null
  union all
  select 'drugs', pathway_id, n, payload_id, path from pharmgkb_pathway_facts where reason is null
) as mentions
