-- Grain: one row per patient and gene (files of genes; transcript_id is NULL) or per patient and transcript: what was stored, and no gene's
-- values repeated for its transcripts. {patients}: schema of the patients' data. {options}: of the view.
create or replace view {patients}.patient_expression with ({options}) as
select
  e.patient_id, e.level, null::text as transcript_id, e.gene_id, e.raw_id, e.id_kind, e.matched_by, e.fold_change, e.log2_fold_change,
  e.p_value, e.adjusted_p_value, e.base_mean, e.average_expression, e.standard_error, e.na_reason
from {patients}.patient_gene_expression as e
union all
select
  e.patient_id, e.level, e.transcript_id, e.gene_id, e.raw_id, e.id_kind, e.matched_by, e.fold_change, e.log2_fold_change,
  e.p_value, e.adjusted_p_value, e.base_mean, e.average_expression, e.standard_error, e.na_reason
from {patients}.patient_transcript_expression as e
where e.level = 'transcript'
