-- Grain: one row per pathway. A gene counts once, its transcripts are counted per gene before they are summed.
-- pathway_genes and pathway_gene_ids are in the same order: by symbol, then id.
-- view_created_at: when the newest link that it shows was written.
-- Inputs: pathways, gene_pathways, genes, transcripts.
with counted as (
  select gene_id, count(*) as transcripts from transcripts group by gene_id
),
linked as (
  select pathway_id, gene_id, max(created_at) as created_at from gene_pathways group by pathway_id, gene_id
),
members as (
  select
    l.pathway_id, count(*) as gene_count,
    array_agg(g.gene_symbol order by g.gene_symbol collate "C", g.gene_id collate "C") as pathway_genes,
    array_agg(g.gene_id order by g.gene_symbol collate "C", g.gene_id collate "C") as pathway_gene_ids,
    coalesce(sum(c.transcripts), 0)::bigint as transcript_count,
    jsonb_agg(jsonb_build_object('gene_id', g.gene_id, 'gene_symbol', g.gene_symbol, 'gene_name', g.gene_name, 'gene_type', g.gene_type)
      order by g.gene_symbol collate "C", g.gene_id collate "C") as pathway_gene_details,
    max(l.created_at) as created_at
  from linked as l
  join genes as g using (gene_id)
  left join counted as c using (gene_id)
  group by l.pathway_id
)
select
  p.pathway_id, p.pathway_name, p.source_database, p.species, p.pathway_url,
  coalesce(m.gene_count, 0) as gene_count,
  coalesce(m.pathway_genes, '{}') as pathway_genes,
  coalesce(m.pathway_gene_ids, '{}') as pathway_gene_ids,
  coalesce(m.transcript_count, 0) as transcript_count,
  coalesce(m.pathway_gene_details, '[]') as pathway_gene_details,
  m.created_at as view_created_at
from pathways as p
left join members as m using (pathway_id)
