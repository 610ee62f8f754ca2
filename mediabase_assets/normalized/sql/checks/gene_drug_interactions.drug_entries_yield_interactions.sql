-- the old code read 0 interactions from real drug entries
select facts_read as drug_entries, (select count(*) from gene_drug_interactions) as interactions
from fact_counts
where field = 'drugs' and fact_kind = 'drug' and facts_read > facts_of_gene
  and not exists (select from gene_drug_interactions)
  and exists (select from drug_facts where reason is null)
