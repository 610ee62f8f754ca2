-- Genes without usable coordinates.
select gene_id, gene_symbol, start_position, end_position from genes
where (start_position >= 1 and end_position > start_position) is not true order by gene_id
