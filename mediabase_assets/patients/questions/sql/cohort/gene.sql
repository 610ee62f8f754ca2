-- Question: in whom is a gene up (down, measured)? Grain: one row per patient. Of a file of transcripts the transcript that changed most in
-- the direction asked for; transcripts: how many fulfil the condition.
-- {patients}: schema of the patients' data. {condition}: on the fold change. {order}: of it. Parameter: the gene's id.
select
  e.patient_id, e.level, (array_agg(e.fold_change order by {order}, e.transcript_id))[1] as expression_fold_change,
  (array_agg(e.log2_fold_change order by {order}, e.transcript_id))[1] as log2_fold_change,
  (array_agg(e.p_value order by {order}, e.transcript_id))[1] as p_value,
  (array_agg(e.adjusted_p_value order by {order}, e.transcript_id))[1] as adjusted_p_value,
  count(e.transcript_id) as transcripts
from {patients}.patient_expression as e
where e.gene_id = %(gene_id)s and {condition}
group by e.patient_id, e.level
order by 3 {direction}, 1
