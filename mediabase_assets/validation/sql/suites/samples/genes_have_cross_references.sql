-- Genes without a cross-reference.
select g.gene_id, g.gene_symbol from genes as g
where not exists (select from gene_cross_references as x where x.gene_id = g.gene_id) order by g.gene_id limit 100
