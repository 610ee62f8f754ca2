alter table gene_drug_interactions add constraint gene_drug_interactions_gene_id_fkey
  foreign key (gene_id) references genes (gene_id) on delete cascade deferrable initially immediate;
alter table gene_drug_interactions add constraint gene_drug_interactions_drug_interaction_id_fkey
  foreign key (drug_interaction_id) references drug_interactions (drug_interaction_id) deferrable initially immediate;
