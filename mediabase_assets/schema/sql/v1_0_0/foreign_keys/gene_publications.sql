alter table gene_publications add constraint gene_publications_gene_id_fkey
  foreign key (gene_id) references genes (gene_id) on delete cascade deferrable initially immediate;
alter table gene_publications add constraint gene_publications_publication_id_fkey
  foreign key (publication_id) references publications (publication_id) deferrable initially immediate;
