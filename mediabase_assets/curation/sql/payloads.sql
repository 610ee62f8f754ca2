-- The values of genes with what rules decided about parts of them. A changed value gets a digest of its own, in the rows that hold it too:
-- the same value of another gene stays as it is, and no value of a gene is there twice. Inputs: legacy_curation, legacy_payloads.
create temporary table payloads_now on commit drop as
select p.payload_id, p.field, p.identity, p.digest, pg_temp.curated(p.value, c.changes) as value,
  md5(p.digest::text || c.changes::text)::uuid as new_digest
from legacy_payloads as p
join (
  select payload_id, jsonb_agg(jsonb_build_object('path', to_jsonb(path), 'operation', operation, 'value', new_value)
    order by array(select case when step ~ '^[0-9]+$' then lpad(step, 12, '0') else step end from unnest(path) with ordinality as s (step, n) order by n)
      collate "C" desc) as changes
  from legacy_curation where payload_id is not null group by payload_id) as c using (payload_id);

update legacy_payloads as p set value = n.value, digest = n.new_digest from payloads_now as n where n.payload_id = p.payload_id;
