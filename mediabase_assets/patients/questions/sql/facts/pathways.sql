-- Question: which pathways are hit in a patient? Grain: one row per pathway that is hit, smallest p value first.
-- {patients}: schema of the patients' data. Parameters: whose, how many pathways.
select
  p.pathway_id, p.pathway_name, p.pathway_source, p.measured_genes, p.up_genes, p.up_adjusted_p_value, p.down_genes, p.down_adjusted_p_value,
  p.ranked_above, p.rank_adjusted_p_value, count(*) over () as hit
from {patients}.patient_pathway_enrichment as p
where p.patient_id = %(patient_id)s and least(p.up_adjusted_p_value, p.down_adjusted_p_value, p.rank_adjusted_p_value) < {significant}
order by least(p.up_p_value, p.down_p_value, p.rank_p_value), p.pathway_id collate "C"
limit %(limit)s
