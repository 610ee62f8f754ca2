-- Two rules that match one value, or one the whole and the other a part of it. Input: legacy_curation.
select least(a.rule_id, b.rule_id) as one, greatest(a.rule_id, b.rule_id) as other, a.transcript_id, a.gene_id, a.legacy_column, a.json_path, a.raw_value
from legacy_curation as a
join legacy_curation as b on b.rule_id > a.rule_id and b.legacy_column = a.legacy_column
  and (a.payload_id = b.payload_id or a.payload_id is null and b.payload_id is null and a.row_digest = b.row_digest)
  and (a.path = b.path[:cardinality(a.path)] or b.path = a.path[:cardinality(b.path)])
order by 1, 2, 3, 5, 6 limit 1
