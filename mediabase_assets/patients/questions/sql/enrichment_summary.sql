-- Grain: one row: what was tested in a patient , the parameter,, and how many pathways are hit at a false discovery rate of 0.05.
-- {patients}: schema of the patients' data.
select
  e.background, e.up_genes, e.down_genes, e.ranked_genes, e.ranked_by, e.tested,
  count(*) filter (where h.up_adjusted_p_value < {significant}), count(*) filter (where h.down_adjusted_p_value < {significant}),
  count(*) filter (where h.rank_adjusted_p_value < {significant})
from {patients}.stored_patients as p
join {patients}.stored_enrichments as e on e.patient_key = p.patient_key
left join {patients}.stored_pathway_hits as h on h.patient_key = p.patient_key
where p.patient_id = %s
group by e.patient_key, e.background, e.up_genes, e.down_genes, e.ranked_genes, e.ranked_by, e.tested
