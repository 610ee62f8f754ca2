-- Question: SOTA 4A: how many transcripts are druggable, kinases and receptors, whatever their expression.
-- Normal form: one row of numbers.
with kinds as (
  select
    transcript_id, bool_or(product_type = 'kinase') as is_kinase, bool_or(product_type = 'receptor') as is_receptor
  from transcript_products
  where product_type in ('kinase', 'receptor')
  group by transcript_id
)
select
  count(*) as transcripts,
  count(*) filter (where t.expression_fold_change > 2.0) as highly_upregulated,
  count(*) filter (where t.expression_fold_change < 0.5) as highly_downregulated,
  count(*) filter (where t.has_drug_interactions) as druggable,
  count(*) filter (where k.is_kinase) as kinases,
  count(*) filter (where k.is_receptor) as receptors,
  round(max(t.expression_fold_change)::numeric, 2) as max_fold_change,
  round(min(t.expression_fold_change)::numeric, 2) as min_fold_change
from patient_query_optimized_view as t
left join kinds as k using (transcript_id)
