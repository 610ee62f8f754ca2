alter table gene_pathways add constraint gene_pathways_gene_id_fkey
  foreign key (gene_id) references genes (gene_id) on delete cascade deferrable initially immediate;
alter table gene_pathways add constraint gene_pathways_pathway_id_fkey
  foreign key (pathway_id) references pathways (pathway_id) deferrable initially immediate;
