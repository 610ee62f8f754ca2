-- Grain: one row per PharmGKB annotation (clinical or of a variant), gene and drug that it names (empty text: none).
-- Input: pharmgkb_annotation_facts.
insert into pharmacogenomic_annotations (
  annotation_id, gene_id, variant_identifier, drug_name, phenotype, phenotype_category, clinical_significance, evidence_level, score,
  population, pmids, pharmgkb_url, kind, variant_list, details)
select
  annotation_id, gene_id, variant_identifier, drug_name, phenotype, phenotype_category, clinical_significance, evidence_level, score,
  population, pmids, pharmgkb_url, kind, variant_list, details
from pharmgkb_annotation_facts
where is_first
order by annotation_id, gene_id, drug_name;
