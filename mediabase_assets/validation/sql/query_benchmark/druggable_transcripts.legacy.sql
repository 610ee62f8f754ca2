-- Question: how many transcripts have a gene with a known drug interaction?
-- Normal form: ids of transcripts and their genes; counted when timed.
-- The PharmGKB payload among the drugs is no drug.
select l.transcript_id, l.gene_id
from cancer_transcript_base as l
where case jsonb_typeof(l.drugs) when 'object' then l.drugs - 'pharmgkb_data' <> '{}' when 'array' then l.drugs @? '$[*].name' else false end
