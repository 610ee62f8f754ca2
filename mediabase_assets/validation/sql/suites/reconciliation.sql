-- Grain: one row per check of the accuracy: what the extraction kept (total), and how much of it is in the tables (counted).
-- Inputs: gene_candidates, drug_facts, genes, gene_drug_interactions.
with
  expected as (
    select distinct gene_id, source_database || ':' || source_drug_key as drug_interaction_id from drug_facts where reason is null
  ),
  keys as (
    select count(*) as keys, count(*) filter (where e.gene_id is not null and i.gene_id is not null) as matched
    from expected as e full join gene_drug_interactions as i using (gene_id, drug_interaction_id)
  ),
  of_genes as (
    select count(*) as genes, count(g.gene_id) as matched
    from gene_candidates as c left join genes as g using (gene_id) where c.reason is null
  )
select 'genes_that_passed_the_filters_are_there', genes, matched from of_genes
union all
select 'drug_keys_are_reconciled', keys, matched from keys
