alter table gene_annotations add constraint gene_annotations_gene_id_fkey
  foreign key (gene_id) references genes (gene_id) on delete cascade deferrable initially immediate;
