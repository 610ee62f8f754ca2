-- Question: SOTA 3: the fifteen Reactome pathways with most druggable genes.
-- Normal form: rows in order of druggable genes and pathway id.
select pathway_id, total_genes as genes, druggable_genes
from pathway_druggability
where pathway_source = 'Reactome'
order by druggable_genes desc, pathway_id collate "C"
limit 15
