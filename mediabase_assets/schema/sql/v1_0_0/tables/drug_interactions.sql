create table drug_interactions (
  drug_interaction_id text not null,
  source_database text not null,
  source_drug_key text not null,
  drug_name text not null,
  drug_name_norm text not null,
  mechanism_of_action text,
  target_type text,
  indication text,
  disease_area text,
  drug_chembl_id text,
  drugbank_id text,
  max_phase text,
  approval_status text,
  therapeutic_flag boolean
);
