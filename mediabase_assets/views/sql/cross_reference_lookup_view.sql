-- Grain: one row per identifier, authority and gene. The description of an identifier is nothing that the legacy table held.
-- view_created_at: when the gene's row was last written.
-- Inputs: gene_cross_references, genes, transcripts.
with of_transcripts as (
  select gene_id, array_agg(transcript_id order by transcript_id collate "C") as transcript_ids, count(*) as transcript_count
  from transcripts
  group by gene_id
)
select
  r.external_id, r.external_db as database_name, null::text as external_description,
  g.gene_id, g.gene_symbol, g.gene_name, g.gene_type,
  coalesce(t.transcript_ids, '{}') as transcript_ids,
  coalesce(t.transcript_count, 0) as transcript_count,
  g.updated_at as view_created_at
from gene_cross_references as r
join genes as g using (gene_id)
left join of_transcripts as t using (gene_id)
