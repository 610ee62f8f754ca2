-- Keys that a rule gives although the object of a row has them already. Inputs: legacy_curation, legacy_rows (not changed yet).
select c.rule_id as one, '' as other, c.transcript_id, c.gene_id, c.legacy_column, c.json_path, c.new_value as raw_value
from legacy_curation as c
join legacy_rows as r using (row_digest)
where c.operation = 'key' and c.payload_id is null
  and jsonb_exists(case c.legacy_column when 'features' then r.features when 'alt_transcript_ids' then r.alt_transcript_ids else r.coordinates end
    #> c.path[:cardinality(c.path) - 1], c.new_value #>> '{}')
order by 1, 3 limit 1
