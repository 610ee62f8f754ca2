-- Question: which are the first ten genes, by symbol, with drugs, pathways and publications?
-- Normal form: rows in order.
select gene_symbol, gene_id
from gene_summary_view
where has_drug_interactions and has_pathways and has_publications
order by gene_symbol, gene_id
limit 10
