alter table pharmacogenomic_annotations add constraint pharmacogenomic_annotations_gene_id_fkey
  foreign key (gene_id) references genes (gene_id) on delete cascade deferrable initially immediate;
