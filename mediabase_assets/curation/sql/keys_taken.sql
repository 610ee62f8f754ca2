-- Keys that a rule gives although the object has them already. Inputs: legacy_curation, legacy_payloads (not changed yet).
select c.rule_id as one, '' as other, c.transcript_id, c.gene_id, c.legacy_column, c.json_path, c.new_value as raw_value
from legacy_curation as c
join legacy_payloads as p using (payload_id)
where c.operation = 'key' and jsonb_exists(p.value #> c.path[:cardinality(c.path) - 1], c.new_value #>> '{}')
order by 1, 3 limit 1
