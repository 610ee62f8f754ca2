-- a drug that only a PharmGKB reaction names must not have become an interaction: that is the corruption being removed
select i.gene_id, i.drug_name
from gene_drug_interactions as i
where not exists (select from drug_facts as f where f.gene_id = i.gene_id and f.reason is null and f.is_first
  and f.source_database || ':' || f.source_drug_key = i.drug_interaction_id)
