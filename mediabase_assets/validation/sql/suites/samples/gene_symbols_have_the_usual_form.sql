-- Genes whose symbol has another form.
select gene_id, gene_symbol from genes where gene_symbol !~ '^[A-Za-z0-9][A-Za-z0-9@._/-]*$' order by gene_id
