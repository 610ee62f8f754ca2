-- Grain: one row: how far genes are known to interact with drugs. clinical_stage_interactions: Approved or Phase III.
-- Inputs: genes, gene_drug_interactions.
select
  (select count(*) from genes) as total_genes,
  count(distinct gene_id) as genes_with_drugs,
  round(100.0 * count(distinct gene_id) / nullif((select count(*) from genes), 0), 2) as drug_coverage_percentage,
  count(distinct drug_name) as unique_drugs,
  count(*) as total_drug_interactions,
  avg(evidence_strength) as avg_evidence_strength,
  count(*) filter (where clinical_phase in ('Approved', 'Phase III')) as clinical_stage_interactions,
  count(*) filter (where evidence_strength >= 4) as high_confidence_interactions
from gene_drug_interactions
