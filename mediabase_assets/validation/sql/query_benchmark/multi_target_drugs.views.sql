-- Question: how many drugs act on more than one gene?
-- Normal form: source keys of drugs; counted when timed.
select split_part(drug_interaction_id, ':', 2) as drug_key
from drug_interaction_summary_view
where target_gene_count > 1 and source_database in ('DrugCentral', 'ChEMBL')
