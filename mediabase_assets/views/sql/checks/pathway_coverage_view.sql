-- Selects every number of pathway_coverage_view that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'pathways' as what, (select count(*) from pathway_coverage_view) as of_the_view, (select count(*) from pathways) as of_the_tables
  union all
  select v.what, v.shown, (select count(*) from (select distinct gene_id, pathway_id from gene_pathways) as d)
  from (
    select sum(gene_count) as counted, sum(cardinality(pathway_genes)) as symbols, sum(cardinality(pathway_gene_ids)) as ids,
      sum(jsonb_array_length(pathway_gene_details)) as details
    from pathway_coverage_view) as s
  cross join lateral (values ('genes', counted), ('symbols', symbols), ('ids', ids), ('details', details)) as v (what, shown)
  union all
  select 'transcripts', (select sum(transcript_count) from pathway_coverage_view),
    (select count(*) from (select distinct gene_id, pathway_id from gene_pathways) as d join transcripts using (gene_id))
) as totals
where coalesce(of_the_view, 0) <> of_the_tables
union all
select 'genes of ' || pathway_id, gene_count, cardinality(pathway_gene_ids)
from pathway_coverage_view
where gene_count <> cardinality(pathway_gene_ids)
