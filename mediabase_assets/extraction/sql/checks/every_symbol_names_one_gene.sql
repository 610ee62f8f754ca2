select gene_symbol, count(*) as genes, min(gene_id) as first_gene_id from gene_candidates where reason is null group by gene_symbol having count(*) > 1
