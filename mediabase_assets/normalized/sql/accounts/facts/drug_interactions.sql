select 'drugs' as field, 'drug named' as fact_kind, false as is_primary, n, '{}'::text[] as repairs, null::text as reason,
  row_number() over (partition by source_database, source_drug_key order by payload_id, path) = 1 as is_first
from drug_facts where reason is null
