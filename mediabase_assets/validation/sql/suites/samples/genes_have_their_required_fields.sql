-- Genes without a symbol of their own, or without a type.
select gene_id, gene_symbol, symbol_source, gene_type from genes where symbol_source = 'gene_id' or gene_type is null order by gene_id
