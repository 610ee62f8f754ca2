-- Grain: one row: how far genes are annotated with pathways. Inputs: genes, gene_pathways.
select
  (select count(*) from genes) as total_genes,
  count(distinct gene_id) as genes_with_pathways,
  round(100.0 * count(distinct gene_id) / nullif((select count(*) from genes), 0), 2) as pathway_coverage_percentage,
  count(distinct pathway_id) as unique_pathways,
  count(*) as total_pathway_annotations,
  avg(confidence_score) as avg_confidence_score
from gene_pathways
