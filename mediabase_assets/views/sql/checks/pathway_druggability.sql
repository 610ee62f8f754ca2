-- Selects every number of pathway_druggability that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'pathways' as what, (select count(*) from pathway_druggability) as of_the_view,
    (select count(*) from (select distinct pathway_id, pathway_source from gene_pathways) as d) as of_the_tables
  union all
  select 'genes', (select sum(total_genes) from pathway_druggability), (select count(*) from gene_pathways)
  union all
  select 'druggable genes', (select sum(druggable_genes) from pathway_druggability),
    (select count(*) from gene_pathways where gene_id in (select gene_id from gene_drug_interactions))
  union all
  select 'drugs', (select sum(unique_drugs) from pathway_druggability),
    (select count(*) from (select distinct pathway_id, pathway_source, drug_name from gene_pathways join gene_drug_interactions using (gene_id)) as d)
  union all
  select 'approved drugs', (select sum(cardinality(approved_drugs)) from pathway_druggability),
    (select count(*) from (select distinct pathway_id, pathway_source, drug_name from gene_pathways
      join gene_drug_interactions using (gene_id) where clinical_phase = 'Approved') as d)
  union all
  select 'confidence', (select sum(avg_pathway_confidence * total_genes) from pathway_druggability
      where not exists (select from gene_pathways where confidence_score is null)),
    (select sum(confidence_score) from gene_pathways where not exists (select from gene_pathways where confidence_score is null))
) as totals
where abs(coalesce(of_the_view, 0) - coalesce(of_the_tables, 0)) > 0.000001 * coalesce(of_the_tables, 0)
union all
select 'druggable genes of ' || pathway_id, druggable_genes, total_genes from pathway_druggability where druggable_genes > total_genes
