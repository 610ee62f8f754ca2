-- Grain: one row per entry of a migration, with an id that follows from its content. Parameter: migration.
select md5(jsonb_build_array(q.transcript_id, q.gene_id, q.legacy_column, q.json_path, q.reason, q.raw_value)::text) as id,
  q.reason, q.gene_id, coalesce(g.gene_symbol, case when jsonb_typeof(q.raw_value) = 'object' then q.raw_value ->> 'gene_symbol' end) as gene_symbol,
  q.transcript_id, q.legacy_column, q.json_path, q.raw_value, q.winner, q.fact_count, q.asset, q.migration_id,
  {rule_id} as rule_id, r.why as rule_why
from {quarantine} as q
left join ({genes}) as g on g.gene_id = q.gene_id
left join ({rules}) as r on r.migration_id = q.migration_id and r.rule_id = {rule_id}
where q.migration_id = %(migration)s
