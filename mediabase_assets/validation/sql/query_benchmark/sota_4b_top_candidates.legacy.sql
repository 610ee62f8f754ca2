-- Question: SOTA 4B: the five most up- and the five most downregulated transcripts.
-- Normal form: rows in order of fold change and id.
(select l.gene_symbol, l.transcript_id, round(l.expression_fold_change::numeric, 2) as fold_change
from cancer_transcript_base as l where l.expression_fold_change > 3.0
order by l.expression_fold_change desc, l.transcript_id collate "C" limit 5)
union all
(select l.gene_symbol, l.transcript_id, round(l.expression_fold_change::numeric, 2)
from cancer_transcript_base as l where l.expression_fold_change < 0.3
order by l.expression_fold_change, l.transcript_id collate "C" limit 5)
