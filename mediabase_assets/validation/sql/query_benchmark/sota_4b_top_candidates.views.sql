-- Question: SOTA 4B: the five most up- and the five most downregulated transcripts.
-- Normal form: rows in order of fold change and id.
(select gene_symbol, transcript_id, round(expression_fold_change::numeric, 2) as fold_change
from patient_query_optimized_view where expression_fold_change > 3.0
order by expression_fold_change desc, transcript_id collate "C" limit 5)
union all
(select gene_symbol, transcript_id, round(expression_fold_change::numeric, 2)
from patient_query_optimized_view where expression_fold_change < 0.3
order by expression_fold_change, transcript_id collate "C" limit 5)
