-- Drugs of a source whose name another one has too.
select drug_interaction_id, drug_name from (
  select drug_interaction_id, drug_name, drug_name_norm, count(*) over (partition by source_database, drug_name_norm) as n
  from drug_interactions) as d
where n > 1 order by drug_name_norm, drug_interaction_id
