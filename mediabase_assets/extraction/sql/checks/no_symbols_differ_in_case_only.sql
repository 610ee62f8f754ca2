select symbol, gene_id, gene_symbol from symbol_conflicts where kind = 'case_variant'
