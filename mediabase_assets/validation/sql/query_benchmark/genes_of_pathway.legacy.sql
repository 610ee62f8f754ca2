-- Question: which genes are in the pathway "Signaling by EGFR"?
-- Normal form: gene and symbol.
select distinct l.gene_id, l.gene_symbol
from cancer_transcript_base as l
where l.pathways @> array['Signaling by EGFR [Reactome:R-HSA-177929]']
