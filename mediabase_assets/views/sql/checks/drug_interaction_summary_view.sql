-- Selects every number of drug_interaction_summary_view that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'drugs' as what, (select count(*) from drug_interaction_summary_view) as of_the_view, (select count(*) from drug_interactions) as of_the_tables
  union all
  select v.what, v.shown, (select count(*) from gene_drug_interactions)
  from (
    select sum(target_gene_count) as counted, sum(cardinality(target_genes)) as symbols, sum(cardinality(target_gene_ids)) as ids,
      sum(jsonb_array_length(target_gene_details)) as details
    from drug_interaction_summary_view) as s
  cross join lateral (values ('target genes', counted), ('symbols', symbols), ('ids', ids), ('details', details)) as v (what, shown)
) as totals
where coalesce(of_the_view, 0) <> of_the_tables
union all
select 'genes of ' || drug_interaction_id, target_gene_count, cardinality(target_genes)
from drug_interaction_summary_view
where target_gene_count <> cardinality(target_genes)
