select 'go_terms' as field, 'GO term' as fact_kind, false as is_primary, n, '{}'::text[] as repairs, null::text as reason,
  row_number() over (partition by go_id order by payload_id, path) = 1 as is_first
from (
  select go_id, n, payload_id, path from go_facts where reason is null
  union all
  select inherited_from, n, payload_id, path || '.inherited' from go_facts where reason is null and inherited_from is not null
) as mentions
