-- Genes whose symbol another gene has too.
select gene_id, gene_symbol from genes
where translate(gene_symbol, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') in (select translate(gene_symbol, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') from genes group by 1 having count(*) > 1) order by translate(gene_symbol, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), gene_id
