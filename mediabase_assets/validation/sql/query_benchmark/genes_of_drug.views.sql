-- Question: which genes does gefitinib act on?
-- Normal form: gene and symbol.
select distinct unnest(target_gene_ids) as gene_id, unnest(target_genes) as gene_symbol
from drug_interaction_summary_view
where drug_name = 'gefitinib'
