-- Question: which gene does transcript ENST00000269305 belong to, and where is it?
-- Normal form: one row per transcript.
select l.transcript_id, l.gene_id, l.gene_symbol, l.gene_type, l.chromosome, l.expression_fold_change
from cancer_transcript_base as l
where l.transcript_id = 'ENST00000269305'
