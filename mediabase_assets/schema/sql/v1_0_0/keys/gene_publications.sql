alter table gene_publications add constraint gene_publications_pkey primary key (gene_id, publication_id, source_db) with (fillfactor = 100);
create index gene_publications_publication_id_idx on gene_publications (publication_id) with (fillfactor = 100);
