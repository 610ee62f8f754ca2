-- Question: which genes are in the pathway "Signaling by EGFR"?
-- Normal form: gene and symbol.
select unnest(pathway_gene_ids) as gene_id, unnest(pathway_genes) as gene_symbol
from pathway_coverage_view
where pathway_id = 'R-HSA-177929'
