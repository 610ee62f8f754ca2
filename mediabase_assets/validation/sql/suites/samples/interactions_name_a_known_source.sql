-- Interactions of an unknown source.
select gene_id, drug_name from gene_drug_interactions where source = 'unknown' order by gene_id, drug_interaction_id
