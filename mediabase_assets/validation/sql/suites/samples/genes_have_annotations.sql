-- Genes without pathway and annotation.
select g.gene_id, g.gene_symbol from genes as g
where not exists (select from gene_pathways as p where p.gene_id = g.gene_id)
  and not exists (select from gene_annotations as a where a.gene_id = g.gene_id) order by g.gene_id limit 100
