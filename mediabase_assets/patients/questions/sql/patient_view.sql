-- Grain: one row per transcript of one patient, with the columns that the owner's workflow has (contract 7.3) and, after them, what else is known.
-- {patients}: schema of the patients' data. {view}: the view. {patient_id}: whose. {options}: of the view.
create or replace view {patients}.{view} with ({options}) as
select
  e.transcript_id, e.gene_id, e.gene_symbol, e.expression_fold_change, e.gene_name, e.gene_type, e.chromosome,
  e.has_drug_interactions, e.drug_interaction_count, e.drug_names, e.has_pathways, e.pathway_count, e.pathway_names,
  e.has_go_terms, e.go_term_count, e.has_publications, e.publication_count,
  e.expression_status, e.level, e.log2_fold_change, e.p_value, e.adjusted_p_value, e.drugs
from {patients}.patient_transcript_enriched_view as e
where e.patient_id = {patient_id}
