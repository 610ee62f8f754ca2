-- Question: which drugs act on EGFR?
-- Normal form: names of drugs.
select distinct d.drug ->> 'drug_name' as drug_name
from gene_summary_view as g
cross join jsonb_array_elements(g.drug_interactions) as d (drug)
where g.gene_symbol = 'EGFR'
