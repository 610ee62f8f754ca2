-- Question: in which Reactome pathways is EGFR?
-- Normal form: ids of pathways.
select p.pathway ->> 'pathway_id' as pathway_id
from gene_summary_view as g
cross join jsonb_array_elements(g.pathways) as p (pathway)
where g.gene_symbol = 'EGFR' and p.pathway ->> 'database' = 'Reactome'
