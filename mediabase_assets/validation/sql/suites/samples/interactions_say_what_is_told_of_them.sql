-- Interactions without the name or the key of the drug.
select gene_id, drug_interaction_id, drug_name, drug_id from gene_drug_interactions
where btrim(drug_name) = '' or btrim(drug_id) = '' order by gene_id, drug_interaction_id
