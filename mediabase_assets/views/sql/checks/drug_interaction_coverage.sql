-- Selects every number of drug_interaction_coverage that differs from the tables.
select v.what, v.shown as of_the_view, t.held as of_the_tables
from drug_interaction_coverage as c
cross join lateral (values ('genes', c.total_genes), ('genes with drugs', c.genes_with_drugs), ('drugs', c.unique_drugs),
  ('interactions', c.total_drug_interactions), ('of high confidence', c.high_confidence_interactions)) as v (what, shown)
join (
  select 'genes' as what, count(*) as held from genes
  union all select 'genes with drugs', count(*) from genes as g where exists (select from gene_drug_interactions as i where i.gene_id = g.gene_id)
  union all select 'drugs', count(*) from (select distinct drug_name from gene_drug_interactions) as d
  union all select 'interactions', count(*) from gene_drug_interactions
  union all select 'of high confidence', count(*) from gene_drug_interactions where evidence_strength in (4, 5)
) as t using (what)
where v.shown <> t.held
