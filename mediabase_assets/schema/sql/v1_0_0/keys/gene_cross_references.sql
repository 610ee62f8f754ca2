alter table gene_cross_references add constraint gene_cross_references_pkey primary key (gene_id, external_db, external_id) with (fillfactor = 100);
create index gene_cross_references_external_id_idx on gene_cross_references (external_id) with (fillfactor = 100);
