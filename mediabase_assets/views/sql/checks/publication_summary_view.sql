-- Selects every number of publication_summary_view that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'publications' as what, (select count(*) from publication_summary_view) as of_the_view, (select count(*) from publications) as of_the_tables
  union all
  select v.what, v.shown, (select count(*) from (select distinct gene_id, publication_id from gene_publications) as d)
  from (
    select sum(associated_gene_count) as counted, sum(cardinality(associated_genes)) as symbols,
      sum(jsonb_array_length(gene_associations)) as associations
    from publication_summary_view) as s
  cross join lateral (values ('genes', counted), ('symbols', symbols), ('associations', associations)) as v (what, shown)
  union all
  select 'mentions', (select sum((a ->> 'mention_count')::bigint) from publication_summary_view cross join jsonb_array_elements(gene_associations) as a),
    (select sum(mention_count) from gene_publications)
  union all
  select 'highest relevance', (select max(max_relevance_score) from publication_summary_view), (select max(relevance_score) from gene_publications)
) as totals
where coalesce(of_the_view, 0) <> coalesce(of_the_tables, 0)
