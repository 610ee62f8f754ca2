-- Genes without a drug.
select g.gene_id, g.gene_symbol from genes as g
where not exists (select from gene_drug_interactions as i where i.gene_id = g.gene_id) order by g.gene_id limit 100
