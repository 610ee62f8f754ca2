alter table gene_pathways add constraint gene_pathways_pkey primary key (gene_id, pathway_id, pathway_source) with (fillfactor = 100);
create index gene_pathways_pathway_id_idx on gene_pathways (pathway_id) with (fillfactor = 100);
