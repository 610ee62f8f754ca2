alter table transcripts add constraint transcripts_gene_id_fkey
  foreign key (gene_id) references genes (gene_id) on delete cascade deferrable initially immediate;
alter table transcripts add constraint transcripts_go_set_id_fkey
  foreign key (go_set_id) references go_term_sets (go_set_id) deferrable initially immediate;
