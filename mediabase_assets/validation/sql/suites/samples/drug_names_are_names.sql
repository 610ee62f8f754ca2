-- Drugs whose name is too short or holds no letter.
select drug_interaction_id, drug_name from drug_interactions
where drug_name !~ '[A-Za-z]' or length(drug_name) < current_setting('mediabase.drug_name_min_length')::integer order by drug_interaction_id
