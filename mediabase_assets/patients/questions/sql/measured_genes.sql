-- Grain: one row per gene of a patient that has a value. Of a file of transcripts: that of the gene's transcript with the highest mean
-- expression, else with the smallest p value, else with the largest change: one that was chosen by its p value alone would favour genes
-- with many transcripts.
-- {patients}: schema of the patients' data. {patient_id}: whose.
select distinct on (e.gene_id) e.gene_id, e.log2_fold_change, e.fold_change, e.p_value, e.adjusted_p_value
from {patients}.patient_expression as e
where e.patient_id = {patient_id} and e.fold_change is not null
order by e.gene_id, coalesce(e.base_mean, e.average_expression) desc nulls last, e.p_value nulls last, abs(e.log2_fold_change) desc, e.transcript_id
