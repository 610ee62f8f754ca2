-- Question: in whom is a pathway hit? Grain: one row per patient, smallest p value first.
-- {patients}: schema of the patients' data. Parameter: the pathway's id.
select
  p.patient_id, p.measured_genes, p.up_genes, p.up_adjusted_p_value, p.down_genes, p.down_adjusted_p_value, p.ranked_above,
  p.rank_adjusted_p_value
from {patients}.patient_pathway_enrichment as p
where p.pathway_id = %(pathway_id)s and least(p.up_adjusted_p_value, p.down_adjusted_p_value, p.rank_adjusted_p_value) < {significant}
order by least(p.up_adjusted_p_value, p.down_adjusted_p_value, p.rank_adjusted_p_value), p.patient_id
