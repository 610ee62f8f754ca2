-- Question: in which Reactome pathways is EGFR?
-- Normal form: ids of pathways.
select distinct substring(p.pathway from '(R-[A-Z]+-[0-9]+)\]?\s*$') as pathway_id
from cancer_transcript_base as l
cross join unnest(l.pathways) as p (pathway)
where l.gene_symbol = 'EGFR'
