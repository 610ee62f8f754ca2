-- Genes whose symbol another gene has too.
select gene_id, gene_symbol from genes
where upper(gene_symbol) in (select upper(gene_symbol) from genes group by 1 having count(*) > 1) order by upper(gene_symbol), gene_id
