-- Question: which gene does transcript ENST00000269305 belong to, and where is it?
-- Normal form: one row per transcript.
select transcript_id, gene_id, gene_symbol, gene_type, chromosome, expression_fold_change
from patient_query_optimized_view
where transcript_id = 'ENST00000269305'
