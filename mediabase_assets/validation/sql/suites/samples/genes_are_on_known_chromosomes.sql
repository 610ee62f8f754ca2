-- Genes that are elsewhere.
select gene_id, gene_symbol, chromosome from genes where coalesce(chromosome, '') !~ '^chr([1-9]|1[0-9]|2[0-2]|X|Y|M)$' order by gene_id
