-- Question: which up-regulated genes of a patient have drugs? Grain: one row per gene, the most promising first: significant, then target of a
-- mechanism of action that lowers its activity, then approved, then the largest change. drug_names: the best five.
-- {patients}: schema of the patients' data. Parameters: whose, how many genes.
with candidates as materialized (
  select d.*,
    row_number() over (
      partition by d.gene_id
      order by d.is_mechanism_target desc, d.acts_against desc nulls last, d.approval = 'not known', d.evidence_strength desc, d.drug_name) as place
  from {patients}.patient_drug_candidates as d
  where d.patient_id = %(patient_id)s
)
select
  c.gene_symbol, c.gene_id, c.expression_fold_change, c.adjusted_p_value,
  count(*) as drugs, count(*) filter (where c.approval <> 'not known') as approved_drugs,
  count(*) filter (where c.is_mechanism_target and c.acts_against is not false) as mechanism_drugs,
  array_agg(c.drug_name order by c.place) filter (where c.place <= 5) as drug_names, max(c.evidence_strength) as evidence_strength,
  count(*) over () as genes, sum(count(*)) over () as all_drugs
from candidates as c
group by c.gene_id, c.gene_symbol, c.expression_fold_change, c.adjusted_p_value
order by
  coalesce(c.adjusted_p_value < {significant}, false) desc, bool_or(c.is_mechanism_target and c.acts_against is true) desc,
  bool_or(c.approval <> 'not known') desc, bool_or(c.is_mechanism_target) desc, c.expression_fold_change desc, c.gene_id
limit %(limit)s
