-- Grain: one row per gene or transcript of a patient, as it is exported: the columns of patient_enriched_view, lists as text with `|` between
-- their members. {patients}: schema of the patients' data. {patient_id}: whose.
select
  e.patient_id, e.level, e.transcript_id, e.gene_id, e.gene_symbol, e.expression_fold_change, e.log2_fold_change, e.expression_status,
  e.p_value, e.adjusted_p_value, e.is_significant, e.base_mean, e.average_expression, e.standard_error, e.na_reason, e.raw_id, e.id_kind,
  e.matched_by, e.gene_name, e.gene_type, e.chromosome, e.drug_interaction_count, nullif(array_to_string(e.drug_names, '|'), '') as drug_names,
  e.pathway_count, nullif(array_to_string(e.pathway_names, '|'), '') as pathway_names, e.go_term_count, e.publication_count
from {patients}.patient_enriched_view as e
where e.patient_id = {patient_id}
order by e.gene_id collate "C", e.transcript_id collate "C"
