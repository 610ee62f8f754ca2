-- Question: which publications does the literature search connect with TP53?
-- Normal form: PubMed ids.
select p.publication ->> 'pmid' as pmid
from gene_summary_view as g
cross join jsonb_array_elements(g.publications) as p (publication)
where g.gene_symbol = 'TP53'
