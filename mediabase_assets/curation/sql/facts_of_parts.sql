-- How many facts each part that is left out holds: those that its value has less without it, on every row. Inputs: legacy_curation,
-- legacy_payloads (not changed yet).
update legacy_curation as c set facts = p.n_rows * (count_facts(p.field, p.value)
  - count_facts(p.field, pg_temp.curated(p.value, jsonb_build_array(jsonb_build_object('path', to_jsonb(c.path), 'operation', 'drop')))))
from legacy_payloads as p where p.payload_id = c.payload_id and c.operation = 'drop';
