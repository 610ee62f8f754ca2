-- Keys of drugs on one side only.
select coalesce(e.gene_id, i.gene_id) as gene_id, coalesce(e.drug_interaction_id, i.drug_interaction_id) as drug_interaction_id,
  case when i.gene_id is null then 'the legacy table only' else 'gene_drug_interactions only' end as found_in
from (select distinct gene_id, source_database || ':' || source_drug_key as drug_interaction_id from drug_facts where reason is null) as e
full join gene_drug_interactions as i on i.gene_id = e.gene_id and i.drug_interaction_id = e.drug_interaction_id
where e.gene_id is null or i.gene_id is null order by 1, 2
