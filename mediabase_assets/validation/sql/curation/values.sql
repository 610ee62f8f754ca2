-- Values of genes that rules of curators changed are compared as they are after it, if the entries in legacy_curation say so.
-- Inputs: legacy_values, legacy_payloads, legacy_curation.
create unlogged table curated_values as
select distinct on (p.field, p.digest) p.field, p.digest, p.value, c.changes
from legacy_payloads as p
join (
  select payload_id, jsonb_agg(jsonb_build_object('path', to_jsonb(path), 'operation', operation, 'value', new_value)
    order by array(select case when step ~ '^[0-9]+$' then lpad(step, 12, '0') else step end from unnest(path) with ordinality as s (step, n) order by n)
      collate "C" desc) as changes
  from legacy_curation where payload_id is not null group by payload_id) as c using (payload_id)
order by p.field, p.digest, p.payload_id;

insert into differences
select v.example, v.gene, v.field, '$', left(v.value::text, 300), left(c.value::text, 300), 'what rules of curators made of the value'
from legacy_values as v
join curated_values as c using (field, digest)
where pg_temp.curated(v.value, c.changes) is distinct from c.value and v.value is distinct from c.value;

update legacy_values as v set value = c.value from curated_values as c where c.field = v.field and c.digest = v.digest;
