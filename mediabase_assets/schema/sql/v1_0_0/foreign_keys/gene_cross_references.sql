alter table gene_cross_references add constraint gene_cross_references_gene_id_fkey
  foreign key (gene_id) references genes (gene_id) on delete cascade deferrable initially immediate;
