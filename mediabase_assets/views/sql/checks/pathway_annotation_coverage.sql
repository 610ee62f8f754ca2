-- Selects every number of pathway_annotation_coverage that differs from the tables.
select v.what, v.shown as of_the_view, t.held as of_the_tables
from pathway_annotation_coverage as c
cross join lateral (values ('genes', c.total_genes), ('genes with pathways', c.genes_with_pathways), ('pathways', c.unique_pathways),
  ('links', c.total_pathway_annotations)) as v (what, shown)
join (
  select 'genes' as what, count(*) as held from genes
  union all select 'genes with pathways', count(*) from genes as g where exists (select from gene_pathways as p where p.gene_id = g.gene_id)
  union all select 'pathways', count(*) from (select distinct pathway_id from gene_pathways) as d
  union all select 'links', count(*) from gene_pathways
) as t using (what)
where v.shown <> t.held
