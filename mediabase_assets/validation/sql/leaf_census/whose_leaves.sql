-- Grain: one row per gene, column, path and raw value that is open. Leaves of genes and rows in quarantine are left out: they are there whole.
-- Inputs: open_leaves, legacy_payloads, gene_payloads, row_states.
create temporary table whose_leaves on commit drop as
select row_number() over (order by legacy_column, gene_id, path, raw::text collate "C", reason) as leaf, *, btrim(raw::text, '"') as words
from (
  select l.legacy_column, l.path, l.reason, l.raw, g.gene_id, min(g.first_transcript_id) as transcript_id, sum(g.n)::bigint as n_rows
  from open_leaves as l
  join legacy_payloads as p on p.field = l.legacy_column and p.digest = l.digest
  join gene_payloads as g using (payload_id)
  where l.digest is not null and g.reason is null
  group by 1, 2, 3, 4, 5
  union all
  select l.legacy_column, l.path, l.reason, l.raw, s.gene_id, min(s.raw_transcript_id), count(*)
  from open_leaves as l join row_states as s on s.raw_transcript_id = l.transcript_id
  where l.digest is null and s.outcome <> 'quarantined'
  group by 1, 2, 3, 4, 5
) as leaves
