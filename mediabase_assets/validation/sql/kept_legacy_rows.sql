-- Grain: one row per legacy row that the migration neither quarantined nor merged into another row of the same transcript,
-- with the ids and symbol that the migration gave it; a fold change that is in quarantine is NULL (columns reads it through f).
-- Benchmark answers that differ on the legacy table as it is are compared on these rows; nothing is ever timed on them.
-- Placeholders: legacy (the table), columns (its columns that the query reads). Inputs: transcripts, genes, 
select
  coalesce(t.transcript_id, l.transcript_id) as transcript_id,
  coalesce(g.gene_id, l.gene_id) as gene_id,
  coalesce(g.gene_symbol, l.gene_symbol) as gene_symbol,
  {columns}
from {legacy} as l
left join (
  select d.transcript_id, d.repaired_id, row_number() over (partition by d.repaired_id order by d.transcript_id) as place
  from (
    select distinct r.transcript_id, r.repaired_value #>> '{{}}' as repaired_id
    from repairs as r
    join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
    where r.legacy_column = 'transcript_id'
  ) as d
) as r on r.transcript_id = l.transcript_id
left join (
  select distinct q.transcript_id
  from quarantine as q
  join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
  where q.legacy_column = 'expression_fold_change'
) as f on f.transcript_id = l.transcript_id
left join transcripts as t on t.transcript_id = coalesce(r.repaired_id, l.transcript_id)
left join genes as g on g.gene_id = t.gene_id
where (r.place is null or (r.place = 1 and not exists (select from {legacy} as m where m.transcript_id = r.repaired_id)))
  and not exists (
  select from quarantine as q
  join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
  where q.legacy_column = 'transcript_id' and q.json_path = '$' and q.transcript_id = l.transcript_id
)
