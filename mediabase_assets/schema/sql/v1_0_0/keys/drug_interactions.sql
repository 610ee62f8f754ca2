alter table drug_interactions add constraint drug_interactions_pkey primary key (drug_interaction_id) with (fillfactor = 100);
alter table drug_interactions add constraint drug_interactions_source_key unique (source_database, source_drug_key) with (fillfactor = 100) deferrable initially immediate;
create index drug_interactions_drug_name_norm_idx on drug_interactions (drug_name_norm) with (fillfactor = 100);
