-- Of values that one rule matches, one inside the other, only the outer one is changed; a value is listed once. Input: legacy_curation.
delete from legacy_curation as c
using legacy_curation as o
where o.rule_id = c.rule_id and o.legacy_column = c.legacy_column
  and (o.payload_id = c.payload_id or o.payload_id is null and c.payload_id is null and o.row_digest = c.row_digest)
  and (cardinality(o.path) < cardinality(c.path) and o.path = c.path[:cardinality(o.path)] or o.path = c.path and o.ctid < c.ctid)
