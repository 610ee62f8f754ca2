-- Grain: one row per drug as a source reports it, also for one that no kept gene is a target of. target_genes and
-- target_gene_ids are in the same order: by symbol, then id.
-- view_created_at: when the newest interaction that it shows was written.
-- Inputs: drug_interactions, gene_drug_interactions, genes.
with targets as (
  select
    i.drug_interaction_id, count(*) as target_gene_count,
    array_agg(g.gene_symbol order by g.gene_symbol collate "C", g.gene_id collate "C") as target_genes,
    array_agg(g.gene_id order by g.gene_symbol collate "C", g.gene_id collate "C") as target_gene_ids,
    jsonb_agg(jsonb_build_object('gene_id', g.gene_id, 'gene_symbol', g.gene_symbol, 'gene_name', g.gene_name, 'chromosome', g.chromosome)
      order by g.gene_symbol collate "C", g.gene_id collate "C") as target_gene_details,
    max(i.created_at) as created_at
  from gene_drug_interactions as i
  join genes as g using (gene_id)
  group by i.drug_interaction_id
)
select
  d.drug_interaction_id, d.drug_name, d.mechanism_of_action, d.target_type, d.indication, d.source_database,
  coalesce(t.target_gene_count, 0) as target_gene_count,
  coalesce(t.target_genes, '{}') as target_genes,
  coalesce(t.target_gene_ids, '{}') as target_gene_ids,
  coalesce(t.target_gene_details, '[]') as target_gene_details,
  t.created_at as view_created_at
from drug_interactions as d
left join targets as t using (drug_interaction_id)
