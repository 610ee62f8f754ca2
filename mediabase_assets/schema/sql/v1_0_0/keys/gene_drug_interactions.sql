alter table gene_drug_interactions add constraint gene_drug_interactions_pkey primary key (gene_id, drug_interaction_id) with (fillfactor = 100);
create index gene_drug_interactions_drug_interaction_id_idx on gene_drug_interactions (drug_interaction_id) with (fillfactor = 100);
create index gene_drug_interactions_drug_name_idx on gene_drug_interactions (drug_name) with (fillfactor = 100);
