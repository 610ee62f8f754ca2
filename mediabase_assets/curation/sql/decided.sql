-- Grain: one row per rule about the quarantine: how many values it is about. Inputs: quarantine_now, quarantine_rules.
select q.rule_id, count(*) as matched
from quarantine_rules as q
join quarantine_now as r on (q.reason is null or r.reason = q.reason) and (q.legacy_column is null or r.legacy_column = q.legacy_column)
where pg_temp.decides(q.path_pattern, q.said, q.pattern, q.genes, q.transcript_id, r.transcript_id, r.gene_id, r.json_path, r.raw_value)
group by 1
