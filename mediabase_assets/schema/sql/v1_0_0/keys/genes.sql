alter table genes add constraint genes_pkey primary key (gene_id) with (fillfactor = 100);
-- deferrable, so that a release may hand a symbol from one gene to another
alter table genes add constraint genes_gene_symbol_key unique (gene_symbol) with (fillfactor = 100) deferrable initially immediate;
create index genes_upper_symbol_idx on genes (upper(gene_symbol)) with (fillfactor = 100);
